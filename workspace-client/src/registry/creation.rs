//! What a registry should be.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::PublicNetworkAccess;
use crate::resources::{Json, escaped};

/// A registry that is to be created, in its own region and those that are added. Azure creates the storage accounts and the
/// container registry that it needs, unless others are given.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// use workspace_client::registry::{NewRegistry, Registry, RegistryRegion};
/// let new = NewRegistry::new("westeurope").region(RegistryRegion::new("northeurope")).tag("team", "forecasting");
/// let registry = Registry::new("my-subscription-id", "my-ml-rg", "my-registry");
/// println!("{:?}", registry.create_or_update(&new).await?.wait().await?.regions().collect::<Vec<_>>());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct NewRegistry {
    body: Json,
    regions: Vec<RegistryRegion>,
    container_registry: Value,
}

/// A region that a registry is to be in.
#[derive(Clone, Debug)]
pub struct RegistryRegion {
    location: String,
    storage: Vec<Value>,
}

impl NewRegistry {
    /// A registry in this region, with a system-assigned identity.
    pub fn new(location: impl Into<String>) -> Self {
        let location = location.into();
        let body = json!({"location": location, "identity": {"type": "SystemAssigned"}, "tags": {}, "properties": {}});
        Self {
            body: Json(body),
            regions: vec![RegistryRegion::new(location)],
            container_registry: json!({"systemCreatedAcrAccount": {"acrAccountSku": "Premium"}}),
        }
    }

    /// Adds a region, or says how its own one is to be.
    #[must_use]
    pub fn region(mut self, region: RegistryRegion) -> Self {
        match self.regions.iter_mut().find(|known| known.location == region.location) {
            Some(known) => *known = region,
            None => self.regions.push(region),
        }
        self
    }

    /// The id of a container registry that is there.
    #[must_use]
    pub fn container_registry(self, id: impl Into<String>) -> Self {
        Self { container_registry: json!({"userCreatedAcrAccount": given(id)}), ..self }
    }

    /// Whether it can be reached from the public internet.
    #[must_use]
    pub fn public_network_access(self, access: &PublicNetworkAccess) -> Self {
        self.with("/properties/publicNetworkAccess", access.as_str())
    }

    /// Who publishes what is in it, as intellectual property.
    #[must_use]
    pub fn publisher(self, name: impl Into<String>) -> Self {
        self.with("/properties/intellectualPropertyPublisher", name.into())
    }

    /// Adds a tag, also to the resource group that Azure keeps for the registry (observed: azure-ai-ml 1.35).
    #[must_use]
    pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
        let (name, value) = (escaped(name), value.into());
        let tagged = self.with(&format!("/properties/managedResourceGroupTags/{name}"), value.clone());
        tagged.with(&format!("/tags/{name}"), value)
    }

    /// Any other member (RFC 6901), as the API takes it.
    #[must_use]
    pub fn with(self, member: &str, value: impl Into<Value>) -> Self {
        Self { body: self.body.with(member, value), ..self }
    }
}

impl RegistryRegion {
    /// This region, with a storage account of the cheapest kind (observed: azure-ai-ml 1.35).
    pub fn new(location: impl Into<String>) -> Self {
        Self { location: location.into(), storage: Vec::new() }.storage("standard_lrs", false, 1)
    }

    /// So many storage accounts of this type, such as `premium_zrs`, with a hierarchical namespace or without one.
    #[must_use]
    pub fn storage(self, account_type: &str, hierarchical_namespace: bool, count: u8) -> Self {
        let account = json!({"storageAccountHnsEnabled": hierarchical_namespace, "storageAccountType": account_type});
        Self { storage: vec![json!({"systemCreatedStorageAccount": account}); count.into()], ..self }
    }

    /// The ids of storage accounts that are there.
    #[must_use]
    pub fn storage_accounts<I: Into<String>>(self, ids: impl IntoIterator<Item = I>) -> Self {
        let given = ids.into_iter().map(|id| json!({"userCreatedStorageAccount": given(id)}));
        Self { storage: given.collect(), ..self }
    }
}

impl Serialize for NewRegistry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let region = |region: &RegistryRegion| {
            json!({
                "location": region.location,
                "acrDetails": [self.container_registry],
                "storageAccountDetails": region.storage,
            })
        };
        let regions: Vec<_> = self.regions.iter().map(region).collect();
        self.body.clone().with("/properties/regionDetails", regions).serialize(serializer)
    }
}

fn given(id: impl Into<String>) -> Value {
    json!({"armResourceId": {"resourceId": id.into()}})
}
