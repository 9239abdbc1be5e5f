//! The examples of workspaces themselves.

use auth_core::{Error, Secret};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};
use workspace_client::Workspace;
use workspace_client::workspace::{Deletion, OutboundDependency};

use super::{Example, Tokens, examples, told};

/// The folders and examples, how each is asked for, and which part of the path comes behind the workspace.
const CALLS: [(&str, &str, &str); 9] = [
    ("ExternalFQDN/get", "GET", "/outboundNetworkDependenciesEndpoints"),
    ("Notebook/listKeys", "POST", "/listNotebookKeys"),
    ("Workspace/delete", "DELETE", ""),
    ("Workspace/get", "GET", ""),
    ("Workspace/listKeys", "POST", "/listKeys"),
    ("Workspace/listNotebookAccessToken", "POST", "/listNotebookAccessToken"),
    ("Workspace/listStorageAccountKeys", "POST", "/listStorageAccountKeys"),
    ("Workspace/resyncKeys", "POST", "/resyncKeys"),
    ("Workspace/update", "PATCH", ""),
];

async fn ask(example: &Example, ws: &Workspace) -> Result<(), Error> {
    match example.name.as_str() {
        "ExternalFQDN/get" => ws.outbound_dependencies().await.map(drop),
        "Notebook/listKeys" => ws.notebook_keys().await.map(drop),
        "Workspace/delete" => ws.delete(Deletion::Recoverable).await.map(drop),
        "Workspace/get" => ws.get().await.map(drop),
        "Workspace/listKeys" => ws.keys().await.map(drop),
        "Workspace/listNotebookAccessToken" => ws.notebook_token().await.map(drop),
        "Workspace/listStorageAccountKeys" => ws.storage_account_key().await.map(drop),
        "Workspace/resyncKeys" => ws.resync_keys().await.map(drop),
        "Workspace/update" => ws.update(&example.parameters["parameters"]).await.map(drop),
        other => panic!("nobody asks {other}"),
    }
}

#[tokio::test]
async fn every_example_of_a_workspace_is_asked_as_it_is_recorded() {
    let (Some(own), Some(hosts)) = (examples("Workspace"), examples("ExternalFQDN")) else { return };
    let Some(notebook) = examples("Notebook") else { return };
    let all: Vec<_> = own.iter().chain(&hosts).chain(&notebook).collect();
    for (name, method, action) in CALLS {
        let example = all.iter().find(|example| example.name == name).unwrap_or_else(|| panic!("there is no {name}"));
        let server = MockServer::start().await;
        let (_, body) = example.responses.iter().find(|(status, _)| *status == 200).unwrap();
        let answer = ResponseTemplate::new(200);
        let answer = if body.is_null() { answer } else { answer.set_body_json(body) };
        Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
        let version = example.parameter("api-version");
        let ws = example.workspace(Tokens::for_arm(&server.uri())).api_version(version);
        ask(example, &ws).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let request = server.received_requests().await.unwrap().remove(0);
        let path = format!("{}{action}", ws.resource_id().unwrap());
        assert_eq!((request.method.as_str(), request.url.path()), (method, path.as_str()), "{name}");
        assert_eq!(request.url.query(), Some(format!("api-version={version}").as_str()), "{name}");
        let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let recorded = &example.parameters;
        let recorded = recorded.get("parameters").cloned().unwrap_or_default();
        assert_eq!(sent, recorded, "{name}");
    }
    let missed: Vec<_> = own.iter().map(|example| example.name.as_str()).filter(|name| !is_asked(name)).collect();
    // What Azure can be asked is no workspace's business.
    assert_eq!(missed, ["Workspace/operationsList"]);
    told(&format!("{} calls of workspaces", CALLS.len()));
}

/// What lies in a folder below is no example of the workspace itself.
fn is_asked(name: &str) -> bool {
    name.matches('/').count() > 1 || CALLS.iter().any(|(known, _, _)| *known == name)
}

#[test]
fn every_outbound_dependency_in_the_examples_is_read_and_written_without_loss() {
    let Some(examples) = examples("ExternalFQDN") else { return };
    let found = examples[0].responses[0].1["value"].as_array().unwrap().clone();
    for item in &found {
        let read: OutboundDependency = serde_json::from_value(item.clone()).unwrap();
        assert_eq!(read.category(), item["properties"]["category"].as_str());
        let host = item["properties"]["endpoints"][0]["domainName"].as_str().unwrap();
        assert_eq!(read.endpoints().next(), Some((host, vec![443])));
        assert_eq!(serde_json::to_value(read).unwrap(), *item);
    }
    told(&format!("{} outbound dependencies", found.len()));
}

#[tokio::test]
async fn the_keys_in_the_example_are_read_wherever_a_version_says_them() {
    let Some(examples) = examples("Workspace") else { return };
    let example = examples.iter().find(|example| example.name == "Workspace/listKeys").unwrap();
    let (_, mut body) = example.responses[0].clone();
    body["userStorageKey"] = json!("canary-of-a-key");
    let server = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(200).set_body_json(&body)).mount(&server).await;
    let keys = example.workspace(Tokens::for_arm(&server.uri())).keys().await.unwrap();
    assert_eq!(keys.user_storage_id(), body["userStorageResourceId"].as_str());
    assert_eq!(keys.user_storage_key.as_ref().map(Secret::expose), Some("canary-of-a-key"));
    let registry = keys.container_registry_credentials.as_ref().unwrap();
    assert_eq!((registry.username.as_deref(), registry.passwords.len()), (Some("testdemoworkjmjmeykp"), 2));
    assert!(!format!("{keys:?}").contains("canary-of-a-key"));
}
