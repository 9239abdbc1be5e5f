//! From a workspace to a registry.

use auth_core::Error;
use serde::Serialize;

use super::{AssetKind, Assets};
use crate::arm::Poller;
use crate::resources::Verb;

/// A kind whose versions can be copied from a workspace to a registry.
pub trait Publishable: AssetKind {}

/// Where a version is copied to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    registry_name: String,
    #[serde(rename = "destinationName")]
    name: String,
    #[serde(rename = "destinationVersion")]
    version: String,
}

impl Destination {
    /// This version of the asset of this name, in this registry.
    pub fn new(registry: impl Into<String>, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { registry_name: registry.into(), name: name.into(), version: version.into() }
    }
}

impl<K: Publishable> Assets<K> {
    /// Copies a version of a workspace to a registry.
    ///
    /// # Errors
    /// As [`Assets::get`].
    pub async fn publish(&self, name: &str, version: &str, to: &Destination) -> Result<Poller<()>, Error> {
        let verb = Verb::post(&[name, "versions", version, "publish"]).body(to)?;
        self.place.begin(verb.without_result()).await
    }
}
