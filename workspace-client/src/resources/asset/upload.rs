//! Where the files of a version are uploaded to before it is created.

use auth_core::{Error, Secret};
use serde::Deserialize;
use serde_json::json;

use super::{AssetKind, Assets};
use crate::resources::Verb;

/// A kind whose files are uploaded to a place that a registry gives.
pub trait UploadTarget: AssetKind {
    /// Whether a workspace gives one, too.
    const IN_WORKSPACES: bool = false;
}

/// An upload that can begin.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PendingUpload {
    /// Its id.
    pub pending_upload_id: Option<String>,
    /// Where the files go.
    pub blob_reference_for_consumption: Option<BlobReference>,
}

/// A blob container, or what lies in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BlobReference {
    /// Where it is.
    pub blob_uri: Option<String>,
    /// The id of its storage account.
    pub storage_account_arm_id: Option<String>,
    /// What it is reached with.
    pub credential: Option<BlobCredential>,
}

/// What a blob container is reached with.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BlobCredential {
    /// Its type, such as `SAS`.
    pub credential_type: Option<String>,
    /// The URI with its signature.
    pub sas_uri: Option<Secret>,
}

impl<K: UploadTarget> Assets<K> {
    /// Asks for a place for the files of a version that is to be created. The same `id` yields the same place; without one Azure
    /// makes one up.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](auth_core::ErrorKind::Configuration) for data and models of a workspace, which has datastores for
    /// their files, and as [`Assets::get`].
    pub async fn start_pending_upload(
        &self,
        name: &str,
        version: &str,
        id: Option<&str>,
    ) -> Result<PendingUpload, Error> {
        if !K::IN_WORKSPACES {
            self.registry()?;
        }
        let mut body = json!({"pendingUploadType": "TemporaryBlobReference"});
        if let Some(id) = id {
            body["pendingUploadId"] = id.into();
        }
        self.place.fetch(Verb::post(&[name, "versions", version, "startPendingUpload"]).body(&body)?).await
    }
}
