//! What Azure says about a workspace.

use std::fmt;
use std::ops::Deref;

use auth_core::Error;
use serde_json::Value;

use super::Workspace;
use crate::resources::open_enum::open_enum;
use crate::resources::{ProvisioningState, Resource, kind};

kind! {
    /// The kind of a workspace, which is a resource itself.
    pub(super) tracked WorkspaceKind: "workspace" in "workspaces" at "2025-12-01"
}

/// A workspace as Azure describes it. Whatever can be asked of a [`Workspace`] can be asked of it, too.
#[derive(Clone)]
pub struct WorkspaceDetails {
    workspace: Workspace,
    resource: Resource<WorkspaceKind>,
}

open_enum! {
    /// Whether a workspace can be reached from the public internet.
    PublicNetworkAccess {
        Disabled = "Disabled",
        Enabled = "Enabled",
    }
}

impl WorkspaceDetails {
    pub(super) fn new(workspace: Workspace, raw: Value) -> Result<Self, Error> {
        Ok(Self::of(workspace, Resource::new(raw)?))
    }

    pub(super) fn of(workspace: Workspace, resource: Resource<WorkspaceKind>) -> Self {
        Self { workspace, resource }
    }

    /// The workspace by name, with the sign-in that found it.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// The resource id, as Azure spells it.
    pub fn id(&self) -> &str {
        self.resource.id()
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.resource.name()
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
        self.resource.location().unwrap_or_default()
    }

    /// `Default`, `Hub`, `Project` or `FeatureStore`.
    pub fn kind(&self) -> Option<&str> {
        self.text("/kind")
    }

    /// The tags; a tag without a value has an empty one.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.resource.tags()
    }

    /// The name of the SKU.
    pub fn sku(&self) -> Option<&str> {
        self.resource.sku()
    }

    /// The kind of managed identity, such as `SystemAssigned`.
    pub fn identity_type(&self) -> Option<&str> {
        self.resource.identity_type()
    }

    /// The object id of the system-assigned identity.
    pub fn principal_id(&self) -> Option<&str> {
        self.resource.principal_id()
    }

    /// The name that people see.
    pub fn friendly_name(&self) -> Option<&str> {
        self.text("/properties/friendlyName")
    }

    /// The description.
    pub fn description(&self) -> Option<&str> {
        self.text("/properties/description")
    }

    /// Where the addresses of the workspace's data plane are listed.
    pub fn discovery_url(&self) -> Option<&str> {
        self.text("/properties/discoveryUrl")
    }

    /// The tracking URI, for MLflow.
    pub fn mlflow_tracking_uri(&self) -> Option<&str> {
        self.text("/properties/mlFlowTrackingUri")
    }

    /// The id of the storage account.
    pub fn storage_account(&self) -> Option<&str> {
        self.text("/properties/storageAccount")
    }

    /// The id of the key vault.
    pub fn key_vault(&self) -> Option<&str> {
        self.text("/properties/keyVault")
    }

    /// The id of the Application Insights component.
    pub fn application_insights(&self) -> Option<&str> {
        self.text("/properties/applicationInsights")
    }

    /// The id of the container registry; a workspace without custom images has none yet.
    pub fn container_registry(&self) -> Option<&str> {
        self.text("/properties/containerRegistry")
    }

    /// How far the last change has come.
    pub fn provisioning_state(&self) -> Option<ProvisioningState> {
        self.resource.provisioning_state()
    }

    /// Whether the workspace can be reached from the public internet.
    pub fn public_network_access(&self) -> Option<PublicNetworkAccess> {
        self.resource.json().one_of("/properties/publicNetworkAccess")
    }

    /// The immutable id of the workspace, a GUID.
    pub fn workspace_id(&self) -> Option<&str> {
        self.text("/properties/workspaceId")
    }

    /// The tenant of the subscription.
    pub fn tenant_id(&self) -> Option<&str> {
        self.text("/properties/tenantId")
    }

    /// Whether the workspace holds data of high business impact, about which Microsoft then collects less.
    pub fn hbi_workspace(&self) -> Option<bool> {
        self.resource.json().boolean("/properties/hbiWorkspace")
    }

    /// The compute that builds images.
    pub fn image_build_compute(&self) -> Option<&str> {
        self.text("/properties/imageBuildCompute")
    }

    /// The id of the hub that a project belongs to.
    pub fn hub_id(&self) -> Option<&str> {
        self.text("/properties/hubResourceId")
    }

    /// Everything that Azure said.
    pub fn raw(&self) -> &Value {
        self.resource.raw()
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.resource.json().text(path)
    }
}

impl Deref for WorkspaceDetails {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.workspace
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
