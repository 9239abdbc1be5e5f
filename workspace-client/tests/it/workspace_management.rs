//! Workspaces from their creation to their end, against the emulator and an imitation.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::clock::from_unix;
use auth_core::http::HttpClient;
use auth_core::{AccessToken, Authentication, Cloud, Env, Error, ErrorKind, TokenRequest};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::arm::{ArmClient, ResourceId};
use workspace_client::workspace::{Deletion, FindingLevel};
use workspace_client::{NewWorkspace, Workspace, WorkspaceDetails};
use xtask::emulator::{Emulator, defaults};

use crate::rig::Tokens;

const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";
const CANARY: &str = "canary-of-a-vault";

/// The sign-in of the emulator's first user.
#[derive(Debug)]
struct Ada {
    azure: Arc<Emulator>,
    cloud: Cloud,
}

#[async_trait]
impl Authentication for Ada {
    fn name(&self) -> &'static str {
        "Ada"
    }

    fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let (audience, lifetime) = (request.scopes().resource(), Duration::from_secs(3600));
        let token = self.azure.issue_access_token(defaults::ADA, defaults::CONTOSO, audience, lifetime);
        Ok(AccessToken::new(token, from_unix(4_000_000_000)))
    }
}

fn workspace(azure: &Arc<Emulator>, group: &str, name: &str) -> Workspace {
    let auth = Ada { azure: azure.clone(), cloud: Cloud::public() };
    let client = ArmClient::new(Arc::new(auth)).http(HttpClient::new(Env::fake(azure.env())));
    Workspace::new(defaults::SUBSCRIPTION, group, name).client(client)
}

/// What was sent when the deployment was asked for.
fn deployment(azure: &Emulator) -> Value {
    let requests = azure.requests();
    let is_deployment = |path: &str| path.contains("/Microsoft.Resources/deployments/");
    let request = requests.iter().find(|request| request.method == "PUT" && is_deployment(&request.path)).unwrap();
    serde_json::from_str(&request.body).unwrap()
}

fn types(deployment: &Value) -> Vec<&str> {
    let resources = deployment["properties"]["template"]["resources"].as_array().unwrap();
    resources.iter().map(|resource| resource["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_workspace_is_created_with_what_it_depends_on_and_goes_with_it() {
    let azure = Arc::new(Emulator::start());
    let ws = workspace(&azure, "new-group", "new-ws");
    let new = NewWorkspace::new().location("northeurope").tag("team", "x").description("[not('an expression')]");
    let error = ws.create(&new).await.unwrap_err();
    let expected = format!("there is no resource group new-group in subscription {}", defaults::SUBSCRIPTION);
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Rejected, expected));

    let new = new.create_resource_group();
    let made = ws.create(&new).await.unwrap().wait().await.unwrap();
    assert_eq!((made.name(), made.location(), made.kind()), ("new-ws", "northeurope", Some("Default")));
    assert_eq!((made.friendly_name(), made.description()), (Some("new-ws"), Some("[not('an expression')]")));
    assert_eq!(made.tags().collect::<Vec<_>>(), [("team", "x")]);
    let group = format!("/subscriptions/{}/resourceGroups/new-group/providers/", defaults::SUBSCRIPTION);
    assert!(made.storage_account().unwrap().starts_with(&format!("{group}Microsoft.Storage/storageAccounts/newws")));
    let expected = [
        "Microsoft.Storage/storageAccounts",
        "Microsoft.KeyVault/vaults",
        "Microsoft.OperationalInsights/workspaces",
        "Microsoft.Insights/components",
        "Microsoft.MachineLearningServices/workspaces",
    ];
    assert_eq!(types(&deployment(&azure)), expected);

    let error = ws.create(&new).await.unwrap_err();
    assert_eq!(error.to_string(), "there is a workspace new-ws in resource group new-group already");
    azure.clear_requests();
    assert_eq!(ws.create(&new.exist_ok()).await.unwrap().wait().await.unwrap().id(), made.id());
    assert!(azure.requests().iter().all(|request| request.method == "GET"));

    let changed = ws.update(&json!({"properties": {"description": "new"}})).await.unwrap().wait().await.unwrap();
    assert_eq!((changed.description(), changed.friendly_name()), (Some("new"), Some("new-ws")));

    let deleted = made.delete_dependencies().await.unwrap();
    let deleted: Vec<_> = deleted.iter().map(ResourceId::resource_type).collect();
    let expected = [
        "Microsoft.OperationalInsights/workspaces",
        "Microsoft.Insights/components",
        "Microsoft.Storage/storageAccounts",
        "Microsoft.KeyVault/vaults",
    ];
    assert_eq!(deleted, expected);
    ws.delete(Deletion::Permanent).await.unwrap().wait().await.unwrap();
    assert!(azure.requests().iter().any(|request| request.query.get("forceToPurge").is_some_and(|it| it == "true")));
    assert!(ws.get().await.unwrap_err().to_string().starts_with("Workspace not found: new-ws"));
}

#[tokio::test]
async fn what_is_given_is_not_made_and_a_project_uses_what_its_hub_has() {
    let azure = Arc::new(Emulator::start());
    let hub = workspace(&azure, defaults::RESOURCE_GROUP, "hub");
    let (storage, vault) = ("/subscriptions/s/resourceGroups/g/storage", "/subscriptions/s/resourceGroups/g/vault");
    let new = NewWorkspace::hub().storage_account(storage).key_vault(vault).application_insights("/insights");
    let made = hub.create(&new).await.unwrap().wait().await.unwrap();
    assert_eq!(
        (made.kind(), made.location(), made.storage_account()),
        (Some("Hub"), defaults::LOCATION, Some(storage))
    );
    assert_eq!(types(&deployment(&azure)), ["Microsoft.MachineLearningServices/workspaces"]);

    azure.clear_requests();
    let project = workspace(&azure, defaults::RESOURCE_GROUP, "project");
    let made = project.create(&NewWorkspace::project(made.id())).await.unwrap().wait().await.unwrap();
    assert_eq!((made.kind(), made.hub_id()), (Some("Project"), Some(hub.get().await.unwrap().id())));
    assert_eq!(types(&deployment(&azure)), ["Microsoft.MachineLearningServices/workspaces"]);

    let store = workspace(&azure, defaults::RESOURCE_GROUP, "features");
    let made = store.create(&NewWorkspace::feature_store()).await.unwrap().wait().await.unwrap();
    assert_eq!(
        made.raw().pointer("/properties/featureStoreSettings/computeRuntime/sparkRuntimeVersion"),
        Some(&json!("3.4.0"))
    );

    let client = ArmClient::new(Arc::new(Ada { azure: azure.clone(), cloud: Cloud::public() }));
    let client = client.http(HttpClient::new(Env::fake(azure.env())));
    let some = Workspace::list(defaults::SUBSCRIPTION).client(client).kinds(["Hub", "Project"]).pager();
    let some: Vec<_> = some.try_collect().await.unwrap();
    assert_eq!(some.iter().map(WorkspaceDetails::name).collect::<Vec<_>>(), ["hub", "project"]);
}

#[tokio::test]
async fn what_can_be_asked_of_a_workspace_is_answered() {
    let azure = Arc::new(Emulator::start());
    let ws = workspace(&azure, defaults::RESOURCE_GROUP, defaults::WORKSPACE);
    let diagnosis = ws.diagnose().await.unwrap().wait().await.unwrap();
    let [finding] = diagnosis.findings().collect::<Vec<_>>()[..] else { panic!("{:?}", diagnosis.raw()) };
    assert_eq!((finding.place, finding.code()), ("storageAccountResults", Some("StorageAccountFirewall")));
    assert_eq!(finding.level(), Some(FindingLevel::Warning));
    assert_eq!(finding.message(), Some("The storage account is reachable from every network."));

    let keys = ws.keys().await.unwrap();
    let storage_key = ws.storage_account_key().await.unwrap().unwrap();
    assert_eq!(keys.user_storage_key.as_ref().unwrap().expose(), storage_key.expose());
    let notebook_key = ws.notebook_keys().await.unwrap().primary_access_key.unwrap();
    assert_eq!(
        keys.notebook_access_keys.as_ref().unwrap().primary_access_key.as_ref().unwrap().expose(),
        notebook_key.expose()
    );
    let token = ws.notebook_token().await.unwrap();
    assert_eq!(token.expires_in(), Some(Duration::from_secs(28_800)));
    let shown = format!("{keys:?} {token:?}");
    assert!(!xtask::emulator::secrets::ALL.iter().any(|secret| shown.contains(secret)), "{shown}");

    ws.resync_keys().await.unwrap().wait().await.unwrap();
    assert!(ws.prepare_notebook().await.unwrap().wait().await.unwrap().unwrap().fqdn.is_some());
    let dependencies = ws.outbound_dependencies().await.unwrap();
    assert_eq!(dependencies[0].endpoints().next(), Some(("login.microsoftonline.com", vec![443])));
}

#[tokio::test]
async fn secrets_are_kept_in_the_key_vault_of_the_workspace() {
    let azure = Arc::new(Emulator::start());
    let vault = workspace(&azure, defaults::RESOURCE_GROUP, defaults::WORKSPACE).vault().await.unwrap();
    vault.set("password", &CANARY.into()).await.unwrap();
    let secret = vault.get("password").await.unwrap();
    assert_eq!(secret.expose(), CANARY);
    let listed: Vec<_> = vault.list().try_collect().await.unwrap();
    assert_eq!(
        listed.iter().map(|secret| (secret.name(), secret.is_enabled())).collect::<Vec<_>>(),
        [("password", Some(true))]
    );
    assert!(!format!("{vault:?} {secret:?} {listed:?}").contains(CANARY));
    vault.delete("password").await.unwrap();
    let error = vault.get("password").await.unwrap_err();
    assert_eq!(error.to_string(), format!("there is no secret password in key vault {}", vault.name()));
    let error = vault.get("../keys/k").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::Configuration, "that is not the name of a secret in a key vault".to_owned())
    );
    let to_vault = azure.requests().into_iter().filter(|request| request.path.contains("/secrets")).count();
    assert_eq!(to_vault, 5, "a wrong name is not asked for");
}

fn id() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws")
}

#[tokio::test]
async fn the_details_have_the_names_that_the_first_python_sdk_gave_them() {
    let server = MockServer::start().await;
    let body = json!({
        "id": id(), "name": "ws", "location": "westeurope", "type": "Microsoft.MachineLearningServices/workspaces",
        "tags": {"team": "x"}, "sku": {"name": "Basic", "tier": "Basic"},
        "identity": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"},
        "properties": {
            "workspaceId": "w", "friendlyName": "f", "description": null, "hbiWorkspace": false, "keyVault": "/v",
            "notebookInfo": {"fqdn": "host", "resourceId": "r", "isPrivateLinkEnabled": false}, "unheardOf": 1,
        },
    });
    Mock::given(path(id())).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    let ws = Workspace::new(SUBSCRIPTION, "rg", "ws").auth(Tokens::for_arm(&server.uri())).get().await.unwrap();
    let expected = json!({
        "id": id(), "name": "ws", "location": "westeurope", "type": "Microsoft.MachineLearningServices/workspaces",
        "tags": {"team": "x"}, "sku": "Basic", "workspaceid": "w", "friendlyName": "f", "hbiWorkspace": false, "keyVault": "/v",
        "identity": {"type": "SystemAssigned", "principal_id": "p", "tenant_id": "t"},
        "notebookInfo": {"fqdn": "host", "resource_id": "r"},
    });
    assert_eq!(Value::from(ws.to_map()), expected);
}

#[tokio::test]
async fn a_workspace_that_is_not_there_is_told_by_every_verb() {
    let server = MockServer::start().await;
    let message =
        "The Resource 'Microsoft.MachineLearningServices/workspaces/ws' under resource group 'rg' was not found.";
    let gone = json!({"error": {"code": "ResourceNotFound", "message": message}});
    Mock::given(method("POST"))
        .and(path(format!("{}/listKeys", id())))
        .and(query_param("api-version", "2025-12-01"))
        .respond_with(ResponseTemplate::new(404).set_body_json(gone))
        .expect(1)
        .mount(&server)
        .await;
    let error = Workspace::new(SUBSCRIPTION, "rg", "ws").auth(Tokens::for_arm(&server.uri())).keys().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("Workspace not found: ws in resource group rg of subscription {SUBSCRIPTION}")
    );
}
