//! The template with which a workspace is made, and what it depends on (Microsoft, "ARM template documentation").

use serde_json::{Value, json};
use uuid::Uuid;

use super::NewWorkspace;
use crate::arm::ResourceId;
use crate::resources::Kind as _;
use crate::workspace::details::WorkspaceKind;

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
/// Regions without Application Insights, whose part another one plays (observed: azure-ai-ml 1.35).
const WITHOUT_INSIGHTS: [&str; 3] = ["centraluseuap", "eastus2euap", "westcentralus"];
const INSIGHTS_INSTEAD: &str = "southcentralus";

/// What a deployment is asked for: all that was said is a parameter, so that no text of it is read as an expression.
pub(super) fn deployment(new: &NewWorkspace, id: &ResourceId, location: &str) -> Value {
    let group = group_of(id);
    let mut properties = new.body.0["properties"].clone();
    if properties["friendlyName"].is_null() {
        properties["friendlyName"] = id.name().into();
    }
    let mut parameters = json!({});
    let mut said = |name: &str, value: Value| parameters[name] = json!({"value": value});
    let mut resources = Vec::new();
    let mut needed = Vec::new();
    let is_missing = |member: &str| !new.is_project && new.text(member).is_none();
    let mut make = |properties: &mut Value, member: &str, full_type: &str, word: &str| {
        let name = name_of(id.name(), word);
        properties[member] = format!("{group}/providers/{full_type}/{name}").into();
        needed.push(format!("[resourceId('{full_type}', parameters('{member}Name'))]"));
        Value::from(name)
    };
    if is_missing("/properties/storageAccount") {
        let name = make(&mut properties, "storageAccount", "Microsoft.Storage/storageAccounts", "storage");
        said("storageAccountName", name);
        let holds_tables = new.text("/kind") == Some("FeatureStore");
        resources.push(storage_account(holds_tables));
    }
    if is_missing("/properties/keyVault") {
        let name = make(&mut properties, "keyVault", "Microsoft.KeyVault/vaults", "keyvault");
        said("keyVaultName", name);
        resources.push(key_vault());
    }
    if is_missing("/properties/applicationInsights") {
        let name = make(&mut properties, "applicationInsights", "Microsoft.Insights/components", "insights");
        said("applicationInsightsName", name);
        said("logAnalyticsName", name_of(id.name(), "logalyti").into());
        let has_none = WITHOUT_INSIGHTS.iter().any(|region| region.eq_ignore_ascii_case(location));
        said("insightsLocation", if has_none { INSIGHTS_INSTEAD } else { location }.into());
        resources.extend([log_analytics(), application_insights()]);
    }
    said("workspaceName", id.name().into());
    said("location", location.into());
    said("kind", new.body.0["kind"].clone());
    said("tags", new.body.0["tags"].clone());
    said("identity", new.body.0["identity"].clone());
    said("properties", properties);
    resources.push(workspace(&needed));
    let types: Value = (parameters.as_object().into_iter().flatten())
        .map(|(name, said)| {
            (name.clone(), json!({"type": if said["value"].is_object() { "object" } else { "string" }}))
        })
        .collect();
    let template = json!({
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": types,
        "resources": resources,
    });
    json!({"properties": {"mode": "Incremental", "template": template, "parameters": parameters}})
}

fn storage_account(holds_tables: bool) -> Value {
    json!({
        "type": "Microsoft.Storage/storageAccounts",
        "apiVersion": "2023-04-01",
        "name": "[parameters('storageAccountName')]",
        "location": "[parameters('location')]",
        "tags": "[parameters('tags')]",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {
            "allowBlobPublicAccess": false,
            "encryption": {
                "keySource": "Microsoft.Storage",
                "services": {"blob": {"enabled": true}, "file": {"enabled": true}},
            },
            "isHnsEnabled": holds_tables,
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": true,
        },
    })
}

fn key_vault() -> Value {
    json!({
        "type": "Microsoft.KeyVault/vaults",
        "apiVersion": "2023-07-01",
        "name": "[parameters('keyVaultName')]",
        "location": "[parameters('location')]",
        "tags": "[parameters('tags')]",
        "properties": {
            "accessPolicies": [],
            "enableRbacAuthorization": true,
            "sku": {"name": "standard", "family": "A"},
            "tenantId": "[subscription().tenantId]",
        },
    })
}

fn log_analytics() -> Value {
    json!({
        "type": "Microsoft.OperationalInsights/workspaces",
        "apiVersion": "2022-10-01",
        "name": "[parameters('logAnalyticsName')]",
        "location": "[parameters('insightsLocation')]",
        "tags": "[parameters('tags')]",
        "properties": {"sku": {"name": "PerGB2018"}},
    })
}

fn application_insights() -> Value {
    let log_analytics = "resourceId('Microsoft.OperationalInsights/workspaces', parameters('logAnalyticsName'))";
    json!({
        "type": "Microsoft.Insights/components",
        "apiVersion": "2020-02-02",
        "name": "[parameters('applicationInsightsName')]",
        "location": "[parameters('insightsLocation')]",
        "tags": "[parameters('tags')]",
        "kind": "web",
        "dependsOn": [format!("[{log_analytics}]")],
        "properties": {"Application_Type": "web", "WorkspaceResourceId": format!("[{log_analytics}]")},
    })
}

fn workspace(needed: &[String]) -> Value {
    json!({
        "type": "Microsoft.MachineLearningServices/workspaces",
        "apiVersion": WorkspaceKind::API_VERSION,
        "name": "[parameters('workspaceName')]",
        "location": "[parameters('location')]",
        "tags": "[parameters('tags')]",
        "kind": "[parameters('kind')]",
        "identity": "[parameters('identity')]",
        "dependsOn": needed,
        "properties": "[parameters('properties')]",
    })
}

/// A name that nobody else has, within the limits of storage accounts and vaults: 24 letters and digits, a letter first.
fn name_of(workspace: &str, word: &str) -> String {
    let letters: String = workspace.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let letters: String = letters.trim_start_matches(|sign: char| sign.is_ascii_digit()).chars().take(8).collect();
    let mut name = format!("{letters}{word}{}", Uuid::new_v4().simple());
    name.truncate(24);
    name
}

/// The id of the resource group.
fn group_of(id: &ResourceId) -> String {
    format!("/subscriptions/{}/resourceGroups/{}", id.subscription(), id.resource_group())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_every_resource_and_is_nobody_elses() {
        let name = name_of("1-My_Workspace-2", "keyvault");
        assert!(name.starts_with("myworkspkeyvault".get(..15).unwrap()), "{name}");
        assert!(name.len() == 24 && name.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit()));
        assert_ne!(name, name_of("1-My_Workspace-2", "keyvault"));
        assert!(name_of("123", "storage").starts_with("storage"));
    }
}
