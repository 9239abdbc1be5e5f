//! The keys of what a workspace depends on, and the tokens of its notebooks.

use std::time::Duration;

use auth_core::{Error, Secret};
use serde::Deserialize;

use super::Workspace;
use crate::resources::Verb;

/// The keys of what a workspace depends on.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WorkspaceKeys {
    // The API says it in either place, and some versions in both.
    user_storage_arm_id: Option<String>,
    user_storage_resource_id: Option<String>,
    /// The key of the storage account.
    pub user_storage_key: Option<Secret>,
    /// What Application Insights is written with.
    pub app_insights_instrumentation_key: Option<Secret>,
    /// Who may pull images from the container registry.
    pub container_registry_credentials: Option<RegistryCredentials>,
    /// The keys of the notebooks.
    pub notebook_access_keys: Option<NotebookKeys>,
}

/// Who may pull images from a container registry, and push them.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RegistryCredentials {
    /// The region of the registry.
    pub location: Option<String>,
    /// The user.
    pub username: Option<String>,
    /// The passwords, either of which will do.
    #[serde(default)]
    pub passwords: Vec<RegistryPassword>,
}

/// A password of a container registry.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct RegistryPassword {
    /// What it is called, such as `password2`.
    pub name: Option<String>,
    /// The password.
    pub value: Option<Secret>,
}

/// The keys of a workspace's notebooks.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NotebookKeys {
    /// The first key.
    pub primary_access_key: Option<Secret>,
    /// The second key, which serves while the first one is changed.
    pub secondary_access_key: Option<Secret>,
}

/// A token for a workspace's notebooks.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NotebookToken {
    /// The token.
    pub access_token: Option<Secret>,
    /// What renews it.
    pub refresh_token: Option<Secret>,
    /// `Bearer`.
    pub token_type: Option<String>,
    /// What it is for.
    pub scope: Option<String>,
    /// The host.
    pub host_name: Option<String>,
    /// The host's name in the internet.
    pub public_dns: Option<String>,
    /// The id of the notebooks, which is no resource id.
    pub notebook_resource_id: Option<String>,
    /// In seconds; the API's own examples write it with a point.
    expires_in: Option<f64>,
}

impl WorkspaceKeys {
    /// The id of the storage account.
    pub fn user_storage_id(&self) -> Option<&str> {
        self.user_storage_arm_id.as_deref().or(self.user_storage_resource_id.as_deref())
    }
}

impl NotebookToken {
    /// How long it is valid.
    pub fn expires_in(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.expires_in?).ok()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StorageAccountKey {
    user_storage_key: Option<Secret>,
}

impl Workspace {
    /// The keys of what the workspace depends on.
    ///
    /// # Errors
    /// As [`Workspace::get`].
    pub async fn keys(&self) -> Result<WorkspaceKeys, Error> {
        self.place().fetch(Verb::ask(&["listKeys"])).await
    }

    /// The key of the workspace's storage account; none where it is reached without one.
    ///
    /// # Errors
    /// As [`Workspace::get`].
    pub async fn storage_account_key(&self) -> Result<Option<Secret>, Error> {
        let keys: StorageAccountKey = self.place().fetch(Verb::ask(&["listStorageAccountKeys"])).await?;
        Ok(keys.user_storage_key)
    }

    /// The keys of the workspace's notebooks.
    ///
    /// # Errors
    /// As [`Workspace::get`].
    pub async fn notebook_keys(&self) -> Result<NotebookKeys, Error> {
        self.place().fetch(Verb::ask(&["listNotebookKeys"])).await
    }

    /// A token for the workspace's notebooks.
    ///
    /// # Errors
    /// As [`Workspace::get`].
    pub async fn notebook_token(&self) -> Result<NotebookToken, Error> {
        self.place().fetch(Verb::ask(&["listNotebookAccessToken"])).await
    }
}
