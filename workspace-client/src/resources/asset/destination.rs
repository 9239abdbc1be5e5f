//! Where a version is published.

use serde::Serialize;

/// The place in a registry that a version is copied to.
#[derive(Clone, Debug, Serialize)]
pub struct Destination {
    #[serde(rename = "destinationName", skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "destinationVersion", skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(rename = "registryName")]
    registry: String,
}

impl Destination {
    /// This registry, by name.
    pub fn registry(name: impl Into<String>) -> Self {
        Self { name: None, version: None, registry: name.into() }
    }

    /// Under this name there.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// As this version there.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        Self { version: Some(version.into()), ..self }
    }
}
