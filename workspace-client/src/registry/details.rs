//! What Azure says about a registry.

use auth_core::Error;
use serde_json::Value;

use crate::PublicNetworkAccess;
use crate::arm::{ArmClient, unreadable};
use crate::resources::{Kind as _, Resource, kind};
use crate::top_level::Listed;

kind! {
    /// The kind of a registry, which is a resource itself.
    pub tracked RegistryKind: "registry" in "registries" at "2025-12-01"
}

/// A registry as Azure describes it.
pub type RegistryDetails = Resource<RegistryKind>;

impl RegistryDetails {
    /// The regions that it is in.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.json().items("/properties/regionDetails").filter_map(|region| region["location"].as_str())
    }

    /// Whether it can be reached from the public internet.
    pub fn public_network_access(&self) -> Option<PublicNetworkAccess> {
        self.json().one_of("/properties/publicNetworkAccess")
    }

    /// Where the addresses of its services are listed.
    pub fn discovery_url(&self) -> Option<&str> {
        self.json().text("/properties/discoveryUrl")
    }

    /// The URI of its models, for MLflow.
    pub fn mlflow_uri(&self) -> Option<&str> {
        self.json().text("/properties/mlFlowRegistryUri")
    }

    /// The id of the resource group that Azure keeps for it.
    pub fn managed_resource_group(&self) -> Option<&str> {
        self.json().text("/properties/managedResourceGroup/resourceId")
    }

    /// Who publishes what is in it, where that is intellectual property.
    pub fn publisher(&self) -> Option<&str> {
        self.json().text("/properties/intellectualPropertyPublisher")
    }
}

impl Listed for RegistryDetails {
    const SEGMENT: &'static str = RegistryKind::SEGMENT;
    const API_VERSION: &'static str = RegistryKind::API_VERSION;

    fn listed(raw: Value, _: &ArmClient, _: &str) -> Result<Self, Error> {
        Self::new(raw).map_err(|error| unreadable("a registry of the list").with_source(error))
    }
}
