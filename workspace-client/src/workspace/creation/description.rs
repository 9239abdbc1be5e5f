//! What a workspace should be.

use serde_json::{Value, json};

use crate::resources::{Json, escaped};
use crate::workspace::PublicNetworkAccess;

/// The runtime of Spark of a feature store (observed: azure-ai-ml 1.35).
const SPARK_RUNTIME: &str = "3.4.0";

/// A workspace that is to be created, with a system-assigned identity unless another one is chosen.
///
/// What it depends on is created with it, unless it is given: a storage account, a key vault, and Application Insights with its
/// Log Analytics. A project uses that of its hub. A container registry is made by Azure when the first image is built.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// use workspace_client::{NewWorkspace, Workspace};
/// let new = NewWorkspace::new().location("westeurope").tag("team", "forecasting").create_resource_group().exist_ok();
/// let ws = Workspace::new("my-subscription-id", "my-ml-rg", "my-ml-workspace").create(&new).await?.wait().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct NewWorkspace {
    pub(super) body: Json,
    pub(super) creates_group: bool,
    pub(super) may_exist: bool,
    pub(super) is_project: bool,
}

impl NewWorkspace {
    /// A workspace of the usual kind.
    pub fn new() -> Self {
        Self::of_kind("Default")
    }

    /// A hub, whose projects share what it depends on.
    pub fn hub() -> Self {
        Self::of_kind("Hub")
    }

    /// A project of the hub with this resource id.
    pub fn project(hub_id: impl Into<String>) -> Self {
        let project = Self { is_project: true, ..Self::of_kind("Project") };
        project.with("/properties/hubResourceId", hub_id.into())
    }

    /// A feature store. Its stores and its identity for materialization are left to be set up.
    pub fn feature_store() -> Self {
        let settings = json!({"computeRuntime": {"sparkRuntimeVersion": SPARK_RUNTIME}});
        Self::of_kind("FeatureStore").with("/properties/featureStoreSettings", settings)
    }

    /// The region; that of the resource group unless it is said.
    #[must_use]
    pub fn location(self, region: impl Into<String>) -> Self {
        self.with("/location", region.into())
    }

    /// The name that people see; that of the workspace unless it is said.
    #[must_use]
    pub fn friendly_name(self, name: impl Into<String>) -> Self {
        self.with("/properties/friendlyName", name.into())
    }

    /// What it is for.
    #[must_use]
    pub fn description(self, text: impl Into<String>) -> Self {
        self.with("/properties/description", text.into())
    }

    /// Adds a tag, also to what is created with it.
    #[must_use]
    pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
        self.with(&format!("/tags/{}", escaped(name)), value.into())
    }

    /// The id of a storage account that is there.
    #[must_use]
    pub fn storage_account(self, id: impl Into<String>) -> Self {
        self.with("/properties/storageAccount", id.into())
    }

    /// The id of a key vault that is there.
    #[must_use]
    pub fn key_vault(self, id: impl Into<String>) -> Self {
        self.with("/properties/keyVault", id.into())
    }

    /// The id of an Application Insights component that is there.
    #[must_use]
    pub fn application_insights(self, id: impl Into<String>) -> Self {
        self.with("/properties/applicationInsights", id.into())
    }

    /// The id of a container registry that is there.
    #[must_use]
    pub fn container_registry(self, id: impl Into<String>) -> Self {
        self.with("/properties/containerRegistry", id.into())
    }

    /// Data of high business impact, about which Microsoft then collects less.
    #[must_use]
    pub fn hbi_workspace(self) -> Self {
        self.with("/properties/hbiWorkspace", true)
    }

    /// The compute that builds images.
    #[must_use]
    pub fn image_build_compute(self, name: impl Into<String>) -> Self {
        self.with("/properties/imageBuildCompute", name.into())
    }

    /// Whether it can be reached from the public internet.
    #[must_use]
    pub fn public_network_access(self, access: &PublicNetworkAccess) -> Self {
        self.with("/properties/publicNetworkAccess", access.as_str())
    }

    /// The ids of user-assigned identities, the first of which it acts with.
    #[must_use]
    pub fn user_assigned_identities<I: Into<String>>(self, ids: impl IntoIterator<Item = I>) -> Self {
        let ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        let Some(first) = ids.first().cloned() else { return self };
        let assigned: Value = ids.into_iter().map(|id| (id, json!({}))).collect();
        self.with("/identity", json!({"type": "UserAssigned", "userAssignedIdentities": assigned}))
            .with("/properties/primaryUserAssignedIdentity", first)
    }

    /// Keys of one's own encrypt the data: the id of a key vault, and the URI of a key in it.
    #[must_use]
    pub fn customer_managed_key(self, key_vault: impl Into<String>, key_uri: impl Into<String>) -> Self {
        let key = json!({"keyVaultArmId": key_vault.into(), "keyIdentifier": key_uri.into()});
        self.with("/properties/encryption", json!({"status": "Enabled", "keyVaultProperties": key}))
    }

    /// Any other member (RFC 6901), as the API takes it: `"/properties/managedNetwork/isolationMode"`.
    #[must_use]
    pub fn with(self, member: &str, value: impl Into<Value>) -> Self {
        Self { body: self.body.with(member, value), ..self }
    }

    /// Creates the resource group, too, if it is not there.
    #[must_use]
    pub fn create_resource_group(self) -> Self {
        Self { creates_group: true, ..self }
    }

    /// A workspace that is there already is no error, and stays as it is.
    #[must_use]
    pub fn exist_ok(self) -> Self {
        Self { may_exist: true, ..self }
    }

    fn of_kind(kind: &str) -> Self {
        let body = json!({"kind": kind, "identity": {"type": "SystemAssigned"}, "tags": {}, "properties": {}});
        Self { body: Json(body), creates_group: false, may_exist: false, is_project: false }
    }

    /// The text of a member that was set.
    pub(super) fn text(&self, member: &str) -> Option<&str> {
        self.body.text(member)
    }
}

impl Default for NewWorkspace {
    fn default() -> Self {
        Self::new()
    }
}
