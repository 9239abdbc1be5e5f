//! The description of an online endpoint.

use serde::Serialize;
use serde_json::{Value, json};

use crate::resources::described;
use crate::resources::endpoint::EndpointAuthMode;
use crate::resources::json::Json;

/// An online endpoint, to be created. Its defaults are those of `az ml online-endpoint create`.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use workspace_client::resources::endpoint::EndpointAuthMode;
/// use workspace_client::resources::endpoint::online::NewOnlineEndpoint;
/// let endpoint = NewOnlineEndpoint::new(&EndpointAuthMode::Key);
/// ws.online_endpoints().create_or_update("credit", &endpoint).await?.wait().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewOnlineEndpoint(Json);

described!(tracked NewOnlineEndpoint);

impl NewOnlineEndpoint {
    /// Asked in this way, on managed machines, with an identity of its own.
    pub fn new(mode: &EndpointAuthMode) -> Self {
        let properties = json!({"authMode": mode.as_str(), "properties": {}, "traffic": {}, "mirrorTraffic": {}});
        Self(Json(json!({"properties": properties, "identity": {"type": "SystemAssigned"}, "tags": {}})))
    }

    /// In this region instead of the workspace's.
    pub fn location(self, location: impl Into<String>) -> Self {
        self.with("/location", location.into())
    }

    /// With this managed identity, as the API describes one: `{"type": "SystemAssigned"}`.
    pub fn identity(self, identity: Value) -> Self {
        self.with("/identity", identity)
    }

    /// On this Kubernetes cluster, by its resource id.
    pub fn compute(self, id: impl Into<String>) -> Self {
        self.with("/properties/compute", id.into())
    }

    /// Whether it answers in the internet.
    pub fn public_network_access(self, enabled: bool) -> Self {
        self.with("/properties/publicNetworkAccess", if enabled { "Enabled" } else { "Disabled" })
    }
}
