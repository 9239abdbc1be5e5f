//! What exists: the answers of `GET`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::state::State as Memory;
use super::super::world::{Subscription, Tenant, Workspace};
use super::ArmRequest;
use super::access::Caller;
use super::error::ArmError;

/// The resource or list that the path names.
pub(super) fn find(
    memory: &Memory,
    request: &ArmRequest<'_>,
    caller: &Caller,
    segments: &[&str],
) -> Result<Value, ArmError> {
    let world = &memory.world;
    match segments {
        ["tenants"] => request.page(memory, &tenants(memory, caller)),
        ["subscriptions"] => {
            let visible = world
                .subscriptions
                .iter()
                .filter(|subscription| subscription.tenant_id.eq_ignore_ascii_case(&caller.tenant_id));
            let items: Vec<Value> = visible.map(|item| subscription(item, caller)).collect();
            request.page(memory, &items)
        }
        ["subscriptions", id, rest @ ..] => {
            if Uuid::parse_str(id).is_err() {
                return Err(ArmError::invalid_subscription_id(id));
            }
            let found = world.subscription(id).ok_or_else(|| ArmError::subscription_not_found(id))?;
            in_subscription(memory, request, caller, found, rest)
        }
        _ => Err(ArmError::invalid_resource_type(request.path)),
    }
}

fn in_subscription(
    memory: &Memory,
    request: &ArmRequest<'_>,
    caller: &Caller,
    within: &Subscription,
    rest: &[&str],
) -> Result<Value, ArmError> {
    let world = &memory.world;
    let is = |text: &str, wanted: &str| text.eq_ignore_ascii_case(wanted);
    let is_provider =
        |keyword: &str, namespace: &str| is(keyword, "providers") && is(namespace, "Microsoft.MachineLearningServices");
    let of_subscription: Vec<&Workspace> =
        world.workspaces.iter().filter(|item| is(&item.subscription_id, &within.id)).collect();
    match rest {
        [] => Ok(subscription(within, caller)),
        [providers, namespace, kind] if is_provider(providers, namespace) && is(kind, "workspaces") => {
            let items: Vec<Value> = of_subscription.iter().map(|item| workspace(item, within)).collect();
            request.page(memory, &items)
        }
        [groups, group, providers, namespace, kind, name @ ..]
            if is(groups, "resourceGroups")
                && is_provider(providers, namespace)
                && is(kind, "workspaces")
                && name.len() <= 1 =>
        {
            if !world.has_resource_group(within, group) {
                return Err(ArmError::resource_group_not_found(group));
            }
            let mut in_group = of_subscription.into_iter().filter(|item| is(&item.resource_group, group));
            let Some(name) = name.first() else {
                let items: Vec<Value> = in_group.map(|item| workspace(item, within)).collect();
                return request.page(memory, &items);
            };
            let found = in_group.find(|item| is(&item.name, name));
            let resource = format!("Microsoft.MachineLearningServices/workspaces/{name}");
            found.map(|item| workspace(item, within)).ok_or_else(|| ArmError::resource_not_found(&resource, group))
        }
        _ => Err(ArmError::invalid_resource_type(request.path)),
    }
}

/// A person sees every tenant where the account exists, an application its own.
fn tenants(memory: &Memory, caller: &Caller) -> Vec<Value> {
    let user = caller.username.as_ref().and_then(|name| memory.world.user(name));
    let is_visible = |tenant: &&Tenant| match user {
        Some(user) => user.membership(&tenant.id).is_some(),
        None => tenant.id.eq_ignore_ascii_case(&caller.tenant_id),
    };
    let body = |tenant: &Tenant| {
        let is_home = user.is_none_or(|user| user.home().tenant_id.eq_ignore_ascii_case(&tenant.id));
        json!({
            "id": format!("/tenants/{}", tenant.id),
            "tenantId": tenant.id,
            "countryCode": "NL",
            "displayName": tenant.name,
            "domains": [tenant.domain],
            "tenantCategory": if is_home { "Home" } else { "ManagedBy" },
            "defaultDomain": tenant.domain,
            "tenantType": "AAD",
        })
    };
    memory.world.tenants.iter().filter(is_visible).map(body).collect()
}

fn subscription(subscription: &Subscription, caller: &Caller) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "authorizationSource": if caller.username.is_some() { "RoleBased" } else { "RoleBased, Legacy" },
        "managedByTenants": [],
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant_id,
        "displayName": subscription.name,
        "state": subscription.state,
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}

pub(super) fn workspace(workspace: &Workspace, subscription: &Subscription) -> Value {
    let Workspace { name, location, workspace_id, .. } = workspace;
    let group = format!("/subscriptions/{}/resourceGroups/{}", workspace.subscription_id, workspace.resource_group);
    let id = format!("{group}/providers/Microsoft.MachineLearningServices/workspaces/{name}");
    let short: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let data_plane = format!("{location}.api.azureml.ms");
    json!({
        "id": id,
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces",
        "location": location,
        "tags": workspace.tags,
        "etag": null,
        "kind": workspace.kind,
        "sku": {"name": "Basic", "tier": "Basic"},
        "identity": {
            "type": "SystemAssigned",
            "principalId": workspace_id,
            "tenantId": subscription.tenant_id,
        },
        "properties": {
            "friendlyName": name,
            "description": "",
            "storageAccount": format!("{group}/providers/Microsoft.Storage/storageAccounts/{short}storage"),
            "keyVault": format!("{group}/providers/Microsoft.KeyVault/vaults/{short}-kv"),
            "applicationInsights": format!("{group}/providers/Microsoft.Insights/components/{short}-insights"),
            "containerRegistry": null,
            "hbiWorkspace": false,
            "tenantId": subscription.tenant_id,
            "imageBuildCompute": null,
            "provisioningState": "Succeeded",
            "v1LegacyMode": false,
            "softDeleteEnabled": false,
            "creationTime": "2029-01-15T09:30:00.1234567Z",
            "notebookInfo": {
                "resourceId": format!("{}{}", workspace_id.replace('-', ""), "0000"),
                "fqdn": format!("ml-{short}-{location}.{location}.notebooks.azure.net"),
                "isPrivateLinkEnabled": false,
                "notebookPreparationError": null,
            },
            "storageHnsEnabled": false,
            "workspaceId": workspace_id,
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
        "systemData": {
            "createdAt": "2029-01-15T09:30:00.1234567Z",
            "createdBy": "ada@contoso.example",
            "createdByType": "User",
            "lastModifiedAt": "2029-01-15T09:30:00.1234567Z",
            "lastModifiedBy": "ada@contoso.example",
            "lastModifiedByType": "User",
        },
    })
}
