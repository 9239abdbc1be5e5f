//! The description of a cluster.

use std::time::Duration;

use auth_core::Secret;
use serde::Serialize;
use serde_json::{Value, json};

use crate::resources::described;
use crate::resources::duration;
use crate::resources::json::Json;

/// A cluster of machines that Azure ML starts and stops by need, to be created. Its defaults are those of `az ml compute create`.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use workspace_client::resources::compute::AmlCompute;
/// let cluster = AmlCompute::new("Standard_DS3_v2").nodes(0, 4);
/// let cluster = ws.computes().create_or_update("cpu-cluster", &cluster).await?.wait().await?;
/// println!("{} is {:?}", cluster.name(), cluster.provisioning_state());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct AmlCompute(Json);

described!(tracked AmlCompute);

impl AmlCompute {
    /// Up to four nodes of this size, such as `Standard_DS3_v2`, and none without work.
    pub fn new(vm_size: impl Into<String>) -> Self {
        let settings =
            json!({"osType": "Linux", "remoteLoginPortPublicAccess": "NotSpecified", "enableNodePublicIp": true});
        let properties = json!({"computeType": "AmlCompute", "disableLocalAuth": true, "properties": settings});
        let new = Self(Json(json!({"properties": properties}))).setting("vmSize", vm_size.into());
        new.nodes(0, 4).idle_time(Duration::from_secs(120))
    }

    /// In this region instead of the workspace's.
    pub fn location(self, location: impl Into<String>) -> Self {
        self.with("/location", location.into())
    }

    /// With this managed identity, as the API describes one: `{"type": "SystemAssigned"}`.
    pub fn identity(self, identity: Value) -> Self {
        self.with("/identity", identity)
    }

    /// In the network of this subnet, by its resource id.
    pub fn subnet(self, id: impl Into<String>) -> Self {
        self.setting("subnet/id", id.into())
    }

    /// Without addresses in the internet.
    pub fn no_public_ip(self) -> Self {
        self.setting("enableNodePublicIp", false)
    }

    /// Between this many and that many nodes.
    pub fn nodes(self, min: u64, max: u64) -> Self {
        self.setting("scaleSettings/minNodeCount", min).setting("scaleSettings/maxNodeCount", max)
    }

    /// How long a node is kept without work; two minutes unless this says otherwise.
    pub fn idle_time(self, idle_time: Duration) -> Self {
        self.setting("scaleSettings/nodeIdleTimeBeforeScaleDown", duration::write(idle_time))
    }

    /// Machines that are cheaper, and that Azure may take away at any time.
    pub fn low_priority(self) -> Self {
        self.setting("vmPriority", "LowPriority")
    }

    /// Machines that stay, which is what Azure takes unless it is told.
    pub fn dedicated(self) -> Self {
        self.setting("vmPriority", "Dedicated")
    }

    /// Whether the port for SSH is open to the internet. Without this it is where there is no subnet.
    pub fn public_ssh(self, open: bool) -> Self {
        self.setting("remoteLoginPortPublicAccess", if open { "Enabled" } else { "Disabled" })
    }

    /// Who may sign in to the nodes, with this public key.
    pub fn ssh_account(self, username: impl Into<String>, public_key: impl Into<String>) -> Self {
        self.with("/properties/disableLocalAuth", false)
            .setting("userAccountCredentials/adminUserName", username.into())
            .setting("userAccountCredentials/adminUserSshPublicKey", public_key.into())
    }

    /// Who may sign in to the nodes, with this password. A public key is safer.
    pub fn ssh_password(self, username: impl Into<String>, password: &Secret) -> Self {
        self.with("/properties/disableLocalAuth", false)
            .setting("userAccountCredentials/adminUserName", username.into())
            .setting("userAccountCredentials/adminUserPassword", password.expose())
    }

    fn setting(self, path: &str, value: impl Into<Value>) -> Self {
        self.with(&format!("/properties/properties/{path}"), value)
    }
}
