//! The description of a batch endpoint.

use serde::Serialize;
use serde_json::{Value, json};

use crate::resources::json::{Json, escaped};

/// A batch endpoint, to be created. Its defaults are those of `az ml batch-endpoint create`: it is asked with a token of Entra ID.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewBatchEndpoint(Json);

impl NewBatchEndpoint {
    /// This deployment answers where none is named.
    pub fn default_deployment(self, name: impl Into<String>) -> Self {
        self.with("/properties/defaults/deploymentName", name.into())
    }

    /// In this region instead of the workspace's.
    pub fn location(self, location: impl Into<String>) -> Self {
        self.with("/location", location.into())
    }

    /// What it is for.
    pub fn description(self, description: impl Into<String>) -> Self {
        self.with("/properties/description", description.into())
    }

    /// Adds a tag.
    pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
        self.with(&format!("/tags/{}", escaped(name)), value.into())
    }

    fn with(self, path: &str, value: impl Into<Value>) -> Self {
        Self(self.0.with(path, value))
    }
}

impl Default for NewBatchEndpoint {
    fn default() -> Self {
        Self(Json(json!({"properties": {"authMode": "AADToken", "properties": {}}, "tags": {}})))
    }
}
