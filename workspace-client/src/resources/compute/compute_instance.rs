//! The description of a compute instance.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::resources::described;
use crate::resources::duration;
use crate::resources::json::Json;

/// A machine for one person, to be created. Its defaults are those of `az ml compute create`.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use std::time::Duration;
/// use workspace_client::resources::compute::ComputeInstance;
/// let instance = ComputeInstance::new("Standard_DS3_v2").idle_time(Duration::from_secs(3600));
/// ws.computes().create_or_update("ada-ci", &instance).await?.wait().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct ComputeInstance(Json);

described!(tracked ComputeInstance);

impl ComputeInstance {
    /// A machine of this size, such as `Standard_DS3_v2`.
    pub fn new(vm_size: impl Into<String>) -> Self {
        let settings = json!({
            "applicationSharingPolicy": "Shared",
            "computeInstanceAuthorizationType": "personal",
            "enableNodePublicIp": true,
            "enableSSO": true,
        });
        let properties = json!({"computeType": "ComputeInstance", "disableLocalAuth": true, "properties": settings});
        Self(Json(json!({"properties": properties}))).setting("vmSize", vm_size.into())
    }

    /// In this region instead of the workspace's, as the API has it; Azure may refuse others.
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

    /// Without an address in the internet.
    pub fn no_public_ip(self) -> Self {
        self.setting("enableNodePublicIp", false)
    }

    /// For this person, by object id and tenant id, instead of whoever creates it.
    pub fn assigned_user(self, object_id: impl Into<String>, tenant_id: impl Into<String>) -> Self {
        self.setting("personalComputeInstanceSettings/assignedUser/objectId", object_id.into())
            .setting("personalComputeInstanceSettings/assignedUser/tenantId", tenant_id.into())
    }

    /// Stops it when nobody has used it for this long.
    pub fn idle_time(self, idle_time: Duration) -> Self {
        self.setting("idleTimeBeforeShutdown", duration::write(idle_time))
    }

    /// Without single sign-on, so that its applications ask who somebody is.
    pub fn no_sso(self) -> Self {
        self.setting("enableSSO", false)
    }

    /// Whether the port for SSH is open to the internet.
    pub fn public_ssh(self, open: bool) -> Self {
        self.with("/properties/disableLocalAuth", !open)
            .setting("sshSettings/sshPublicAccess", if open { "Enabled" } else { "Disabled" })
    }

    /// Opens the port for SSH to whoever has the private key of this public one.
    pub fn ssh_key(self, public_key: impl Into<String>) -> Self {
        self.public_ssh(true).setting("sshSettings/adminPublicKey", public_key.into())
    }

    fn setting(self, path: &str, value: impl Into<Value>) -> Self {
        self.with(&format!("/properties/properties/{path}"), value)
    }
}
