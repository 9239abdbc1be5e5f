//! What the world says is there before anybody makes something.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::state::State as Memory;
use super::super::world::{Storage, Workspace};
use super::store::{Store, underlay};
use super::{datastores, workspaces};

/// The workspaces of the world as they were put into the store.
#[derive(Debug, Default)]
pub(super) struct Seeds(BTreeMap<String, (Workspace, Storage)>);

impl Memory {
    /// Puts what is new or different in the world into the store, and takes away what is gone.
    pub(super) fn seed(&mut self) {
        let storage = self.world.storage.clone();
        let wanted = self.world.workspaces.iter();
        let wanted: BTreeMap<_, _> =
            wanted.map(|it| (workspaces::id(it).to_lowercase(), (it.clone(), storage.clone()))).collect();
        let seeds = std::mem::take(&mut self.store.seeds.0);
        for key in seeds.keys().filter(|key| !wanted.contains_key(*key)) {
            self.store.remove(key);
        }
        for (key, (workspace, storage)) in wanted.iter().filter(|(key, seed)| seeds.get(*key) != Some(seed)) {
            let tenant = self.world.subscription(&workspace.subscription_id).map(|it| it.tenant_id.clone());
            let described = workspaces::from_world(workspace, &tenant.unwrap_or_default());
            self.store.furnish(&described, storage);
            self.store.resources.insert(key.clone(), described);
        }
        self.store.seeds.0 = wanted;
    }
}

impl Store {
    /// Puts into a workspace what Azure makes with it: the datastores, and beside it the resources that it depends on.
    pub(super) fn furnish(&mut self, workspace: &Value, storage: &Storage) {
        let id = workspace["id"].as_str().unwrap_or_default();
        for datastore in datastores::defaults(workspace, storage) {
            self.resources.insert(datastore["id"].as_str().unwrap_or_default().to_lowercase(), datastore);
        }
        for member in ["storageAccount", "keyVault", "applicationInsights"] {
            let Some(dependent) = workspace["properties"][member].as_str() else { continue };
            let resource = self.resources.entry(dependent.to_lowercase()).or_insert_with(|| json!({}));
            underlay(resource, dependency(dependent, &workspace["location"]));
        }
        tracing::debug!(id, "a workspace is there");
    }
}

/// A resource of another provider, as far as anybody here looks at it.
fn dependency(id: &str, location: &Value) -> Value {
    let segments: Vec<_> = id.split('/').collect();
    let name = segments.last().copied().unwrap_or_default();
    let full_type = segments.get(6..8).map(|both| both.join("/")).unwrap_or_default();
    let mut resource = json!({"id": id, "name": name, "type": full_type, "location": location, "properties": {"provisioningState": "Succeeded"}});
    if full_type.eq_ignore_ascii_case("Microsoft.KeyVault/vaults") {
        resource["properties"]["vaultUri"] = format!("https://{}.vault.azure.net/", name.to_lowercase()).into();
    }
    resource
}
