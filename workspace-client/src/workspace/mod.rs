//! Workspaces.

mod creation;
mod details;
mod diagnosis;
mod discovery;
mod keys;
mod list;
mod management;
mod network;
mod to_map;
mod vault;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use auth_core::{Authentication, Error};
use tokio::sync::OnceCell;

use crate::arm::{ArmClient, ResourceId, Service};
use crate::config;
use crate::resources::Kind as _;
use crate::top_level::{self, SharedClient};
use details::WorkspaceKind;

pub use creation::{Creation, NewWorkspace};
pub use details::{PublicNetworkAccess, WorkspaceDetails};
pub use diagnosis::{Diagnosis, Finding, FindingLevel};
pub use keys::{NotebookKeys, NotebookToken, RegistryCredentials, RegistryPassword, WorkspaceKeys};
pub use list::WorkspaceList;
pub use management::Deletion;
pub use network::{NetworkStatus, NotebookInfo, OutboundDependency};
pub use vault::{Vault, VaultSecret};

/// An Azure ML workspace, by name: nothing is asked before [`Workspace::get`].
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// use workspace_client::Workspace;
/// let ws = Workspace::from_config()?.get().await?;
/// println!("Found workspace {} at location {}", ws.name(), ws.location());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Workspace {
    subscription: String,
    resource_group: String,
    name: String,
    client: SharedClient,
    region: Arc<OnceCell<Service>>,
    mlflow: Arc<OnceCell<Service>>,
    api_version: String,
}

impl Workspace {
    /// The workspace of this name, in this resource group of the subscription with this id. The three are checked when they
    /// are first used.
    pub fn new(subscription: impl Into<String>, resource_group: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            subscription: subscription.into(),
            resource_group: resource_group.into(),
            name: name.into(),
            client: SharedClient::default(),
            region: Arc::default(),
            mlflow: Arc::default(),
            api_version: WorkspaceKind::API_VERSION.to_owned(),
        }
    }

    /// The workspace that the current folder belongs to; see [`Workspace::from_config_at`].
    ///
    /// # Errors
    /// As [`Workspace::from_config_at`].
    pub fn from_config() -> Result<Self, Error> {
        Self::from_config_at(".")
    }

    /// The workspace that a file names, or the file that is found from a folder upwards, by the Python SDK's rules:
    /// `.azureml/config.json`, `.azureml/project.json`, the same in `aml_config`, and at last without a folder.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](auth_core::ErrorKind::Unavailable) if there is no such file,
    /// [`ErrorKind::Configuration`](auth_core::ErrorKind::Configuration) naming the file if it does not name a workspace.
    pub fn from_config_at(path: impl AsRef<Path>) -> Result<Self, Error> {
        let config = config::read(&config::find(path.as_ref())?)?;
        Ok(Self::new(config.subscription, config.resource_group, config.name))
    }

    /// The workspaces of a subscription.
    pub fn list(subscription: impl Into<String>) -> WorkspaceList {
        WorkspaceList::new(subscription.into())
    }

    /// Signs in with `auth`. Without it the default way in is taken, which asks a person where nothing else is there.
    pub fn auth(self, auth: impl Authentication + 'static) -> Self {
        self.shared_auth(Arc::new(auth))
    }

    /// The same as [`Workspace::auth`], for one that is shared.
    pub fn shared_auth(self, auth: Arc<dyn Authentication>) -> Self {
        self.client(ArmClient::new(auth))
    }

    /// Goes through `client`, which can be told more, such as a tenant.
    pub fn client(mut self, client: ArmClient) -> Self {
        self.client = client.into();
        self.region = Arc::default();
        self.mlflow = Arc::default();
        self
    }

    /// Asks for another version of the API, such as a preview. Its fields are then in [`WorkspaceDetails::raw`].
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = version.into();
        self
    }

    /// The subscription's id.
    pub fn subscription(&self) -> &str {
        &self.subscription
    }

    /// The resource group's name.
    pub fn resource_group(&self) -> &str {
        &self.resource_group
    }

    /// The workspace's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The workspace's resource id.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](auth_core::ErrorKind::Configuration) saying which of the three names cannot be right.
    pub fn resource_id(&self) -> Result<ResourceId, Error> {
        ResourceId::workspace(&self.subscription, &self.resource_group, &self.name)
    }

    /// Asks Azure for the workspace.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`](auth_core::ErrorKind::Rejected) if there is no such workspace or it may not be seen, or naming
    /// the subscriptions that are in reach if this one is not;
    /// [`ErrorKind::Configuration`](auth_core::ErrorKind::Configuration) naming the id if the subscription is given by name;
    /// and as [`ArmClient::get`].
    pub async fn get(&self) -> Result<WorkspaceDetails, Error> {
        let client = self.reach().await?;
        match client.get(self.resource_id()?.as_str(), &self.api_version).await {
            Ok(raw) => WorkspaceDetails::new(self.clone(), raw),
            Err(error) => {
                let told = self.explain(&client, &error).await;
                let not_found = || top_level::not_found::<WorkspaceKind>(&self.resource_id().ok()?, &error);
                Err(told.or_else(not_found).unwrap_or(error))
            }
        }
    }

    /// Writes the file that [`Workspace::from_config_at`] finds from this folder, and returns its path: `config.json` in
    /// `aml_config` if that is there, else in `.azureml`.
    ///
    /// # Errors
    /// As [`Workspace::resource_id`], and [`ErrorKind::Store`](auth_core::ErrorKind::Store) naming the file.
    pub fn write_config(&self, folder: impl AsRef<Path>) -> Result<PathBuf, Error> {
        config::write(folder.as_ref(), None, &self.resource_id()?)
    }

    /// The same as [`Workspace::write_config`] with another file name; `.json` is appended if it is missing.
    ///
    /// # Errors
    /// As [`Workspace::write_config`].
    pub fn write_config_as(&self, folder: impl AsRef<Path>, file_name: &str) -> Result<PathBuf, Error> {
        config::write(folder.as_ref(), Some(file_name), &self.resource_id()?)
    }

    /// The client that was given, or else one with the default way in.
    pub(crate) fn signed_in(&self) -> Result<ArmClient, Error> {
        self.client.get()
    }

    /// The client, where the subscription is given by its id.
    pub(crate) async fn reach(&self) -> Result<ArmClient, Error> {
        self.client.reach(&self.subscription).await
    }

    /// Says more of an error, if it is about the workspace itself, or about what that lies in.
    pub(crate) async fn explain(&self, client: &ArmClient, error: &Error) -> Option<Error> {
        top_level::explain::<WorkspaceKind>(&self.resource_id().ok()?, client, error).await
    }

    /// The handle of a workspace that a list mentions.
    fn listed(id: &ResourceId, client: ArmClient, api_version: String) -> Self {
        Self { api_version, ..Self::new(id.subscription(), id.resource_group(), id.root_name()) }.client(client)
    }
}
