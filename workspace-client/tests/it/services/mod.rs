//! What is served, and what lies beside it: against an imitation of Azure Resource Manager, and against the emulator.

mod descriptions;
mod endpoints;
mod neighbours;
pub(crate) mod story;

use auth_core::Clock;
use auth_core::clock::from_unix;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use workspace_client::Workspace;

use crate::rig::Tokens;

const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";
const CANARY: &str = "canary-of-a-key";

/// A workspace at an imitation of Azure Resource Manager, and the tokens that it was given.
struct Rig {
    arm: MockServer,
    tokens: Tokens,
    ws: Workspace,
}

impl Rig {
    async fn start() -> Self {
        let arm = MockServer::start().await;
        let tokens = Tokens::for_arm(&arm.uri());
        let client = tokens.client().clock(Clock::fixed(from_unix(1_700_000_000)));
        Self { ws: Workspace::new(SUBSCRIPTION, "rg", "ws").client(client), tokens, arm }
    }

    async fn on(&self, verb: &str, at: &str, answer: ResponseTemplate) {
        let at = if at.starts_with('/') { at.to_owned() } else { inside(at) };
        Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(&self.arm).await;
    }

    /// An online endpoint `ep` that answers at this URL, with its key.
    async fn endpoint(&self, mode: &str, scoring_uri: &str) {
        let properties = json!({"authMode": mode, "scoringUri": scoring_uri});
        self.on("GET", "onlineEndpoints/ep", ok(&resource("onlineEndpoints/ep", &properties))).await;
        let keys = json!({"primaryKey": CANARY, "secondaryKey": "other"});
        self.on("POST", "onlineEndpoints/ep/listKeys", ok(&keys)).await;
    }

    async fn asked(&self) -> Vec<Request> {
        self.arm.received_requests().await.unwrap()
    }
}

fn inside(at: &str) -> String {
    let provider = "providers/Microsoft.MachineLearningServices";
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/{provider}/workspaces/ws/{at}")
}

fn resource(at: &str, properties: &Value) -> Value {
    json!({"id": inside(at), "name": at.rsplit('/').next(), "location": "westeurope", "properties": properties})
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn json_of(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn bearer(request: &Request) -> &str {
    request.headers["authorization"].to_str().unwrap()
}
