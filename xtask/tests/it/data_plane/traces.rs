//! What Microsoft's own client sent, where its records lie beside the repository.

use reqwest::Method;
use serde_json::{Value, json};
use xtask::emulator::{OUTCOME_TAG, World, defaults};
use xtask::specs;

use super::{Caller, DAY};

const TRACES: &str = "derived/http-traces-azure-ai-ml-1.35.json";

fn traces() -> Option<Value> {
    Some(serde_json::from_slice(&std::fs::read(specs::find(TRACES)?).unwrap()).unwrap())
}

/// The request as it would be sent to the workspace of the world.
fn here(text: &str, job: &str, links: &Value) -> String {
    let text = text
        .replace("{subscriptionId}", defaults::SUBSCRIPTION)
        .replace("/resourceGroups/rg/", "/resourceGroups/rg-ml/");
    let text = text
        .replace("/workspaces/ws1", "/workspaces/ml-dev")
        .replace("eastus.api", "westeurope.api")
        .replace("jobs/job1", &format!("jobs/{job}"));
    match links.as_object().and_then(|links| links.iter().find(|(path, _)| text.contains(path.as_str()))) {
        Some((_, link)) => link.as_str().unwrap().to_owned(),
        None => text,
    }
}

#[tokio::test]
async fn what_microsofts_client_asks_about_jobs_is_answered() {
    let Some(traces) = traces() else { return };
    let caller = Caller::in_world(World { job_questions: 0, ..World::default() });
    let second = caller.azure.issue_access_token(defaults::ADA, defaults::CONTOSO, "https://ml.azure.com", DAY);
    caller.submit("running", json!({"tags": {OUTCOME_TAG: "Running"}})).await;
    let (mut asked, mut followed) = (0, 0);
    let mut of_jobs: Vec<_> =
        traces["traces"].as_object().unwrap().iter().filter(|(name, _)| name.starts_with("job ")).collect();
    of_jobs.sort_by_key(|(name, _)| !name.starts_with("job submit"));
    for (name, trace) in of_jobs {
        // A job cannot become another one.
        let job = match name.as_str() {
            "job cancel" => "running",
            name if name.contains("user identity") => "job2",
            _ => "job1",
        };
        let mut links = json!({});
        for request in trace.as_array().unwrap() {
            let url = here(request["url"].as_str().unwrap(), job, &links);
            // Assets and uploads are not the subject of this test.
            if !["/jobs/", "/discovery", "/history/", "std_log", "perationResults"]
                .iter()
                .any(|part| url.contains(part))
            {
                continue;
            }
            let body = request["body"]
                .is_object()
                .then(|| serde_json::from_str(&here(&request["body"].to_string(), job, &json!({}))).unwrap());
            let method: Method = request["method"].as_str().unwrap().parse().unwrap();
            let headers: &[(&str, &str)] = match request["headers"]["x-azureml-token"] {
                Value::Null => &[],
                _ => &[("x-azureml-token", &second)],
            };
            followed += usize::from(links["operationResults/op1"].as_str().is_some_and(|link| link == url));
            let answer = caller.ask_with(method, &url, body, headers).await;
            assert!(answer.status.is_success(), "{name}: {url}: {} {}", answer.status, answer.text);
            asked += 1;
            if let Some(log) = answer.body["logFiles"]["user_logs/std_log_process_0.txt"].as_str() {
                links["std_log.txt"] = log.into();
            }
            if !answer.header("location").is_empty() {
                links["operationResults/op1"] = answer.header("location").into();
            }
        }
    }
    specs::told(&format!("{asked} requests about jobs"));
    assert!(asked > 10 && followed > 0, "{asked} {followed}");
}
