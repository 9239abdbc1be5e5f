//! Run history, artifacts and metrics.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use xtask::emulator::World;

use super::{Caller, run_url, service_url};

fn member<'a>(list: &'a Value, name: &str) -> Vec<&'a Value> {
    list["value"].as_array().unwrap().iter().map(|item| &item[name]).collect()
}

#[tokio::test]
async fn a_run_is_found_by_its_experiment_or_without() {
    let caller = Caller::new();
    caller.submit("j", json!({"experimentName": "x", "computeId": "/subscriptions/s/computes/cpu"})).await;
    let run = caller.get(&run_url("j")).await.body;
    assert_eq!(
        (&run["status"], &run["target"], &run["dataContainerId"]),
        (&json!("Starting"), &json!("cpu"), &json!("dcid.j"))
    );
    let id = run["experimentId"].as_str().unwrap();
    for place in ["experiments/x/runs/j".to_owned(), format!("experimentids/{id}/runs/j")] {
        assert_eq!(caller.get(&service_url("history/v1.0", &place)).await.body["runId"], "j", "{place}");
    }
    assert_eq!(caller.get(&run_url("absent")).await.code(), (404, "UserError"));
    let experiment = caller.get(&service_url("history/v1.0", &format!("experimentids/{id}"))).await.body;
    assert_eq!(experiment["name"], "x");
}

#[tokio::test]
async fn a_job_is_archived_and_renamed_through_its_run() {
    let caller = Caller::new();
    caller.submit("j", json!({"experimentName": "x", "tags": {"a": "1"}})).await;
    let change = json!({"hidden": true, "displayName": "new", "description": "d", "tags": {"b": "2"}});
    let url = service_url("history/v1.0", "experiments/x/runs/j");
    assert_eq!(caller.ask(Method::PATCH, &url, Some(change)).await.body["hidden"], true);
    let properties = &caller.get("jobs/j").await.body["properties"];
    assert_eq!((&properties["isArchived"], &properties["displayName"]), (&json!(true), &json!("new")));
    assert_eq!(properties["tags"], json!({"a": "1", "b": "2"}));
    assert_eq!(caller.get("jobs").await.body["value"], json!([]));
}

#[tokio::test]
async fn runs_are_asked_for_by_what_they_are() {
    let caller = Caller::in_world(World { job_questions: 0, page_size: 10, ..World::default() });
    caller.submit("a", json!({"experimentName": "x", "tags": {"k": "1"}})).await;
    caller.submit("b", json!({"experimentName": "x", "command": "exit 1"})).await;
    caller.submit("c", json!({"experimentName": "y"})).await;
    let url = service_url("history/v1.0", "experiments/x/runs:query");
    let all = caller.post(&url, json!({})).await.body;
    assert_eq!(member(&all, "runId"), ["b", "a"]);
    let failed =
        caller.post(&url, json!({"filter": "(Status eq 'Failed') and (RunType eq 'azureml.scriptrun')"})).await.body;
    assert_eq!(member(&failed, "runId"), ["b"]);
    let page = caller.post(&url, json!({"top": 1})).await.body;
    let next = caller.post(&url, json!({"top": 1, "continuationToken": page["continuationToken"]})).await.body;
    assert_eq!((member(&page, "runId"), member(&next, "runId")), (vec![&json!("b")], vec![&json!("a")]));
    assert_eq!(caller.post(&url, json!({"filter": "startswith(a, 'b')"})).await.code(), (400, "UserError"));
    let experiments = caller.post(&service_url("history/v1.0", "experiments:query"), json!({})).await.body;
    assert_eq!(member(&experiments, "name"), ["x", "y"]);
    let requests = json!({"requests": {"1": {"runId": "a", "selectRunMetadata": true}, "2": {"runId": "absent"}}});
    let data = caller.post(&service_url("history/v1.0", "batchrundata"), requests).await.body;
    assert_eq!(data["successfulResults"]["1"]["runMetadata"]["runId"], "a");
    assert_eq!(data["failedResults"]["2"]["error"]["code"], "UserError");
}

#[tokio::test]
async fn a_run_is_cancelled_as_version_1_does_it() {
    let caller = Caller::new();
    caller.submit("j", json!({"experimentName": "x"})).await;
    let url = service_url("history/v1.0", "experiments/x/runs/j/cancel");
    assert_eq!(caller.post(&url, json!({})).await.body["status"], "CancelRequested");
    assert_eq!(caller.watch("j").await.last().unwrap(), "Canceled");
}

#[tokio::test]
async fn artifacts_are_found_by_run_and_by_container() {
    let caller = Caller::in_world(World { job_questions: 0, ..World::default() });
    caller.submit("j", json!({})).await;
    let in_experiment = |what: &str| service_url("history/v1.0", &format!("experiments/Default/runs/j/{what}"));
    let all = caller.get(&in_experiment("artifacts")).await.body;
    let paths =
        ["outputs/metrics.json", "outputs/model.txt", "system_logs/lifecycler/lifecycler.log", "user_logs/std_log.txt"];
    assert_eq!(member(&all, "path"), paths);
    let by_container = caller.get(&service_url("artifact/v2.0", "artifacts/ExperimentRun/dcid.j")).await.body;
    assert_eq!(by_container, all);
    let one = caller.get(&in_experiment("artifacts/contentinfo?path=outputs/model.txt")).await.body;
    assert_eq!(caller.get(one["contentUri"].as_str().unwrap()).await.text, "a model of j\n");
    let some = caller.get(&in_experiment("artifacts/prefix/contentinfo?path=outputs/")).await.body;
    assert_eq!(member(&some, "path"), paths[..2]);
    assert_eq!(
        caller.get(&in_experiment("artifacts/metadata?path=outputs/model.txt")).await.body["container"],
        "dcid.j"
    );
    let content =
        caller.get(&service_url("artifact/v2.0", "artifacts/content/ExperimentRun/dcid.j/outputs/model.txt")).await;
    assert_eq!(content.text, "a model of j\n");
    assert_eq!(caller.get(&in_experiment("artifacts/contentinfo?path=absent")).await.code(), (404, "UserError"));
    assert_eq!(caller.get(&run_url("j/artifacts")).await.status, 404, "without the experiment nobody has them");
}

#[tokio::test]
async fn metrics_are_measured_while_it_runs_and_logged_by_clients() {
    let caller = Caller::in_world(World { job_questions: 0, ..World::default() });
    caller.submit("j", json!({})).await;
    let at = |verb: &str| service_url("metric/v2.0", &format!("runs/j/{verb}"));
    let logged = json!({"values": [{"name": "accuracy", "columns": {"accuracy": "Double"}, "value": [{"step": 1, "data": {"accuracy": 0.5}}]}]});
    assert_eq!(caller.post(&at("batch"), logged).await.status, StatusCode::OK);
    assert_eq!(member(&caller.post(&at("list"), json!({})).await.body, "name"), ["accuracy", "loss"]);
    let full = caller.post(&at("full"), json!({"name": "loss"})).await.body;
    let values: Vec<_> =
        full["value"].as_array().unwrap().iter().map(|row| row["data"]["loss"].as_f64().unwrap()).collect();
    assert_eq!(values, [1.0, 0.5, 1.0 / 3.0, 0.25]);
    assert_eq!(caller.post(&at("full"), json!({"name": "absent"})).await.code(), (404, "UserError"));
}
