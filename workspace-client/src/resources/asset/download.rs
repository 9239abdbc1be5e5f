//! Where the files of a version in a registry are read.

use auth_core::Error;
use serde::Deserialize;
use serde_json::json;

use super::{Assets, BlobReference, UploadTarget};
use crate::resources::Verb;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    blob_reference_for_consumption: BlobReference,
}

impl<K: UploadTarget> Assets<K> {
    /// How to read the files of a version in a registry: the place that its URI says, such as that of
    /// [`Model::uri`](super::model::Model::uri), with what it is reached with.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](auth_core::ErrorKind::Configuration) if it lies in a workspace, which has datastores for its
    /// files, and as [`Assets::get`].
    pub async fn blob_reference(&self, name: &str, version: &str, uri: &str) -> Result<BlobReference, Error> {
        self.registry()?;
        let id = self.place.id(&[name, "versions", version])?;
        let verb = Verb::ask(&[name, "versions", version]).body(&json!({"assetId": id, "blobUri": uri}))?;
        let answer: Answer = self.place.beside("datareferences").fetch(verb).await?;
        Ok(answer.blob_reference_for_consumption)
    }
}
