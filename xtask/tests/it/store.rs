//! The resources that lie in workspaces, and operations that take time.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use xtask::emulator::{Effect, Emulator, Fault, defaults};

use crate::client::{ARM, client};

const RESOURCE: &str = "https://management.core.windows.net/";
const VERSION: &str = "api-version=2025-12-01";

/// A caller with a good token.
struct Caller {
    azure: Emulator,
    client: Client,
    token: String,
}

/// An answer: status, headers and JSON.
struct Answer {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Caller {
    fn new() -> Self {
        let azure = Emulator::start();
        let token = azure.issue_access_token(defaults::ADA, defaults::CONTOSO, RESOURCE, Duration::from_secs(36_000));
        Self { client: client(&azure), azure, token }
    }

    /// Asks for what lies in the workspace, or at a URL.
    async fn ask(&self, method: Method, place: &str, body: Option<Value>) -> Answer {
        let workspace = format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces/{}",
            defaults::SUBSCRIPTION,
            defaults::RESOURCE_GROUP,
            defaults::WORKSPACE
        );
        let url = if place.starts_with("https:") {
            place.to_owned()
        } else {
            format!("{ARM}{workspace}/{place}{}{VERSION}", if place.contains('?') { '&' } else { '?' })
        };
        let request = self.client.request(method, url).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        Answer { status, headers, body }
    }

    async fn get(&self, place: &str) -> Answer {
        self.ask(Method::GET, place, None).await
    }

    /// Creates a compute, and waits for it.
    async fn create(&self, name: &str, compute: Value) {
        let answer = self.ask(Method::PUT, &format!("computes/{name}"), Some(compute)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        self.finish(&answer, "azure-asyncoperation").await;
    }

    async fn finish(&self, begun: &Answer, header: &str) -> Answer {
        let link = begun.headers[header].to_str().unwrap();
        self.get(link).await;
        self.get(link).await
    }
}

impl Answer {
    fn code(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["error"]["code"].as_str().unwrap_or_default())
    }
}

fn instance() -> Value {
    json!({"location": "westeurope", "properties": {"computeType": "ComputeInstance", "properties": {"vmSize": "S"}}})
}

fn cluster() -> Value {
    let scale = json!({"minNodeCount": 2, "maxNodeCount": 4});
    let settings = json!({"vmSize": "S", "scaleSettings": scale});
    json!({"location": "westeurope", "properties": {"computeType": "AmlCompute", "properties": settings}})
}

#[tokio::test]
async fn a_resource_is_there_at_once_and_ready_when_its_operation_has_ended() {
    let arm = Caller::new();
    let begun = arm.ask(Method::PUT, "computes/CI", Some(instance())).await;
    assert_eq!(
        (begun.status, &begun.body["properties"]["provisioningState"]),
        (StatusCode::CREATED, &json!("Creating"))
    );
    let again = arm.ask(Method::PUT, "computes/ci", Some(instance())).await;
    assert_eq!(again.code(), (409, "Conflict"));
    let link = begun.headers["azure-asyncoperation"].to_str().unwrap();
    assert_eq!(arm.get(link).await.body["status"], "InProgress");
    assert_eq!(arm.get("computes/ci").await.body["properties"]["provisioningState"], "Creating");
    let ended = arm.get(link).await;
    assert_eq!((&ended.body["status"], &ended.body["percentComplete"]), (&json!("Succeeded"), &json!(100.0)));
    let compute = arm.get("COMPUTES/ci").await.body;
    assert_eq!(
        (&compute["name"], &compute["type"]),
        (&json!("CI"), &json!("Microsoft.MachineLearningServices/workspaces/computes"))
    );
    assert_eq!(compute["properties"]["provisioningState"], "Succeeded");
    assert_eq!(compute["properties"]["properties"]["state"], "Running");
}

#[tokio::test]
async fn an_operation_that_nobody_asks_about_ends_with_the_clock() {
    let arm = Caller::new();
    arm.ask(Method::PUT, "computes/ci", Some(instance())).await;
    arm.azure.advance_clock(Duration::from_secs(600));
    assert_eq!(arm.get("computes/ci").await.body["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test]
async fn an_instance_is_stopped_and_started() {
    let arm = Caller::new();
    arm.create("ci", instance()).await;
    for (action, during, after) in
        [("stop", "Stopping", "Stopped"), ("start", "Starting", "Running"), ("restart", "Restarting", "Running")]
    {
        let begun = arm.ask(Method::POST, &format!("computes/ci/{action}"), None).await;
        assert_eq!((begun.status, begun.headers.contains_key("azure-asyncoperation")), (StatusCode::ACCEPTED, false));
        assert_eq!(arm.get("computes/ci").await.body["properties"]["properties"]["state"], during);
        assert_eq!(arm.finish(&begun, "location").await.status, StatusCode::NO_CONTENT);
        assert_eq!(arm.get("computes/ci").await.body["properties"]["properties"]["state"], after);
    }
    arm.create("cpu", cluster()).await;
    assert_eq!(arm.ask(Method::POST, "computes/cpu/start", None).await.code(), (400, "BadRequest"));
}

#[tokio::test]
async fn a_cluster_is_scaled_and_tells_its_nodes() {
    let arm = Caller::new();
    arm.create("cpu", cluster()).await;
    let scale = json!({"properties": {"properties": {"scaleSettings": {"minNodeCount": 3}}}});
    let begun = arm.ask(Method::PATCH, "computes/cpu", Some(scale)).await;
    assert_eq!((begun.status, &begun.body["properties"]["provisioningState"]), (StatusCode::OK, &json!("Updating")));
    arm.finish(&begun, "azure-asyncoperation").await;
    let settings = &arm.get("computes/cpu").await.body["properties"]["properties"];
    assert_eq!(settings["scaleSettings"], json!({"minNodeCount": 3, "maxNodeCount": 4}));
    assert_eq!(settings["currentNodeCount"], 3);
    let first = arm.ask(Method::POST, "computes/cpu/listNodes", None).await.body;
    let second = arm.get(first["nextLink"].as_str().unwrap()).await.body;
    let counts = [first, second].map(|page| page["nodes"].as_array().unwrap().len());
    assert_eq!(counts, [2, 1]);
}

#[tokio::test]
async fn a_deletion_takes_its_time_and_needs_its_parameter() {
    let arm = Caller::new();
    arm.create("ci", instance()).await;
    let refused = arm.ask(Method::DELETE, "computes/ci", None).await;
    assert_eq!(
        (refused.code(), &refused.body["error"]["details"][0]["target"]),
        ((400, "BadRequest"), &json!("underlyingResourceAction"))
    );
    let begun = arm.ask(Method::DELETE, "computes/ci?underlyingResourceAction=Delete", None).await;
    assert_eq!((begun.status, begun.headers.contains_key("location")), (StatusCode::ACCEPTED, true));
    assert_eq!(arm.get("computes/ci").await.body["properties"]["provisioningState"], "Deleting");
    arm.finish(&begun, "azure-asyncoperation").await;
    assert_eq!(arm.get("computes/ci").await.code(), (404, "ResourceNotFound"));
    let again = arm.ask(Method::DELETE, "computes/ci?underlyingResourceAction=Delete", None).await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_request_that_does_not_fit_is_refused_with_each_mistake() {
    let arm = Caller::new();
    let refused = arm.ask(Method::PUT, "computes/x", Some(json!({"properties": {}}))).await;
    let targets: Vec<_> = refused.body["error"]["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|detail| detail["target"].as_str().unwrap())
        .collect();
    assert_eq!((refused.code(), targets), ((400, "BadRequest"), vec!["location", "properties/computeType"]));
    assert_eq!(arm.ask(Method::PUT, "computes/x", Some(json!("text"))).await.code(), (400, "BadRequest"));
    assert_eq!(arm.ask(Method::PUT, "computes/x", None).await.code(), (400, "InvalidRequestContent"));
    assert_eq!(arm.ask(Method::POST, "computes/x/start", None).await.code(), (404, "ResourceNotFound"));
    assert_eq!(arm.get("thingies/x").await.code(), (404, "InvalidResourceType"));
    assert_eq!(arm.ask(Method::PUT, "computes", None).await.code(), (405, "HttpMethodNotSupported"));
}

#[tokio::test]
async fn lists_come_in_pages_and_faults_meet_all_of_it() {
    let arm = Caller::new();
    for name in ["a", "b", "c"] {
        arm.create(name, cluster()).await;
    }
    let names =
        |page: &Value| page["value"].as_array().unwrap().iter().map(|item| item["name"].clone()).collect::<Vec<_>>();
    let first = arm.get("computes").await.body;
    let second = arm.get(first["nextLink"].as_str().unwrap()).await.body;
    assert_eq!((names(&first), names(&second)), (vec![json!("a"), json!("b")], vec![json!("c")]));
    arm.azure.add_fault(Fault::once("/computes/a/stop", Effect::throttled(3)));
    assert_eq!(arm.ask(Method::POST, "computes/a/stop", None).await.status, StatusCode::TOO_MANY_REQUESTS);
}
