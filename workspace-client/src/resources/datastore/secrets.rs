//! With what datastores are reached.

use auth_core::Secret;
use serde::{Deserialize, Serialize};

use super::CredentialsType;

/// With what a datastore is reached. Which of them there are depends on its credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DatastoreSecrets {
    secrets_type: Option<String>,
    /// The key of the storage account.
    pub key: Option<Secret>,
    /// A shared access signature.
    pub sas_token: Option<Secret>,
    /// The secret of an application.
    pub client_secret: Option<Secret>,
    /// The certificate of an application, with its key.
    pub certificate: Option<Secret>,
}

/// How long a signature is good that is asked for instead of the key of an account.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretExpiry {
    expirable_secret: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_after_hours: Option<u32>,
}

impl DatastoreSecrets {
    /// What kind of secret it is.
    pub fn secrets_type(&self) -> Option<CredentialsType> {
        self.secrets_type.as_deref().map(CredentialsType::from)
    }
}

impl SecretExpiry {
    /// As long as Azure finds right.
    pub fn by_azure() -> Self {
        Self { expirable_secret: true, expire_after_hours: None }
    }

    /// For this many hours.
    pub fn hours(hours: u32) -> Self {
        Self { expirable_secret: true, expire_after_hours: Some(hours) }
    }
}
