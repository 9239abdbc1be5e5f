//! Workspaces, and what can be asked of them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::world::Workspace;
use super::call::Call;
use super::error::ArmError;
use super::kind::Action;
use super::operation::Outcome;
use super::request::ArmRequest;
use super::secrets::{
    INSIGHTS_KEY, NOTEBOOK_PRIMARY_KEY, NOTEBOOK_REFRESH_TOKEN, NOTEBOOK_SECONDARY_KEY, NOTEBOOK_TOKEN,
    REGISTRY_PASSWORD,
};
use super::store::{place, underlay};

const BORN: &str = "2029-01-15T09:30:00.1234567Z";

pub(super) const READ_ONLY: &[&str] = &[
    "/etag",
    "/properties/creationTime",
    "/properties/mlFlowTrackingUri",
    "/properties/notebookInfo",
    "/properties/privateLinkCount",
    "/properties/storageHnsEnabled",
    "/properties/tenantId",
    "/properties/workspaceId",
];

pub(super) const KEPT: &[&str] = &[
    "/identity",
    "/kind",
    "/location",
    "/properties/applicationInsights",
    "/properties/discoveryUrl",
    "/properties/hbiWorkspace",
    "/properties/keyVault",
    "/properties/storageAccount",
    "/sku",
];

pub(super) const ACTIONS: &[(&str, Action)] = &[
    ("diagnose", Action::Operation(|_, _| Ok(Outcome::Body(diagnosis())), |_| ())),
    ("features", Action::List(features)),
    ("listKeys", Action::Answer(|call, workspace| Ok(keys(call, workspace)))),
    ("listNotebookAccessToken", Action::Answer(|_, workspace| Ok(notebook_token(workspace)))),
    ("listNotebookKeys", Action::Answer(|_, _| Ok(notebook_keys()))),
    ("listStorageAccountKeys", Action::Answer(|call, _| Ok(json!({"userStorageKey": call.memory.world.storage.key})))),
    ("outboundNetworkDependenciesEndpoints", Action::Show(outbound_dependencies)),
    ("prepareNotebook", Action::Operation(|_, workspace| Ok(prepare_notebook(workspace)), |_| ())),
    ("privateLinkResources", Action::List(private_link_resources)),
    ("provisionManagedNetwork", Action::Operation(provision_network, network_provisioned)),
    ("resyncKeys", Action::Operation(|_, _| Ok(Outcome::Nothing), |_| ())),
];

/// The id of a workspace of the world.
pub(in super::super) fn id(workspace: &Workspace) -> String {
    let Workspace { subscription_id, resource_group, name, .. } = workspace;
    format!(
        "/subscriptions/{subscription_id}/resourceGroups/{resource_group}/providers/Microsoft.MachineLearningServices/workspaces/{name}"
    )
}

/// A workspace of the world, as it is told.
pub(super) fn from_world(workspace: &Workspace, tenant: &str) -> Value {
    let mut told = json!({
        "id": id(workspace),
        "name": workspace.name,
        "type": "Microsoft.MachineLearningServices/workspaces",
        "location": workspace.location,
        "tags": workspace.tags,
        "kind": workspace.kind,
        "properties": {"provisioningState": "Succeeded", "creationTime": BORN, "workspaceId": workspace.workspace_id},
        "systemData": {
            "createdAt": BORN,
            "createdBy": "ada@contoso.example",
            "createdByType": "User",
            "lastModifiedAt": BORN,
            "lastModifiedBy": "ada@contoso.example",
            "lastModifiedByType": "User",
        },
    });
    complete(&mut told, tenant);
    told
}

pub(super) fn begun(call: &mut Call<'_>, workspace: &mut Value) {
    let subscription = call.place.id.split('/').nth(2).unwrap_or_default();
    let tenant = call.memory.world.subscription(subscription).map(|it| it.tenant_id.clone()).unwrap_or_default();
    let now = call.now();
    underlay(&mut workspace["properties"], json!({"creationTime": now, "workspaceId": Uuid::new_v4().to_string()}));
    complete(workspace, &tenant);
    if call.stored().is_none() {
        let storage = call.memory.world.storage.clone();
        call.memory.store.furnish(workspace, &storage);
    }
}

/// Some kinds only, in a comma list.
pub(super) fn shows(workspace: &Value, request: &ArmRequest<'_>) -> bool {
    let kind = workspace["kind"].as_str().unwrap_or_default();
    request.parameter("kind").is_none_or(|wanted| wanted.split(',').any(|one| one.trim().eq_ignore_ascii_case(kind)))
}

/// Adds what every workspace has.
fn complete(workspace: &mut Value, tenant: &str) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let [id, name, location] = ["id", "name", "location"].map(|member| text(&workspace[member]));
    let workspace_id = text(&workspace["properties"]["workspaceId"]);
    let group = id.split("/providers/").next().unwrap_or_default();
    let short: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let data_plane = format!("{location}.api.azureml.ms");
    underlay(
        workspace,
        json!({
            "tags": {},
            "etag": null,
            "kind": "Default",
            "sku": {"name": "Basic", "tier": "Basic"},
            "identity": {"type": "SystemAssigned", "principalId": workspace_id, "tenantId": tenant},
            "properties": {
                "friendlyName": name,
                "description": "",
                "storageAccount": format!("{group}/providers/Microsoft.Storage/storageAccounts/{short}storage"),
                "keyVault": format!("{group}/providers/Microsoft.KeyVault/vaults/{short}-kv"),
                "applicationInsights": format!("{group}/providers/Microsoft.Insights/components/{short}-insights"),
                "containerRegistry": null,
                "hbiWorkspace": false,
                "tenantId": tenant,
                "imageBuildCompute": null,
                "v1LegacyMode": false,
                "softDeleteEnabled": false,
                "notebookInfo": {
                    "resourceId": format!("{}{}", workspace_id.replace('-', ""), "0000"),
                    "fqdn": format!("ml-{short}-{location}.{location}.notebooks.azure.net"),
                    "isPrivateLinkEnabled": false,
                    "notebookPreparationError": null,
                },
                "storageHnsEnabled": false,
                "linkedModelInventoryArmId": null,
                "privateLinkCount": 0,
                "allowPublicAccessWhenBehindVnet": false,
                "publicNetworkAccess": "Enabled",
                "discoveryUrl": format!("https://{data_plane}/discovery"),
                "mlFlowTrackingUri": format!("azureml://{data_plane}/mlflow/v1.0{id}"),
                "sdkTelemetryAppInsightsKey": null,
                "systemDatastoresAuthMode": "accesskey",
                "enableDataIsolation": false,
                "managedNetwork": {"isolationMode": "Disabled", "status": {"status": "Inactive", "sparkReady": false}},
            },
        }),
    );
}

fn keys(call: &Call<'_>, workspace: &Value) -> Value {
    let registry = workspace["properties"]["containerRegistry"].as_str().and_then(|id| id.rsplit('/').next());
    let registry = registry.map(|name| {
        let passwords = json!([{"name": "password", "value": REGISTRY_PASSWORD}]);
        json!({"location": workspace["location"], "username": name, "passwords": passwords})
    });
    json!({
        "userStorageKey": call.memory.world.storage.key,
        "userStorageArmId": workspace["properties"]["storageAccount"],
        "userStorageResourceId": workspace["properties"]["storageAccount"],
        "appInsightsInstrumentationKey": INSIGHTS_KEY,
        "containerRegistryCredentials": registry,
        "notebookAccessKeys": notebook_keys(),
    })
}

fn notebook_keys() -> Value {
    json!({"primaryAccessKey": NOTEBOOK_PRIMARY_KEY, "secondaryAccessKey": NOTEBOOK_SECONDARY_KEY})
}

fn notebook_token(workspace: &Value) -> Value {
    let notebook = &workspace["properties"]["notebookInfo"];
    json!({
        "notebookResourceId": notebook["resourceId"],
        "hostName": notebook["fqdn"],
        "publicDns": notebook["fqdn"],
        "accessToken": NOTEBOOK_TOKEN,
        "refreshToken": NOTEBOOK_REFRESH_TOKEN,
        "tokenType": "Bearer",
        "expiresIn": 28_800,
        "scope": "aznb_identity",
    })
}

fn prepare_notebook(workspace: &Value) -> Outcome {
    Outcome::Body(workspace["properties"]["notebookInfo"].clone())
}

fn provision_network(call: &mut Call<'_>, _: &mut Value) -> Result<Outcome, ArmError> {
    let spark = call.request.optional_json()?["includeSpark"] == true;
    Ok(Outcome::Body(json!({"status": "Active", "sparkReady": spark})))
}

fn network_provisioned(workspace: &mut Value) {
    place(workspace, "/properties/managedNetwork/status/status", "Active".into());
}

/// One finding, and places without any.
fn diagnosis() -> Value {
    let finding = json!({
        "code": "StorageAccountFirewall",
        "level": "Warning",
        "message": "The storage account is reachable from every network.",
    });
    json!({"value": {
        "userDefinedRouteResults": [],
        "networkSecurityRuleResults": [],
        "resourceLockResults": [],
        "dnsResolutionResults": [],
        "storageAccountResults": [finding],
        "keyVaultResults": [],
        "containerRegistryResults": [],
        "applicationInsightsResults": [],
        "otherResults": [],
    }})
}

fn features(_: &Value) -> Vec<Value> {
    let feature = |id: &str, name: &str| json!({"id": id, "displayName": name, "description": format!("{name} of the loopback Azure")});
    vec![feature("designer", "Designer"), feature("automl", "Automated ML"), feature("notebooks", "Notebooks")]
}

fn private_link_resources(workspace: &Value) -> Vec<Value> {
    let id = workspace["id"].as_str().unwrap_or_default();
    vec![json!({
        "id": format!("{id}/privateLinkResources/amlworkspace"),
        "name": "amlworkspace",
        "type": "Microsoft.MachineLearningServices/workspaces/privateLinkResources",
        "location": workspace["location"],
        "properties": {
            "groupId": "amlworkspace",
            "requiredMembers": ["default"],
            "requiredZoneNames": ["privatelink.api.azureml.ms", "privatelink.notebooks.azure.net"],
        },
    })]
}

fn outbound_dependencies(_: &Value) -> Value {
    let endpoint = |name: &str| json!({"domainName": name, "endpointDetails": [{"port": 443}]});
    let category = |name: &str, hosts: &[&str]| {
        let endpoints: Vec<_> = hosts.iter().map(|host| endpoint(host)).collect();
        json!({"category": name, "endpoints": endpoints, "properties": {"category": name, "endpoints": endpoints}})
    };
    json!({"value": [
        category("Azure Active Directory", &["login.microsoftonline.com"]),
        category("Azure Resource Manager", &["management.azure.com"]),
    ]})
}
