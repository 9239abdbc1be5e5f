//! Jobs in the words of Resource Manager.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use xtask::emulator::{OUTCOME_TAG, World, defaults};

use super::{Caller, DAY, run_url, workspace};

fn names(page: &Value) -> Vec<&str> {
    page["value"].as_array().unwrap().iter().map(|job| job["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_job_is_answered_at_once_and_goes_on_with_every_question() {
    let caller = Caller::new();
    let made = caller.submit("j", json!({"tags": {"a": "b"}, "unknown": 1})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(made.body["id"], format!("{}/jobs/j", workspace()));
    let properties = &made.body["properties"];
    assert_eq!((&properties["status"], &properties["experimentName"]), (&json!("NotStarted"), &json!("Default")));
    assert_eq!((&properties["tags"]["a"], &properties["unknown"]), (&json!("b"), &json!(1)));
    let studio = properties["services"]["Studio"]["endpoint"].as_str().unwrap();
    assert_eq!(studio, format!("https://ml.azure.com/runs/j?wsid={}", workspace()));
    let steps = ["Starting", "Preparing", "Queued", "Running", "Finalizing", "Completed"];
    assert_eq!(caller.watch("j").await, steps);
}

#[tokio::test]
async fn a_job_that_nobody_asks_about_ends_with_the_clock() {
    let caller = Caller::new();
    caller.submit("j", json!({})).await;
    caller.azure.advance_clock(Duration::from_secs(600));
    let page = caller.get("jobs").await.body;
    assert_eq!(page["value"][0]["properties"]["status"], "Completed");
}

#[tokio::test]
async fn a_job_fails_by_its_command_its_tag_or_the_word_of_the_world() {
    let caller = Caller::in_world(World { job_questions: 0, failing_jobs: vec!["c".into()], ..World::default() });
    caller.submit("a", json!({"command": "bash -c 'exit 3'"})).await;
    caller.submit("b", json!({"tags": {OUTCOME_TAG: "Failed"}})).await;
    caller.submit("c", json!({})).await;
    caller.submit("d", json!({})).await;
    for (name, end) in [("a", "Failed"), ("b", "Failed"), ("c", "Failed"), ("d", "Completed")] {
        assert_eq!(caller.watch(name).await, [end], "{name}");
    }
    let details = caller.get(&run_url("a/details")).await.body;
    let error = &details["error"]["error"];
    assert_eq!(error["code"], "UserError");
    assert!(error["message"].as_str().unwrap().contains("status code 3"), "{error}");
}

#[tokio::test]
async fn a_cancellation_takes_its_time() {
    let caller = Caller::new();
    caller.submit("j", json!({"tags": {OUTCOME_TAG: "Running"}})).await;
    let begun = caller.ask(Method::POST, "jobs/j/cancel", None).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED);
    let link = begun.header("location").to_owned();
    assert!(link.contains("/locations/westeurope/mfeOperationResults/jc:"), "{link}");
    assert_eq!(caller.get("jobs/j").await.body["properties"]["status"], "CancelRequested");
    let mut statuses = Vec::new();
    while statuses.last() != Some(&200) {
        statuses.push(caller.get(&link).await.status.as_u16());
        assert!(statuses.len() < 5, "{statuses:?}");
    }
    assert_eq!(caller.watch("j").await, ["Canceled"]);
    assert_eq!(caller.ask(Method::POST, "jobs/j/cancel", None).await.status, StatusCode::OK);
    assert_eq!(caller.ask(Method::POST, "jobs/x/cancel", None).await.code(), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn a_deletion_takes_its_time_and_can_be_repeated() {
    let caller = Caller::new();
    caller.submit("j", json!({})).await;
    let begun = caller.ask(Method::DELETE, "jobs/j", None).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED);
    let link = begun.header("location");
    assert_eq!(caller.get(link).await.status, StatusCode::ACCEPTED);
    assert_eq!(caller.get(link).await.status, StatusCode::NO_CONTENT);
    assert_eq!(caller.get("jobs/j").await.code(), (404, "ResourceNotFound"));
    assert_eq!(caller.ask(Method::DELETE, "jobs/j", None).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_job_that_is_made_again_is_not_taken_away_by_the_deletion_of_the_one_before() {
    let caller = Caller::new();
    caller.submit("j", json!({})).await;
    let begun = caller.ask(Method::DELETE, "jobs/j", None).await;
    let link = begun.header("location");
    while caller.get(link).await.status == StatusCode::ACCEPTED {}
    caller.submit("j", json!({})).await;
    assert_eq!(caller.get(link).await.status, StatusCode::NO_CONTENT);
    caller.azure.advance_clock(Duration::from_secs(700));
    assert_eq!(caller.get("jobs/j").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_its_reason() {
    let caller = Caller::new();
    assert_eq!(caller.submit("j", json!({"jobType": "Dream"})).await.code(), (400, "BadRequest"));
    let refused = caller.submit("j", json!({"command": ""})).await;
    assert_eq!(refused.body["error"]["details"][0]["target"], "properties/command");
    caller.submit("j", json!({})).await;
    let changed = caller.submit("j", json!({"command": "another"})).await;
    assert_eq!(changed.code(), (400, "BadRequest"));
    assert!(changed.text.contains("already exists"), "{}", changed.text);
    let tagged = caller.submit("j", json!({"tags": {"a": "b"}, "isArchived": true})).await;
    assert_eq!((tagged.status, &tagged.body["properties"]["isArchived"]), (StatusCode::OK, &json!(true)));
    assert_eq!(caller.ask(Method::PATCH, "jobs/j", None).await.code(), (405, "HttpMethodNotSupported"));
    assert_eq!(caller.ask(Method::POST, "jobs/j/start", None).await.code(), (404, "InvalidResourceType"));
}

#[tokio::test]
async fn a_pipeline_needs_a_second_token_and_has_a_run_a_step() {
    let caller = Caller::new();
    let steps =
        json!({"prepare": {"type": "command", "componentId": "c1"}, "train": {"type": "command", "componentId": "c2"}});
    let pipeline = json!({"properties": {"jobType": "Pipeline", "experimentName": "x", "jobs": steps}});
    let put = async |token: Option<&str>| {
        let headers: Vec<_> = token.into_iter().map(|token| ("x-azureml-token", token)).collect();
        caller.ask_with(Method::PUT, "jobs/p", Some(pipeline.clone()), &headers).await
    };
    assert_eq!(put(None).await.code(), (400, "BadRequest"));
    assert_eq!(put(Some(&caller.token)).await.code(), (401, "InvalidAuthenticationToken"));
    let second = caller.azure.issue_access_token(defaults::ADA, defaults::CONTOSO, "https://ml.azure.com", DAY);
    assert_eq!(put(Some(&second)).await.status, StatusCode::CREATED);
    caller.watch("p").await;
    let children = caller.get(&run_url("p/children")).await.body;
    let told: Vec<_> =
        children["value"].as_array().unwrap().iter().map(|run| (&run["runId"], &run["status"])).collect();
    let done = json!("Completed");
    assert_eq!(told, [(&json!("p_prepare"), &done), (&json!("p_train"), &done)]);
    assert_eq!(children["value"][0]["rootRunId"], "p");
    assert_eq!(names(&caller.get("jobs").await.body), ["p"], "what lies in a job is not listed");
}

#[tokio::test]
async fn a_sweep_has_its_trials() {
    let caller = Caller::new();
    let sweep = json!({
        "jobType": "Sweep",
        "objective": {"primaryMetric": "loss", "goal": "Minimize"},
        "samplingAlgorithm": {"samplingAlgorithmType": "Grid"},
        "searchSpace": {"rate": ["choice", [[0.1, 0.2]]]},
        "trial": {"command": "python t.py", "environmentId": "e"},
        "limits": {"maxTotalTrials": 2},
    });
    assert_eq!(caller.ask(Method::PUT, "jobs/s", Some(json!({"properties": sweep}))).await.status, StatusCode::CREATED);
    let children = caller.get(&run_url("s/children")).await.body;
    let tags: Vec<_> =
        children["value"].as_array().unwrap().iter().map(|run| run["tags"]["hyperparameters"].clone()).collect();
    assert_eq!(tags, [r#"{"rate":0.1}"#, r#"{"rate":0.2}"#]);
}

#[tokio::test]
async fn a_list_comes_in_pages_the_newest_first_and_is_filtered() {
    let caller = Caller::in_world(World { jobs: 3, ..World::default() });
    caller.submit("a", json!({"tags": {"k": "1"}, "properties": {"p": "1", "q": "2"}})).await;
    caller.submit("b", json!({"tags": {"k": "2"}, "isArchived": true})).await;
    let first = caller.get("jobs").await.body;
    let second = caller.get(first["nextLink"].as_str().unwrap()).await.body;
    assert_eq!((names(&first), names(&second)), (vec!["a", "job_00002"], vec!["job_00001", "job_00000"]));
    assert_eq!(second.get("nextLink"), None);
    for (query, expected) in [
        ("listViewType=ArchivedOnly", vec!["b"]),
        ("listViewType=All&tag=k", vec!["b", "a"]),
        ("tag=k%3D1", vec!["a"]),
        ("properties=p%3D1,q", vec!["a"]),
        ("tag=team%3Dvision", vec!["job_00001"]),
        ("jobType=Sweep", vec![]),
    ] {
        assert_eq!(names(&caller.get(&format!("jobs?{query}")).await.body), expected, "{query}");
    }
    assert_eq!(caller.get("jobs?$skip=nonsense").await.code(), (400, "InvalidSkipToken"));
}

#[tokio::test]
async fn thousands_of_jobs_are_listed_page_by_page() {
    let caller = Caller::in_world(World { jobs: 5000, page_size: 500, ..World::default() });
    let (mut count, mut next) = (0, Some("jobs?listViewType=All".to_owned()));
    while let Some(link) = next {
        let page = caller.get(&link).await.body;
        count += page["value"].as_array().unwrap().len();
        next = page["nextLink"].as_str().map(ToOwned::to_owned);
    }
    assert_eq!(count, 5000);
    assert_eq!(caller.get("jobs/job_04999").await.body["properties"]["status"], "Canceled");
    let archived = json!({"hidden": true});
    caller.ask(Method::PATCH, &run_url("job_04998"), Some(archived)).await;
    assert_eq!(caller.get("jobs/job_04998").await.body["properties"]["isArchived"], true);
}
