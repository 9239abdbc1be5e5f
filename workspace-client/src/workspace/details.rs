//! What Azure says about a workspace.

use std::collections::BTreeMap;
use std::fmt;

use auth_core::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Workspace;
use crate::arm::unreadable;

/// A workspace as Azure describes it.
#[derive(Clone)]
pub struct WorkspaceDetails {
    workspace: Workspace,
    wire: Wire,
    raw: Value,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: String,
    name: String,
    location: Option<String>,
    kind: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    tags: BTreeMap<String, Option<String>>,
    sku: Option<Sku>,
    identity: Option<Identity>,
    #[serde(default, deserialize_with = "or_default")]
    properties: Properties,
}

#[derive(Clone, Deserialize)]
struct Sku {
    name: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    #[serde(rename = "type")]
    kind: Option<String>,
    principal_id: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    friendly_name: Option<String>,
    description: Option<String>,
    discovery_url: Option<String>,
    ml_flow_tracking_uri: Option<String>,
    storage_account: Option<String>,
    key_vault: Option<String>,
    application_insights: Option<String>,
    container_registry: Option<String>,
    provisioning_state: Option<String>,
    public_network_access: Option<String>,
    workspace_id: Option<String>,
    tenant_id: Option<String>,
    hbi_workspace: Option<bool>,
    image_build_compute: Option<String>,
    hub_resource_id: Option<String>,
}

/// How far a workspace's creation or change has come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProvisioningState {
    /// Canceled.
    Canceled,
    /// Being created.
    Creating,
    /// Being deleted.
    Deleting,
    /// Failed.
    Failed,
    /// Done.
    Succeeded,
    /// Being changed.
    Updating,
    /// A state that is not known here, as Azure wrote it.
    Unknown(String),
}

/// Whether a workspace can be reached from the public internet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicNetworkAccess {
    /// Only through private endpoints.
    Disabled,
    /// From everywhere.
    Enabled,
    /// A value that is not known here, as Azure wrote it.
    Unknown(String),
}

impl WorkspaceDetails {
    pub(super) fn new(workspace: Workspace, raw: Value) -> Result<Self, Error> {
        let wire = Wire::deserialize(&raw).map_err(|error| unreadable("it is not a workspace").with_source(error))?;
        Ok(Self { workspace, wire, raw })
    }

    /// The workspace by name, with the sign-in that found it.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// The resource id, as Azure spells it.
    pub fn id(&self) -> &str {
        &self.wire.id
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.wire.name
    }

    /// The resource group's name.
    pub fn resource_group(&self) -> &str {
        self.workspace.resource_group()
    }

    /// The subscription's id.
    pub fn subscription(&self) -> &str {
        self.workspace.subscription()
    }

    /// The region, such as `westeurope`; empty if Azure does not say.
    pub fn location(&self) -> &str {
        self.wire.location.as_deref().unwrap_or_default()
    }

    /// `Default`, `Hub`, `Project` or `FeatureStore`.
    pub fn kind(&self) -> Option<&str> {
        self.wire.kind.as_deref()
    }

    /// The tags; a tag without a value has an empty one.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.wire.tags.iter().map(|(name, value)| (name.as_str(), value.as_deref().unwrap_or_default()))
    }

    /// The name of the SKU.
    pub fn sku(&self) -> Option<&str> {
        self.wire.sku.as_ref()?.name.as_deref()
    }

    /// The kind of managed identity, such as `SystemAssigned`.
    pub fn identity_type(&self) -> Option<&str> {
        self.wire.identity.as_ref()?.kind.as_deref()
    }

    /// The object id of the system-assigned identity.
    pub fn principal_id(&self) -> Option<&str> {
        self.wire.identity.as_ref()?.principal_id.as_deref()
    }

    /// The name that people see.
    pub fn friendly_name(&self) -> Option<&str> {
        self.wire.properties.friendly_name.as_deref()
    }

    /// The description.
    pub fn description(&self) -> Option<&str> {
        self.wire.properties.description.as_deref()
    }

    /// Where the addresses of the workspace's data plane are listed.
    pub fn discovery_url(&self) -> Option<&str> {
        self.wire.properties.discovery_url.as_deref()
    }

    /// The tracking URI, for `MLflow`.
    pub fn mlflow_tracking_uri(&self) -> Option<&str> {
        self.wire.properties.ml_flow_tracking_uri.as_deref()
    }

    /// The id of the storage account.
    pub fn storage_account(&self) -> Option<&str> {
        self.wire.properties.storage_account.as_deref()
    }

    /// The id of the key vault.
    pub fn key_vault(&self) -> Option<&str> {
        self.wire.properties.key_vault.as_deref()
    }

    /// The id of the Application Insights component.
    pub fn application_insights(&self) -> Option<&str> {
        self.wire.properties.application_insights.as_deref()
    }

    /// The id of the container registry; a workspace without custom images has none yet.
    pub fn container_registry(&self) -> Option<&str> {
        self.wire.properties.container_registry.as_deref()
    }

    /// How far the last change has come.
    pub fn provisioning_state(&self) -> Option<ProvisioningState> {
        self.wire.properties.provisioning_state.as_deref().map(ProvisioningState::from)
    }

    /// Whether the workspace can be reached from the public internet.
    pub fn public_network_access(&self) -> Option<PublicNetworkAccess> {
        self.wire.properties.public_network_access.as_deref().map(PublicNetworkAccess::from)
    }

    /// The immutable id of the workspace, a GUID.
    pub fn workspace_id(&self) -> Option<&str> {
        self.wire.properties.workspace_id.as_deref()
    }

    /// The tenant of the subscription.
    pub fn tenant_id(&self) -> Option<&str> {
        self.wire.properties.tenant_id.as_deref()
    }

    /// Whether the workspace holds data of high business impact, about which Microsoft then collects less.
    pub fn hbi_workspace(&self) -> Option<bool> {
        self.wire.properties.hbi_workspace
    }

    /// The compute that builds images.
    pub fn image_build_compute(&self) -> Option<&str> {
        self.wire.properties.image_build_compute.as_deref()
    }

    /// The id of the hub that a project belongs to.
    pub fn hub_id(&self) -> Option<&str> {
        self.wire.properties.hub_resource_id.as_deref()
    }

    /// Everything that Azure said.
    pub fn raw(&self) -> &Value {
        &self.raw
    }
}

impl fmt::Debug for WorkspaceDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkspaceDetails")
            .field("id", &self.id())
            .field("location", &self.location())
            .finish_non_exhaustive()
    }
}

impl From<&str> for ProvisioningState {
    fn from(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "canceled" => Self::Canceled,
            "creating" => Self::Creating,
            "deleting" => Self::Deleting,
            "failed" => Self::Failed,
            "succeeded" => Self::Succeeded,
            "updating" => Self::Updating,
            _ => Self::Unknown(text.to_owned()),
        }
    }
}

impl fmt::Display for ProvisioningState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Canceled => "Canceled",
            Self::Creating => "Creating",
            Self::Deleting => "Deleting",
            Self::Failed => "Failed",
            Self::Succeeded => "Succeeded",
            Self::Updating => "Updating",
            Self::Unknown(text) => text,
        })
    }
}

impl From<&str> for PublicNetworkAccess {
    fn from(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "disabled" => Self::Disabled,
            "enabled" => Self::Enabled,
            _ => Self::Unknown(text.to_owned()),
        }
    }
}

impl fmt::Display for PublicNetworkAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "Disabled",
            Self::Enabled => "Enabled",
            Self::Unknown(text) => text,
        })
    }
}

/// A member that is null counts as one that is missing.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
