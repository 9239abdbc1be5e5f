//! Code: folders that were uploaded, which jobs and deployments share.

use auth_core::{Error, Secret};
use serde::Deserialize;
use serde_json::json;

use super::{AssetKind, Assets};
use crate::Workspace;
use crate::resources::{Resource, Verb, kind};

/// The way in which the content of code is hashed (observed: azure-ai-ml 1.35).
const HASH_VERSION: &str = "202208";

kind! {
    /// The kind of [`Code`].
    pub CodeKind: "code" in "codes" at "2025-12-01"
}

impl AssetKind for CodeKind {}

/// A version of code.
pub type Code = Resource<CodeKind>;
/// The code of a workspace.
pub type Codes = Assets<CodeKind>;

/// Where code is to be uploaded.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PendingUpload {
    /// Which upload it is.
    pub pending_upload_id: Option<String>,
    /// The place, and what lets you in.
    pub blob_reference_for_consumption: BlobReference,
}

/// A container in storage, and what lets you in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BlobReference {
    /// The URL of the container.
    pub blob_uri: String,
    /// The resource id of the storage account.
    pub storage_account_arm_id: Option<String>,
    /// What lets you in; none where your own identity does.
    pub credential: Option<BlobCredential>,
}

/// What lets you into a container.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BlobCredential {
    /// The URL of the container with a signature.
    pub sas_uri: Option<Secret>,
}

impl Workspace {
    /// The code of the workspace.
    pub fn codes(&self) -> Codes {
        Codes::of(self)
    }
}

impl Code {
    /// Where the folder is.
    pub fn uri(&self) -> Option<&str> {
        self.json().text("/properties/codeUri")
    }
}

impl Codes {
    /// The code with this content, whatever its name, if the workspace has it; the hash is that of
    /// [`Snapshot::content_hash`](crate::transfer::Snapshot::content_hash).
    ///
    /// # Errors
    /// As [`Assets::get`].
    pub async fn find(&self, content_hash: &str) -> Result<Option<Code>, Error> {
        // The service looks in every container, and wants a name all the same (observed: azure-ai-ml 1.35).
        let name = uuid::Uuid::new_v4().to_string();
        let verb = Verb::get(&[&name, "versions"]).query("hash", content_hash).query("hashVersion", HASH_VERSION);
        self.place().pager(verb).try_next().await
    }

    /// A place to upload this version of code to.
    ///
    /// # Errors
    /// As [`Assets::get`].
    pub async fn start_pending_upload(&self, name: &str, version: &str) -> Result<PendingUpload, Error> {
        let body = json!({"pendingUploadType": "TemporaryBlobReference"});
        self.place().fetch(Verb::post(&[name, "versions", version, "startPendingUpload"]).body(&body)?).await
    }
}
