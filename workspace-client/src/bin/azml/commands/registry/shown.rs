//! How registries are shown (observed: azure-ai-ml 1.35).

use serde_json::{Value, json};
use workspace_client::RegistryDetails;

use crate::entity::{self, Member, is, put};
use crate::output::Column;

pub(super) const COLUMNS: [Column; 4] = [
    ("Name", "name"),
    ("Location", "location"),
    ("ResourceGroup", "resourceGroup"),
    ("PublicNetworkAccess", "public_network_access"),
];

const MEMBERS: [Member; 6] = [
    is("/discovery_url", "/properties/discoveryUrl"),
    is("/intellectual_property/publisher", "/properties/intellectualPropertyPublisher"),
    is("/location", "/location"),
    is("/managed_resource_group", "/properties/managedResourceGroup/resourceId"),
    is("/mlflow_registry_uri", "/properties/mlFlowRegistryUri"),
    is("/public_network_access", "/properties/publicNetworkAccess"),
];

pub(super) fn registry(registry: &RegistryDetails) -> Value {
    let raw = registry.raw();
    let mut shown = entity::resource(raw, "/tags", &MEMBERS);
    let regions = raw["properties"]["regionDetails"].as_array().map_or(&[][..], Vec::as_slice);
    let shown_regions: Vec<_> = regions.iter().map(region).collect();
    put(&mut shown, "/replication_locations", shown_regions);
    // All regions have the same (observed: azure-ai-ml 1.35).
    if let Some(container_registry) = regions.iter().find_map(|region| container_registry(&region["acrDetails"][0])) {
        put(&mut shown, "/container_registry", container_registry);
    }
    shown
}

fn region(region: &Value) -> Value {
    let mut shown = json!({"location": region["location"]});
    let accounts = region["storageAccountDetails"].as_array().map_or(&[][..], Vec::as_slice);
    let id = |account: &Value, kind: &str| account[kind]["armResourceId"]["resourceId"].clone();
    let created = accounts.first().map(|first| &first["systemCreatedStorageAccount"]).filter(|it| it.is_object());
    if let Some(first) = created {
        let account_type = first["storageAccountType"].as_str().unwrap_or_default().to_lowercase();
        shown["storage_config"] = json!({
            "replication_count": accounts.len(),
            "storage_account_hns": first["storageAccountHnsEnabled"].as_bool().unwrap_or_default(),
            "storage_account_type": account_type,
        });
        let ids = accounts.iter().map(|account| id(account, "systemCreatedStorageAccount"));
        let mut ids: Vec<_> = ids.filter(Value::is_string).collect();
        match ids.len() {
            0 => {}
            1 => shown["storage_config"]["arm_resource_id"] = ids.remove(0),
            _ => shown["storage_config"]["replicated_ids"] = ids.into(),
        }
    } else if !accounts.is_empty() {
        shown["storage_config"] = accounts.iter().map(|account| id(account, "userCreatedStorageAccount")).collect();
    }
    shown
}

fn container_registry(details: &Value) -> Option<Value> {
    if let Some(id) = details["userCreatedAcrAccount"]["armResourceId"]["resourceId"].as_str() {
        return Some(id.into());
    }
    let created = details.get("systemCreatedAcrAccount").filter(|created| created.is_object())?;
    let sku = created["acrAccountSku"].as_str().unwrap_or_default().to_lowercase();
    let mut shown = json!({"acr_account_sku": sku});
    if let Some(id) = created["armResourceId"]["resourceId"].as_str() {
        shown["arm_resource_id"] = id.into();
    }
    Some(shown)
}
