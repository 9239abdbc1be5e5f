//! The keys of attached computes.

use auth_core::Secret;
use serde::Deserialize;

/// What an attached compute is reached with. Which of them there are depends on its type.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ComputeKeys {
    /// AKS: the configuration of kubectl for an administrator.
    pub admin_kube_config: Option<Secret>,
    /// AKS: that for a user.
    pub user_kube_config: Option<Secret>,
    /// AKS: the name of the secret with which images are pulled.
    pub image_pull_secret_name: Option<String>,
    /// Databricks: the access token.
    pub databricks_access_token: Option<Secret>,
    /// A virtual machine: who signs in with SSH.
    pub administrator_account: Option<SshAccount>,
}

/// Who signs in to a machine with SSH.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SshAccount {
    /// The user's name.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The private key.
    pub private_key_data: Option<Secret>,
    /// The public key.
    pub public_key_data: Option<String>,
}
