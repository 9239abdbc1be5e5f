//! MLflow's tracking server and model registry.

use reqwest::Method;
use serde_json::{Value, json};
use xtask::emulator::World;
use xtask::script::Script;

use super::{Answer, Caller, DAY, run_url, service_url};

impl Caller {
    async fn mlflow(&self, verb: &str, body: Value) -> Answer {
        self.post(&service_url("mlflow/v2.0", &format!("api/2.0/mlflow/{verb}")), body).await
    }

    async fn mlflow_get(&self, verb: &str) -> Answer {
        self.get(&service_url("mlflow/v2.0", &format!("api/2.0/mlflow/{verb}"))).await
    }
}

#[tokio::test]
async fn a_run_is_tracked_and_is_a_run_of_the_workspace() {
    let caller = Caller::new();
    let experiment = caller.mlflow("experiments/create", json!({"name": "x"})).await.body["experiment_id"].clone();
    let again = caller.mlflow("experiments/create", json!({"name": "x"})).await;
    assert_eq!(again.code(), (400, "RESOURCE_ALREADY_EXISTS"));
    let found = caller.mlflow_get("experiments/get-by-name?experiment_name=x").await.body;
    assert_eq!(found["experiment"]["experiment_id"], experiment);

    let made = caller
        .mlflow(
            "runs/create",
            json!({"experiment_id": experiment, "run_name": "first", "tags": [{"key": "a", "value": "b"}]}),
        )
        .await
        .body;
    let id = made["run"]["info"]["run_id"].as_str().unwrap();
    caller
        .mlflow("runs/log-metric", json!({"run_id": id, "key": "loss", "value": 0.5, "step": 1, "timestamp": 1}))
        .await;
    let batch = json!({"run_id": id, "metrics": [{"key": "loss", "value": 0.25, "step": 2, "timestamp": 2}], "params": [{"key": "rate", "value": "0.1"}], "tags": []});
    assert_eq!(caller.mlflow("runs/log-batch", batch).await.body, json!({}));
    let changed = caller.mlflow("runs/log-parameter", json!({"run_id": id, "key": "rate", "value": "0.2"})).await;
    assert_eq!(changed.code(), (400, "INVALID_PARAMETER_VALUE"));
    caller.mlflow("runs/update", json!({"run_id": id, "status": "FINISHED"})).await;

    let run = &caller.mlflow_get(&format!("runs/get?run_id={id}")).await.body["run"];
    assert_eq!((&run["info"]["status"], &run["info"]["run_name"]), (&json!("FINISHED"), &json!("first")));
    assert_eq!(run["data"]["metrics"], json!([{"key": "loss", "value": 0.25, "step": 2, "timestamp": 2}]));
    assert_eq!(run["data"]["params"], json!([{"key": "rate", "value": "0.1"}]));
    let history = caller.mlflow_get(&format!("metrics/get-history?run_id={id}&metric_key=loss")).await.body;
    assert_eq!(history["metrics"].as_array().unwrap().len(), 2);
    let search = json!({"experiment_ids": [experiment], "filter": "tags.a = 'b' and params.rate = '0.1'"});
    assert_eq!(caller.mlflow("runs/search", search).await.body["runs"][0]["info"]["run_id"], id);
    let known = caller.get(&run_url(id)).await.body;
    assert_eq!((&known["status"], &known["displayName"]), (&json!("Completed"), &json!("first")));
}

#[tokio::test]
async fn a_job_shows_what_it_measures_and_writes() {
    let caller = Caller::in_world(World { job_questions: 0, ..World::default() });
    caller.submit("j", json!({})).await;
    let run = &caller.mlflow_get("runs/get?run_id=j").await.body["run"];
    assert_eq!((&run["info"]["status"], &run["data"]["metrics"][0]["value"]), (&json!("FINISHED"), &json!(0.25)));
    let files = caller.mlflow_get("artifacts/list?run_id=j&path=outputs").await.body;
    assert_eq!(files["files"][0]["path"], "outputs/metrics.json");
    assert_eq!(files["files"][1]["path"], "outputs/model.txt");
    assert_eq!(caller.mlflow_get("runs/get?run_id=absent").await.code(), (404, "RESOURCE_DOES_NOT_EXIST"));
    assert_eq!(caller.mlflow_get("dreams/get").await.code(), (404, "ENDPOINT_NOT_FOUND"));
}

#[tokio::test]
async fn models_are_registered_with_their_versions() {
    let caller = Caller::new();
    caller.mlflow("registered-models/create", json!({"name": "m"})).await;
    for expected in ["1", "2"] {
        let made = caller.mlflow("model-versions/create", json!({"name": "m", "source": "runs:/r/model"})).await.body;
        assert_eq!(made["model_version"]["version"], expected);
    }
    let found = caller.mlflow_get("model-versions/search?filter=name%3D'm'").await.body;
    assert_eq!(found["model_versions"].as_array().unwrap().len(), 2);
    assert_eq!(caller.mlflow_get("registered-models/get?name=absent").await.code(), (404, "RESOURCE_DOES_NOT_EXIST"));
}

#[tokio::test]
async fn a_run_s_own_token_is_good_and_another_is_not() {
    let caller = Caller::new();
    let run = format!("Bearer {}", caller.azure.issue_run_token("j", DAY));
    let url = service_url("mlflow/v2.0", "api/2.0/mlflow/experiments/search");
    let with =
        async |bearer: &str| caller.ask_with(Method::POST, &url, Some(json!({})), &[("authorization", bearer)]).await;
    assert_eq!(with(&run).await.status, 200);
    assert_eq!(with("Bearer x").await.code(), (401, "UNAUTHENTICATED"));
}

#[tokio::test]
async fn a_real_server_is_asked_without_the_token() {
    let exchanges = r#"[{
        "request": {"method": "POST", "path": "/api/2.0/mlflow/runs/create", "query": {"a": "b"}, "absent": ["authorization"]},
        "response": {"status": 418, "body": {"error_code": "TEAPOT"}}
    }]"#;
    let server = Script::start(exchanges, "files".as_ref());
    let caller = Caller::in_world(World { mlflow_url: Some(server.fill("{http}")), ..World::default() });
    assert_eq!(caller.mlflow("runs/create?a=b", json!({"experiment_id": "1"})).await.code(), (418, "TEAPOT"));
    assert_eq!(server.problems(), Vec::<String>::new());
    let refused =
        caller.ask_with(Method::POST, &service_url("mlflow/v2.0", "api"), None, &[("authorization", "Bearer x")]).await;
    assert_eq!(refused.code(), (401, "UNAUTHENTICATED"));
}
