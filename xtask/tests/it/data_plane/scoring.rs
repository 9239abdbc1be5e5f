//! Endpoints where models answer.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Caller, DAY, run_url};
use xtask::emulator::{World, defaults, secrets};

impl Caller {
    /// Makes an endpoint of this kind with a deployment, and returns where it is asked.
    async fn deploy(&self, kind: &str, properties: Value) -> String {
        let endpoint = json!({"location": "westeurope", "properties": properties});
        let made = self.ask(Method::PUT, &format!("{kind}/e"), Some(endpoint)).await;
        assert!(made.status.is_success(), "{}", made.text);
        let deployment =
            json!({"location": "westeurope", "properties": {"endpointComputeType": "Managed", "model": "m"}});
        let deployed = self.ask(Method::PUT, &format!("{kind}/e/deployments/blue"), Some(deployment)).await;
        assert!(deployed.status.is_success(), "{}", deployed.text);
        self.get(&format!("{kind}/e")).await.body["properties"]["scoringUri"].as_str().unwrap().to_owned()
    }

    async fn score(&self, url: &str, key: &str, deployment: Option<&str>) -> Answer {
        let bearer = format!("Bearer {key}");
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(deployment.map(|name| ("azureml-model-deployment", name)));
        self.ask_with(Method::POST, url, Some(json!({"data": [1, 2]})), &headers).await
    }
}

fn at_once() -> World {
    World { operation_questions: 0, job_questions: 0, ..World::default() }
}

#[tokio::test]
async fn an_online_endpoint_echoes_to_who_has_its_key() {
    let caller = Caller::in_world(at_once());
    let url = caller.deploy("onlineEndpoints", json!({"authMode": "Key"})).await;
    let answer = caller.score(&url, secrets::ENDPOINT_PRIMARY_KEY, Some("blue")).await;
    assert_eq!(answer.body, json!({"endpoint": "e", "deployment": "blue", "echo": {"data": [1, 2]}}));
    assert_eq!(answer.header("azureml-model-deployment"), "blue");
    assert_eq!(caller.score(&url, "wrong", Some("blue")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(caller.score(&url, secrets::ENDPOINT_SECONDARY_KEY, Some("red")).await.status, StatusCode::NOT_FOUND);
    let without_traffic = caller.score(&url, secrets::ENDPOINT_PRIMARY_KEY, None).await;
    assert_eq!(without_traffic.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_endpoint_for_tokens_wants_the_right_one() {
    let caller = Caller::in_world(at_once());
    let url = caller.deploy("onlineEndpoints", json!({"authMode": "AADToken"})).await;
    let token = caller.azure.issue_access_token(defaults::ADA, defaults::CONTOSO, "https://ml.azure.com", DAY);
    assert_eq!(caller.score(&url, &token, Some("blue")).await.status, StatusCode::OK);
    assert_eq!(caller.score(&url, &caller.token, Some("blue")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_batch_endpoint_answers_with_a_job() {
    let caller = Caller::in_world(at_once());
    let url = caller.deploy("batchEndpoints", json!({"authMode": "AADToken"})).await;
    assert!(url.ends_with("/jobs"), "{url}");
    let token = caller.azure.issue_access_token(defaults::ADA, defaults::CONTOSO, "https://ml.azure.com", DAY);
    assert_eq!(caller.score(&url, &caller.token, Some("blue")).await.status, StatusCode::UNAUTHORIZED);
    let begun = caller.score(&url, &token, Some("blue")).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.text);
    let name = begun.body["name"].as_str().unwrap();
    assert_eq!(caller.watch(name).await, ["Completed"]);
    let children = caller.get(&run_url(&format!("{name}/children"))).await.body;
    assert!(children["value"][0]["outputs"]["score"]["assetId"].is_string(), "{children}");
}
