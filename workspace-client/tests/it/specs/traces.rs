//! What the Python SDK was seen to ask of Azure Resource Manager and of run history, and what this client asks for the same.

use std::collections::BTreeMap;

use auth_core::Clock;
use auth_core::clock::from_unix;
use serde_json::{Value, json};
use url::Url;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};
use workspace_client::Workspace;
use workspace_client::arm::ArmClient;
use workspace_client::resources::asset::data::NewData;
use workspace_client::resources::asset::environment::NewEnvironment;
use workspace_client::resources::asset::{ListView, Version};
use workspace_client::resources::compute::AmlCompute;
use workspace_client::resources::datastore::SecretExpiry;

use super::{specs, told};
use crate::rig::Tokens;

const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";
const OPERATION: &str = "providers/Microsoft.MachineLearningServices/locations/eastus/operationResults/op1";

/// What it asks, and this client does not, with the reason; a request is one of these if its method and the end of its path are.
const NOT_ASKED: &[(&str, &str, &str)] = &[
    ("GET", "/workspaces/ws1", "a region that is said need not be looked up"),
    ("GET", "/onlineEndpoints/ep1", "a region that is said need not be looked up"),
    ("GET", "/codes/{guid1}/versions", "uploads are held against Azurite"),
    ("POST", "/startPendingUpload", "uploads are held against Azurite"),
    ("PUT", "/codes/{guid1}/versions/1", "uploads are held against Azurite"),
    ("GET", "/datastores/workspaceblobstore", "uploads are held against Azurite"),
    ("POST", "/datastores/workspaceblobstore/listSecrets", "the body is held against the trace beside datastores"),
    (
        "PUT",
        "/CliV2AnonymousEnvironment/versions/ded45e29cc1f532ccf128d8e2f100c6348154552d28a52945017859bc958d650",
        "with packages its version is a hash of ours",
    ),
    ("GET", "/models/m1", "what it was does not matter to what is sent"),
];
/// Traces of another API than the one that this client asks.
const OTHERS: [&str; 3] = ["registry client ctor", "registry model list", "workspace create"];

/// A request: its method, its path, its query without the version of the API, and its body.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    body: Value,
}

impl Asked {
    fn new(method: &str, url: &Url, body: &Value) -> Self {
        let query = url.query_pairs().filter(|(name, _)| name != "api-version");
        Self {
            method: method.to_owned(),
            path: url.path().replace("%7B", "{").replace("%7D", "}"),
            query: query.map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
            body: without_defaults(body),
        }
    }

    fn recorded(request: &Value) -> Option<Self> {
        let url = request["url"].as_str().unwrap().replace("{subscriptionId}", SUBSCRIPTION);
        let url = Url::parse(&url).unwrap();
        let is_blob = url.host_str().is_some_and(|host| host.contains(".blob."));
        (!is_blob).then(|| Self::new(request["method"].as_str().unwrap(), &url, &request["body"]))
    }

    fn received(request: &Request) -> Self {
        let body = serde_json::from_slice(&request.body).unwrap_or_default();
        Self::new(request.method.as_str(), &request.url, &body)
    }
}

/// What Azure takes where nothing is said need not be said.
fn without_defaults(body: &Value) -> Value {
    match body {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), without_defaults(value)));
            let is_default = |name: &str, value: &Value| match value {
                Value::Null => true,
                Value::Bool(value) => !value && ["isAnonymous", "isArchived"].contains(&name),
                Value::Object(members) => members.is_empty(),
                _ => false,
            };
            Value::Object(members.filter(|(name, value)| !is_default(name, value)).collect())
        }
        other => other.clone(),
    }
}

/// An Azure that has all of it.
async fn azure() -> MockServer {
    let server = MockServer::start().await;
    let uri = server.uri();
    let answer = move |request: &Request| {
        let path = request.url.path();
        let ok = |body: Value| ResponseTemplate::new(200).set_body_json(body);
        let name = path.rsplit('/').next().unwrap_or_default();
        if request.method == "POST" && name.starts_with("list") {
            return ok(json!({"secretsType": "Sas", "sasToken": "canary"}));
        }
        if request.method == "POST" && ["cancel", "start"].contains(&name) {
            let place = format!("{uri}/subscriptions/{SUBSCRIPTION}/{OPERATION}?api-version=x");
            return ResponseTemplate::new(202)
                .insert_header("location", place.as_str())
                .insert_header("retry-after", "0");
        }
        if request.method != "GET" {
            let mut told: Value = serde_json::from_slice(&request.body).unwrap_or_else(|_| json!({}));
            told["id"] = path.into();
            told["name"] = name.into();
            return ok(told);
        }
        let named = |properties: Value| ok(json!({"id": path, "name": name, "properties": properties}));
        match name {
            "op1" => ResponseTemplate::new(200),
            "discovery" => ok(json!({"api": uri})),
            "details" => {
                let log = format!("{uri}/log.blob.?sig=x");
                ok(json!({"status": "Completed", "logFiles": {"user_logs/std_log.txt": log}}))
            }
            "log.blob." => ResponseTemplate::new(416),
            "computes" | "data" | "workspaces" => ok(json!({"value": []})),
            "versions" => ok(json!({"value": [{"id": format!("{path}/7"), "name": "7", "properties": {}}]})),
            "ws1" => named(json!({"discoveryUrl": format!("{uri}/discovery")})),
            "d" => named(json!({"latestVersion": "3"})),
            "dd" => named(json!({"nextVersion": "4"})),
            _ => named(json!({"jobType": "Command"})),
        }
    };
    Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
    server
}

/// What this client does where the Python SDK did what the trace is called.
async fn act(trace: &str, client: ArmClient, changes: &[Asked]) {
    let ws = Workspace::new(SUBSCRIPTION, "rg", "ws1").client(client.clone());
    let body = || changes.last().unwrap().body.clone();
    match trace {
        "compute list" => drop(ws.computes().list().try_collect().await.unwrap()),
        "compute create" => {
            let cluster = AmlCompute::new("Standard_DS3_v2").nodes(0, 2).location("eastus");
            ws.computes().create_or_update("cpu1", &cluster).await.unwrap();
        }
        "compute start" => ws.computes().start("ci1").await.unwrap().wait().await.unwrap(),
        "data create file auto version" => {
            let uri = body()["properties"]["dataUri"].as_str().unwrap().to_owned();
            ws.data().create("dd", &NewData::uri_file(uri)).await.unwrap();
        }
        "data list" => drop(ws.data().list(ListView::Active).try_collect().await.unwrap()),
        "datastore get w secrets" => {
            ws.datastores().get("workspaceblobstore").await.unwrap();
            ws.datastores().secrets("workspaceblobstore", Some(SecretExpiry::hours(1))).await.unwrap();
        }
        "env create build ctx" => {
            let uri = body()["properties"]["build"]["contextUri"].as_str().unwrap().to_owned();
            let environment = NewEnvironment::build_context(uri, "B.txt");
            ws.environments().create_or_update("e1", "2", &environment).await.unwrap();
        }
        "job cancel" => ws.jobs().cancel("job1").await.unwrap().wait().await.unwrap(),
        "job show" => drop(ws.jobs().get("job1").await.unwrap()),
        "job stream" => assert!(ws.jobs().logs("job1").next().await.unwrap().is_none()),
        "job submit: environment@latest, user identity" => {
            ws.environments().get("myenv", Version::Latest).await.unwrap();
            ws.data().get("d", Version::Latest).await.unwrap();
            ws.jobs().create_or_update("job1", &body()).await.unwrap();
        }
        "job submit: local code, inline environment, data@latest, local file input" => {
            ws.data().get("d", Version::Latest).await.unwrap();
            ws.jobs().create_or_update("job1", &body()).await.unwrap();
        }
        "model archive container" => ws.models().archive("m1", None).await.unwrap(),
        "online deployment create" => {
            let deployments = ws.online_endpoints().deployments("ep1");
            deployments.create_or_update("blue", &body()).await.unwrap();
        }
        "online endpoint create" => drop(ws.online_endpoints().create_or_update("ep1", &body()).await.unwrap()),
        "workspace get" => drop(ws.get().await.unwrap()),
        "workspace keys" => drop(ws.keys().await.unwrap()),
        "workspace list sub" => drop(Workspace::list(SUBSCRIPTION).client(client).pager().try_collect().await.unwrap()),
        other => panic!("nobody does {other}"),
    }
}

#[tokio::test]
async fn every_trace_of_the_python_sdk_is_asked_the_same() {
    let Some(path) = specs("derived/http-traces-azure-ai-ml-1.35.json") else { return };
    let traces: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let (mut count, mut same, mut left_out) = (0, 0, 0);
    let mut needless = NOT_ASKED.to_vec();
    for (trace, requests) in traces["traces"].as_object().unwrap() {
        if OTHERS.contains(&trace.as_str()) {
            continue;
        }
        let theirs: Vec<_> = requests.as_array().unwrap().iter().filter_map(Asked::recorded).collect();
        let changes: Vec<_> = theirs.iter().filter(|asked| asked.method != "GET").cloned().collect();
        let server = azure().await;
        let client = Tokens::for_arm(&server.uri()).client().clock(Clock::fixed(from_unix(1_000_000)));
        act(trace, client, &changes).await;
        let ours: Vec<_> = server.received_requests().await.unwrap().iter().map(Asked::received).collect();
        let ours: Vec<_> = ours.into_iter().filter(|asked| !asked.path.contains(".blob.")).collect();
        for asked in &ours {
            assert!(theirs.contains(asked), "{trace}: only this client asks {asked:#?}, not one of {theirs:#?}");
        }
        for asked in &theirs {
            let is_it = |(method, end, _): &(&str, &str, &str)| asked.method == *method && asked.path.ends_with(end);
            if ours.contains(asked) {
                same += 1;
            } else {
                assert!(NOT_ASKED.iter().any(is_it), "{trace}: only the Python SDK asks {asked:#?}");
                needless.retain(|known| !is_it(known));
                left_out += 1;
            }
        }
        count += 1;
    }
    assert_eq!(needless, [], "no trace has these requests");
    let others = OTHERS.len();
    told(&format!(
        "{count} traces with {same} requests that are the same, and {left_out} that are not needed; {others} traces are of another API"
    ));
}
