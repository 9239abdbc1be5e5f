//! The description of a batch endpoint.

use serde::Serialize;
use serde_json::json;

use crate::resources::described;
use crate::resources::json::Json;

/// A batch endpoint, to be created. Its defaults are those of `az ml batch-endpoint create`: it is asked with a token of Entra ID.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewBatchEndpoint(Json);

described!(tracked NewBatchEndpoint);

impl NewBatchEndpoint {
    /// This deployment answers where none is named.
    pub fn default_deployment(self, name: impl Into<String>) -> Self {
        self.with("/properties/defaults/deploymentName", name.into())
    }

    /// In this region instead of the workspace's.
    pub fn location(self, location: impl Into<String>) -> Self {
        self.with("/location", location.into())
    }
}

impl Default for NewBatchEndpoint {
    fn default() -> Self {
        Self(Json(json!({"properties": {"authMode": "AADToken", "properties": {}}, "tags": {}})))
    }
}
