//! A client of Azure Resource Manager with a good token.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use xtask::emulator::{Emulator, World, defaults};

use crate::client::{ARM, client};

const RESOURCE: &str = "https://management.core.windows.net/";
const VERSION: &str = "api-version=2025-12-01";

/// A caller with a good token.
pub(crate) struct Caller {
    pub(crate) azure: Emulator,
    client: Client,
    token: String,
    /// The one that some jobs need besides.
    second: String,
}

/// An answer: status, headers and JSON.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Caller {
    pub(crate) fn new() -> Self {
        Self::with(World::default())
    }

    pub(crate) fn with(world: World) -> Self {
        let azure = Emulator::start_with(world);
        let token = azure.issue_access_token(defaults::ADA, defaults::CONTOSO, RESOURCE, Duration::from_secs(36_000));
        let lifetime = Duration::from_secs(36_000);
        let second = azure.issue_access_token(defaults::ADA, defaults::CONTOSO, "https://ml.azure.com", lifetime);
        Self { client: client(&azure), azure, token, second }
    }

    /// Asks for what lies in the workspace, or at a path, or at a URL.
    pub(crate) async fn ask(&self, method: Method, place: &str, body: Option<Value>) -> Answer {
        let workspace = format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces/{}",
            defaults::SUBSCRIPTION,
            defaults::RESOURCE_GROUP,
            defaults::WORKSPACE
        );
        let path = match place {
            "" => workspace,
            place if place.starts_with('/') => place.to_owned(),
            place => format!("{workspace}/{place}"),
        };
        let url = match place {
            place if place.starts_with("https:") => place.to_owned(),
            place if place.contains("api-version=") => format!("{ARM}{path}"),
            place => format!("{ARM}{path}{}{VERSION}", if place.contains('?') { '&' } else { '?' }),
        };
        let request = self.client.request(method, url).bearer_auth(&self.token).header("x-azureml-token", &self.second);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        Answer { status, headers, body }
    }

    pub(crate) async fn get(&self, place: &str) -> Answer {
        self.ask(Method::GET, place, None).await
    }

    /// Describes something, and waits until it is there.
    pub(crate) async fn put(&self, place: &str, body: Value) -> Answer {
        let answer = self.ask(Method::PUT, place, Some(body)).await;
        assert!(answer.status.is_success(), "{place}: {}", answer.body);
        for header in ["azure-asyncoperation", "location"] {
            if answer.headers.contains_key(header) {
                self.finish(&answer, header).await;
            }
        }
        answer
    }

    pub(crate) async fn post(&self, place: &str, body: Value) -> Answer {
        self.ask(Method::POST, place, Some(body)).await
    }

    pub(crate) async fn delete(&self, place: &str) -> Answer {
        self.ask(Method::DELETE, place, None).await
    }

    /// Creates a compute, and waits for it.
    pub(crate) async fn create(&self, name: &str, compute: Value) {
        let answer = self.ask(Method::PUT, &format!("computes/{name}"), Some(compute)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        self.finish(&answer, "azure-asyncoperation").await;
    }

    pub(crate) async fn finish(&self, begun: &Answer, header: &str) -> Answer {
        let link = begun.headers[header].to_str().unwrap();
        self.get(link).await;
        self.get(link).await
    }
}

impl Answer {
    pub(crate) fn code(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["error"]["code"].as_str().unwrap_or_default())
    }
}
