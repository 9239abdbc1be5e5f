//! Workspaces against an imitation of Azure Resource Manager.

use auth_core::ErrorKind;
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::{ProvisioningState, PublicNetworkAccess, Workspace};

use crate::rig::Tokens;

const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";

fn id(name: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices/workspaces/{name}"
    )
}

fn body(name: &str) -> Value {
    json!({
        "id": id(name).replace("resourceGroups", "resourcegroups"),
        "name": name,
        "location": "westeurope",
        "kind": "Default",
        "tags": {"team": "forecasting", "empty": null},
        "sku": {"name": "Basic", "tier": "Basic"},
        "identity": {"type": "SystemAssigned", "principalId": "p"},
        "properties": {
            "friendlyName": "Friendly",
            "discoveryUrl": "https://westeurope.api.azureml.ms/discovery",
            "mlFlowTrackingUri": "azureml://x",
            "containerRegistry": null,
            "hbiWorkspace": true,
            "provisioningState": "Succeeded",
            "publicNetworkAccess": "SecuredByPerimeter",
            "workspaceId": "w",
            "unheardOf": {"x": 1},
        },
    })
}

#[tokio::test]
async fn a_workspace_tells_its_properties() {
    let server = MockServer::start().await;
    Mock::given(path(id("ml-dev")))
        .and(query_param("api-version", "2025-12-01"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body("ml-dev")))
        .mount(&server)
        .await;
    let ws = Workspace::new(SUBSCRIPTION, "rg-ml", "ml-dev").auth(Tokens::for_arm(&server.uri())).get().await.unwrap();
    assert_eq!((ws.name(), ws.location(), ws.kind()), ("ml-dev", "westeurope", Some("Default")));
    assert_eq!(ws.tags().collect::<Vec<_>>(), [("empty", ""), ("team", "forecasting")]);
    assert_eq!((ws.sku(), ws.identity_type(), ws.principal_id()), (Some("Basic"), Some("SystemAssigned"), Some("p")));
    assert_eq!((ws.friendly_name(), ws.description(), ws.container_registry()), (Some("Friendly"), None, None));
    assert_eq!((ws.hbi_workspace(), ws.mlflow_tracking_uri()), (Some(true), Some("azureml://x")));
    assert_eq!(ws.provisioning_state(), Some(ProvisioningState::Succeeded));
    assert_eq!(ws.public_network_access(), Some(PublicNetworkAccess::Other("SecuredByPerimeter".into())));
    assert_eq!(ws.raw()["properties"]["unheardOf"]["x"], 1);
    assert_eq!((ws.subscription(), ws.resource_group()), (SUBSCRIPTION, "rg-ml"));
    assert_eq!(ws.workspace().resource_id().unwrap().as_str(), id("ml-dev"));
}

#[tokio::test]
async fn a_workspace_that_is_not_there_is_named_with_its_place() {
    let cases = [
        ("ResourceNotFound", format!("azml workspace list --resource-group rg-ml --subscription {SUBSCRIPTION}")),
        ("ResourceGroupNotFound", format!("azml workspace list --subscription {SUBSCRIPTION}")),
        ("SubscriptionNotFound", "azml account list".to_owned()),
    ];
    for (code, next) in cases {
        let server = MockServer::start().await;
        let answer = json!({"error": {"code": code, "message": "It could not be found."}});
        Mock::given(path(id("ml-none")))
            .respond_with(ResponseTemplate::new(404).set_body_json(answer))
            .mount(&server)
            .await;
        let ws = Workspace::new(SUBSCRIPTION, "rg-ml", "ml-none").auth(Tokens::for_arm(&server.uri()));
        let error = ws.get().await.unwrap_err();
        let place = format!("ml-none in resource group rg-ml of subscription {SUBSCRIPTION}");
        assert_eq!(error.to_string(), format!("Workspace not found: {place}"));
        assert_eq!((error.kind(), error.help()), (ErrorKind::Rejected, Some(next.as_str())));
    }
}

#[tokio::test]
async fn names_that_cannot_be_right_are_refused_before_anything_is_asked() {
    let server = MockServer::start().await;
    let tokens = Tokens::for_arm(&server.uri());
    for (subscription, group, name) in [(SUBSCRIPTION, "", "ws-1"), (SUBSCRIPTION, "rg", "../ws-1")] {
        let error = Workspace::new(subscription, group, name).auth(tokens.clone()).get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
    let mut list = Workspace::list("x").auth(tokens.clone()).pager();
    assert_eq!(list.try_next().await.unwrap_err().kind(), ErrorKind::Configuration);
    assert!(tokens.requests().is_empty() && server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_list_is_of_the_subscription_or_of_one_resource_group() {
    let server = MockServer::start().await;
    let provider = "providers/Microsoft.MachineLearningServices/workspaces";
    for (place, names) in [("", vec!["ml-dev", "ml-test"]), ("/resourceGroups/rg-ml", vec!["ml-dev"])] {
        let page = json!({"value": names.iter().map(|name| body(name)).collect::<Vec<_>>()});
        Mock::given(path(format!("/subscriptions/{SUBSCRIPTION}{place}/{provider}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(page))
            .mount(&server)
            .await;
    }
    let list = Workspace::list(SUBSCRIPTION).auth(Tokens::for_arm(&server.uri()));
    let names = |found: Vec<workspace_client::WorkspaceDetails>| {
        found.iter().map(|ws| (ws.name().to_owned(), ws.resource_group().to_owned())).collect::<Vec<_>>()
    };
    let pair = |name: &str| (name.to_owned(), "rg-ml".to_owned());
    assert_eq!(names(list.clone().pager().try_collect().await.unwrap()), [pair("ml-dev"), pair("ml-test")]);
    assert_eq!(names(list.resource_group("rg-ml").pager().try_collect().await.unwrap()), [pair("ml-dev")]);
}

#[tokio::test]
async fn another_version_of_the_api_can_be_asked_for() {
    let server = MockServer::start().await;
    Mock::given(query_param("api-version", "2026-07-15-preview"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body("ml-dev")))
        .expect(1)
        .mount(&server)
        .await;
    let ws = Workspace::new(SUBSCRIPTION, "rg-ml", "ml-dev").auth(Tokens::for_arm(&server.uri()));
    ws.api_version("2026-07-15-preview").get().await.unwrap();
}

#[test]
fn what_is_written_for_a_folder_is_found_from_below_it() {
    let home = TempDir::new().unwrap();
    let below = home.path().join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    assert_eq!(Workspace::from_config_at(&below).unwrap_err().kind(), ErrorKind::Unavailable);
    Workspace::new(SUBSCRIPTION, "rg-ml", "ml-dev").write_config(home.path()).unwrap();
    let ws = Workspace::from_config_at(&below).unwrap();
    assert_eq!((ws.subscription(), ws.resource_group(), ws.name()), (SUBSCRIPTION, "rg-ml", "ml-dev"));
    assert!(Workspace::new("x", "rg-ml", "ml-dev").write_config(home.path()).is_err());
}
