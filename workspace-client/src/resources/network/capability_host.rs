//! Capability hosts: what agents of a workspace keep their things in.

use serde_json::Value;

use crate::Workspace;
use crate::resources::{Collection, LongRunning, Resource, kind};

kind! {
    /// The kind of [`CapabilityHost`].
    pub CapabilityHostKind: "capability host" in "capabilityHosts" at "2025-12-01"
}

impl LongRunning for CapabilityHostKind {}

/// A capability host.
pub type CapabilityHost = Resource<CapabilityHostKind>;
/// The capability hosts of a workspace. The API does not list them.
pub type CapabilityHosts = Collection<CapabilityHostKind>;

impl Workspace {
    /// The capability hosts of the workspace.
    pub fn capability_hosts(&self) -> CapabilityHosts {
        CapabilityHosts::of(self)
    }
}

impl CapabilityHost {
    /// What it hosts, such as `Agents`.
    pub fn hosts(&self) -> Option<&str> {
        self.json().text("/properties/capabilityHostKind")
    }

    /// The subnet that it uses.
    pub fn customer_subnet(&self) -> Option<&str> {
        self.json().text("/properties/customerSubnet")
    }

    /// The connections to where files lie.
    pub fn storage_connections(&self) -> impl Iterator<Item = &str> {
        self.json().items("/properties/storageConnections").filter_map(Value::as_str)
    }

    /// The connections to where conversations lie.
    pub fn thread_storage_connections(&self) -> impl Iterator<Item = &str> {
        self.json().items("/properties/threadStorageConnections").filter_map(Value::as_str)
    }

    /// The connections to where vectors lie.
    pub fn vector_store_connections(&self) -> impl Iterator<Item = &str> {
        self.json().items("/properties/vectorStoreConnections").filter_map(Value::as_str)
    }
}
