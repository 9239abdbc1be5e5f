//! Azure Machine Learning's data plane, and jobs, asked as a client of Resource Manager finds them.

mod blobs;
mod discovery;
mod history;
mod jobs;
mod mlflow;
mod scoring;
mod traces;
mod uploads;

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use xtask::emulator::{Emulator, World, defaults};

use crate::client::{ARM, client};

const RESOURCE: &str = "https://management.azure.com";
const API: &str = "https://westeurope.api.azureml.ms";
const DAY: Duration = Duration::from_secs(86_400);

/// A caller with a good token.
struct Caller {
    azure: Emulator,
    client: Client,
    token: String,
}

/// An answer: status, headers, text and JSON.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
    body: Value,
}

impl Caller {
    fn new() -> Self {
        Self::in_world(World::default())
    }

    fn in_world(world: World) -> Self {
        let azure = Emulator::start_with(world);
        let token = azure.issue_access_token(defaults::ADA, defaults::CONTOSO, RESOURCE, DAY);
        Self { client: client(&azure), azure, token }
    }

    /// Asks at a URL, or for what lies in the workspace at Resource Manager.
    async fn ask(&self, method: Method, place: &str, body: Option<Value>) -> Answer {
        self.ask_with(method, place, body, &[]).await
    }

    async fn ask_with(&self, method: Method, place: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Answer {
        let url = if place.starts_with("https:") {
            place.to_owned()
        } else {
            let and = if place.contains('?') { '&' } else { '?' };
            format!("{ARM}{}/{place}{and}api-version=2025-12-01", workspace())
        };
        let mut request = self.client.request(method, url);
        if !place.contains("sig=") && headers.iter().all(|(name, _)| *name != "authorization") {
            request = request.bearer_auth(&self.token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Answer { status, headers, text, body }
    }

    async fn get(&self, place: &str) -> Answer {
        self.ask(Method::GET, place, None).await
    }

    async fn post(&self, place: &str, body: Value) -> Answer {
        self.ask(Method::POST, place, Some(body)).await
    }

    /// Submits a command job.
    async fn submit(&self, name: &str, properties: Value) -> Answer {
        let mut job = json!({"jobType": "Command", "command": "echo hello && python train.py", "environmentId": "e"});
        job.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
        self.ask(Method::PUT, &format!("jobs/{name}"), Some(json!({"properties": job}))).await
    }

    /// Asks for a job until it is over, and returns what it was in between.
    async fn watch(&self, name: &str) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        for _ in 0..30 {
            let job = self.get(&format!("jobs/{name}")).await.body;
            let status = job["properties"]["status"].as_str().unwrap().to_owned();
            if seen.last() != Some(&status) {
                seen.push(status);
            }
            if ["Canceled", "Completed", "Failed"].contains(&seen.last().unwrap().as_str()) {
                return seen;
            }
        }
        panic!("the job does not end: {seen:?}");
    }
}

impl Answer {
    fn code(&self) -> (u16, &str) {
        let code = self.body["error"]["code"].as_str().or_else(|| self.body["error_code"].as_str());
        (self.status.as_u16(), code.unwrap_or_default())
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

fn workspace() -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces/{}",
        defaults::SUBSCRIPTION,
        defaults::RESOURCE_GROUP,
        defaults::WORKSPACE
    )
}

/// Where a service of the data plane has something of the workspace.
fn service_url(service: &str, place: &str) -> String {
    format!("{API}/{service}{}/{place}", workspace())
}

/// Where run history has a run.
fn run_url(place: &str) -> String {
    service_url("history/v1.0", &format!("runs/{place}"))
}
