//! The computes of a workspace against an imitation of Azure Resource Manager.

use std::time::Duration;

use auth_core::ErrorKind;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::resources::compute::{
    AmlCompute, ComputeInstance, ComputeState, ComputeType, NodeState, Scale, UnderlyingResource,
};
use workspace_client::{ProvisioningState, Workspace};

use crate::rig::Tokens;

const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";
const CANARY: &str = "canary-of-a-key";

fn workspace() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws")
}

fn compute(name: &str) -> String {
    format!("{}/computes/{name}", workspace())
}

fn body(name: &str, kind: &str, settings: &Value) -> Value {
    let properties = json!({"computeType": kind, "provisioningState": "Succeeded", "properties": settings});
    json!({"id": compute(name), "name": name, "location": "westeurope", "tags": {"team": "x"}, "properties": properties})
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

async fn on(server: &MockServer, verb: &str, at: &str, answer: ResponseTemplate) {
    Mock::given(method(verb)).and(path(at)).respond_with(answer).expect(1).mount(server).await;
}

async fn arm() -> (MockServer, Workspace) {
    let server = MockServer::start().await;
    let ws = Workspace::new(SUBSCRIPTION, "rg", "ws").auth(Tokens::for_arm(&server.uri()));
    (server, ws)
}

#[tokio::test]
async fn a_compute_tells_its_properties_and_an_odd_one_what_it_can() {
    let (server, ws) = arm().await;
    let scale = json!({"minNodeCount": 1, "maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "PT2M"});
    let cluster = body("cpu", "AmlCompute", &json!({"vmSize": "S", "scaleSettings": scale, "currentNodeCount": 3}));
    let mut instance = body("ci", "computeinstance", &json!({"state": "UserSettingUp"}));
    instance["properties"]["provisioningErrors"] = json!([{"error": {"code": "C", "message": "M"}}, null]);
    let odd = json!({"id": "i", "name": "odd", "tags": [], "properties": {"computeType": "Quantum", "properties": 7}});
    on(&server, "GET", &format!("{}/computes", workspace()), ok(&json!({"value": [cluster, instance, odd]}))).await;
    let found = ws.computes().list().try_collect().await.unwrap();
    let [cluster, instance, odd] = &found[..] else { panic!("{found:?}") };
    assert_eq!((cluster.name(), cluster.compute_type()), ("cpu", Some(ComputeType::AmlCompute)));
    assert_eq!((cluster.vm_size(), cluster.node_count()), (Some("S"), Some(3)));
    let expected = Scale { min_nodes: 1, max_nodes: 4, idle_time: Some(Duration::from_secs(120)) };
    assert_eq!((cluster.scale(), cluster.state()), (Some(expected), None));
    assert_eq!(cluster.provisioning_state(), Some(ProvisioningState::Succeeded));
    assert_eq!(cluster.tags().collect::<Vec<_>>(), [("team", "x")]);
    assert_eq!(
        (instance.compute_type(), instance.state()),
        (Some(ComputeType::ComputeInstance), Some(ComputeState::UserSettingUp))
    );
    assert_eq!(instance.provisioning_errors().collect::<Vec<_>>(), [("C", "M"), ("", "")]);
    assert_eq!(odd.compute_type(), Some(ComputeType::Other("Quantum".into())));
    assert_eq!((odd.vm_size(), odd.scale(), odd.tags().count()), (None, None, 0));
}

#[tokio::test]
async fn a_cluster_is_created_in_the_region_of_the_workspace() {
    let (server, ws) = arm().await;
    let about = json!({"id": workspace(), "name": "ws", "location": "westeurope", "properties": {}});
    on(&server, "GET", &workspace(), ok(&about)).await;
    let sent = json!({
        "location": "westeurope",
        "tags": {"team/a": "x"},
        "properties": {"computeType": "AmlCompute", "disableLocalAuth": true, "properties": {
            "osType": "Linux", "vmSize": "Standard_DS3_v2", "vmPriority": "LowPriority", "enableNodePublicIp": true,
            "remoteLoginPortPublicAccess": "NotSpecified",
            "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "PT2M"},
        }},
    });
    Mock::given(method("PUT"))
        .and(path(compute("cpu")))
        .and(query_param("api-version", "2025-12-01"))
        .and(body_json(&sent))
        .respond_with(ok(&body("cpu", "AmlCompute", &json!({}))))
        .expect(1)
        .mount(&server)
        .await;
    let cluster = AmlCompute::new("Standard_DS3_v2").nodes(0, 2).low_priority().tag("team/a", "x");
    let cluster = ws.computes().create_or_update("cpu", &cluster).await.unwrap().wait().await.unwrap();
    assert_eq!(cluster.name(), "cpu");
}

#[test]
fn the_descriptions_say_what_was_chosen() {
    let cluster = AmlCompute::new("S").location("northeurope").subnet("/s").ssh_account("ada", "key").public_ssh(true);
    let instance =
        ComputeInstance::new("S").idle_time(Duration::from_secs(3600)).assigned_user("o", "t").ssh_key("key");
    insta::assert_json_snapshot!([serde_json::to_value(cluster).unwrap(), serde_json::to_value(instance).unwrap()]);
}

#[tokio::test]
async fn the_verbs_are_sent_as_the_api_wants_them() {
    let (server, ws) = arm().await;
    let computes = ws.computes().api_version("2026-09-01");
    for action in ["start", "stop", "restart"] {
        on(&server, "POST", &format!("{}/{action}", compute("ci")), ResponseTemplate::new(200)).await;
    }
    computes.start("ci").await.unwrap().wait().await.unwrap();
    computes.stop("ci").await.unwrap().wait().await.unwrap();
    computes.restart("ci").await.unwrap().wait().await.unwrap();
    for (underlying, action) in [(UnderlyingResource::Delete, "Delete"), (UnderlyingResource::Detach, "Detach")] {
        let deletion = Mock::given(method("DELETE")).and(query_param("underlyingResourceAction", action));
        deletion.respond_with(ResponseTemplate::new(204)).expect(1).mount(&server).await;
        computes.delete("ci", underlying).await.unwrap().wait().await.unwrap();
    }
    let settings = json!({"minNodeCount": 0, "maxNodeCount": 9, "nodeIdleTimeBeforeScaleDown": "PT1M30S"});
    Mock::given(method("PATCH"))
        .and(body_json(json!({"properties": {"properties": {"scaleSettings": settings}}})))
        .respond_with(ok(&body("cpu", "AmlCompute", &json!({}))))
        .expect(1)
        .mount(&server)
        .await;
    let scale = Scale { min_nodes: 0, max_nodes: 9, idle_time: Some(Duration::from_secs(90)) };
    computes.update("cpu", &scale).await.unwrap().wait().await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| request.url.query().unwrap().starts_with("api-version=2026-09-01")));
}

#[tokio::test]
async fn people_are_let_in_without_another_sign_in_by_a_preview_of_the_api() {
    let (server, ws) = arm().await;
    Mock::given(method("POST"))
        .and(path(format!("{}/enableSso", compute("ci"))))
        .and(query_param("api-version", "2024-04-01-preview"))
        .and(body_json(json!({"enableSSO": false})))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    ws.computes().enable_sso("ci", false).await.unwrap();
}

#[tokio::test]
async fn the_nodes_of_a_cluster_come_in_pages() {
    let (server, ws) = arm().await;
    let link = format!("{}{}/nodes?$skip=1", server.uri(), compute("cpu"));
    let first = json!({"nodes": [{"nodeId": "a", "nodeState": "idle", "port": 50000}], "nextLink": link});
    on(&server, "POST", &format!("{}/listNodes", compute("cpu")), ok(&first)).await;
    on(&server, "GET", &format!("{}/nodes", compute("cpu")), ok(&json!({"nodes": [{"nodeId": "b"}]}))).await;
    let nodes = ws.computes().nodes("cpu").try_collect().await.unwrap();
    assert_eq!(nodes.iter().map(|node| node.id()).collect::<Vec<_>>(), [Some("a"), Some("b")]);
    assert_eq!((nodes[0].state(), nodes[0].port(), nodes[1].state()), (Some(NodeState::Idle), Some(50000), None));
}

#[tokio::test]
async fn keys_are_secrets() {
    let (server, ws) = arm().await;
    let account = json!({"username": "ada", "password": CANARY, "privateKeyData": CANARY});
    let keys = json!({"computeType": "VirtualMachine", "administratorAccount": account, "adminKubeConfig": CANARY});
    on(&server, "POST", &format!("{}/listKeys", compute("vm")), ok(&keys)).await;
    let keys = ws.computes().keys("vm").await.unwrap();
    let account = keys.administrator_account.as_ref().unwrap();
    assert_eq!((account.username.as_deref(), account.password.as_ref().unwrap().expose()), (Some("ada"), CANARY));
    assert!(!format!("{keys:?}").contains(CANARY));
}

#[tokio::test]
async fn a_region_tells_its_sizes_and_what_is_used_of_them() {
    let (server, ws) = arm().await;
    let place =
        format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.MachineLearningServices/locations/westeurope");
    let size = json!({"name": "S", "family": "f", "vCPUs": 4, "gpus": 0, "supportedComputeTypes": ["AmlCompute"]});
    on(&server, "GET", &format!("{place}/vmSizes"), ok(&json!({"value": [size]}))).await;
    let usage = json!({"name": {"value": "v", "localizedValue": "V cores"}, "currentValue": 3, "limit": 24});
    on(&server, "GET", &format!("{place}/usages"), ok(&json!({"value": [usage]}))).await;
    let sizes = ws.computes().sizes("westeurope").try_collect().await.unwrap();
    assert_eq!(
        (sizes[0].name(), sizes[0].family(), sizes[0].cpus(), sizes[0].gpus()),
        (Some("S"), Some("f"), Some(4), Some(0))
    );
    assert_eq!(sizes[0].compute_types().collect::<Vec<_>>(), ["AmlCompute"]);
    let usages = ws.computes().usages("westeurope").try_collect().await.unwrap();
    assert_eq!((usages[0].name(), usages[0].current(), usages[0].limit()), (Some("V cores"), Some(3), Some(24)));
}

#[tokio::test]
async fn a_compute_that_is_not_there_is_named_with_its_workspace() {
    let (server, ws) = arm().await;
    let refusal = json!({"error": {"code": "ResourceNotFound", "message": "It was not found."}});
    Mock::given(path(compute("none")))
        .respond_with(ResponseTemplate::new(404).set_body_json(refusal))
        .mount(&server)
        .await;
    let error = ws.computes().get("none").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no compute none in workspace ws of resource group rg");
    let options = format!("--workspace-name ws --resource-group rg --subscription {SUBSCRIPTION}");
    assert_eq!(error.help(), Some(format!("azml compute list {options}").as_str()));
    // What is to be made need not be there.
    let error = ws.computes().create_or_update("none", &json!({"location": "x"})).await.unwrap_err();
    assert_eq!(error.to_string(), "127.0.0.1 refused: there is no such resource");
}

#[tokio::test]
async fn a_workspace_that_is_not_there_is_not_told_as_a_compute_that_is_not() {
    let (server, ws) = arm().await;
    let message =
        "The Resource 'Microsoft.MachineLearningServices/workspaces/ws' under resource group 'rg' was not found.";
    let refusal = json!({"error": {"code": "ResourceNotFound", "message": message}});
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(404).set_body_json(refusal)).mount(&server).await;
    let expected = format!("Workspace not found: ws in resource group rg of subscription {SUBSCRIPTION}");
    assert_eq!(ws.computes().get("none").await.unwrap_err().to_string(), expected);
    assert_eq!(ws.computes().list().try_next().await.unwrap_err().to_string(), expected);
}

#[tokio::test]
async fn a_name_that_would_lead_elsewhere_is_refused_before_anything_is_asked() {
    let server = MockServer::start().await;
    let tokens = Tokens::for_arm(&server.uri());
    let computes = Workspace::new(SUBSCRIPTION, "rg", "ws").auth(tokens.clone()).computes();
    for name in ["", "..", "a/../../b", "a?api-version=1", "%2e%2e"] {
        assert_eq!(computes.get(name).await.unwrap_err().kind(), ErrorKind::Configuration, "{name}");
        let deletion = computes.delete(name, UnderlyingResource::Delete).await;
        assert_eq!(deletion.unwrap_err().kind(), ErrorKind::Configuration, "{name}");
        assert_eq!(computes.nodes(name).try_next().await.unwrap_err().kind(), ErrorKind::Configuration, "{name}");
        assert_eq!(computes.sizes(name).try_next().await.unwrap_err().kind(), ErrorKind::Configuration, "{name}");
    }
    assert!(tokens.requests().is_empty() && server.received_requests().await.unwrap().is_empty());
}
