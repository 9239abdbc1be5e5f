//! The files of what is in a registry, to and from this machine.

use std::path::PathBuf;

use auth_core::{Error, ErrorKind, Secret};
use serde_json::json;
use url::Url;

use super::{AssetKind, Assets, BlobReference, PendingUpload, UploadTarget};
use crate::arm::ArmClient;
use crate::resources::Verb;
use crate::transfer::{Container, Downloaded, Observer, Snapshot};

impl<K: AssetKind> Assets<K> {
    /// Uploads the files of a version that is to be created in a registry, and returns their URI. They lie in a place of this version
    /// alone, which the services of the registry's region give (observed: azure-ai-ml 1.35).
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), workspace_client::Error> {
    /// use workspace_client::Registry;
    /// use workspace_client::resources::asset::model::{ModelType, NewModel};
    /// use workspace_client::transfer::{Observer, Snapshot};
    /// let models = Registry::named("contoso").models();
    /// let uri = models.upload_for("credit", "1", &Snapshot::of("model").await?, &Observer::default()).await?;
    /// models.create_or_update("credit", "1", &NewModel::new(&ModelType::Custom, uri)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if these are the assets of a workspace, which has datastores for their files,
    /// [`ErrorKind::Rejected`] if there is such a version, as [`Assets::get`] and [`Snapshot::of`], and what Blob Storage says.
    pub async fn upload_for(
        &self,
        name: &str,
        version: &str,
        files: &Snapshot,
        observer: &Observer,
    ) -> Result<String, Error> {
        let known_by_name = Self::of_registry(&self.registry()?.clone().found_by_name());
        let id = known_by_name.place.id(&[name, "versions", version])?;
        let body = json!({"assetId": id, "temporaryDataReferenceType": "TemporaryBlobReference"});
        let verb = Verb::put(&[name, "versions", version], &body)?;
        let given: PendingUpload = known_by_name.place.beside("tempdatarefs").fetch(verb).await?;
        let client = self.place.reached_client().await?;
        upload(given.blob_reference_for_consumption.as_ref(), &client, files, (name, version), observer).await
    }
}

impl<K: UploadTarget> Assets<K> {
    /// Downloads the files of a version in a registry, which are at this URI, such as that of
    /// [`Model::uri`](super::model::Model::uri).
    ///
    /// # Errors
    /// As [`Assets::blob_reference`], [`ErrorKind::Store`] if a file cannot be written, and what Blob Storage says.
    pub async fn download_files(
        &self,
        name: &str,
        version: &str,
        uri: &str,
        to: impl Into<PathBuf>,
        observer: &Observer,
    ) -> Result<Downloaded, Error> {
        let odd = || Error::new(ErrorKind::Protocol, "Azure ML does not say how the files are read");
        let given = self.blob_reference(name, version, uri).await?;
        let sas = given.credential.and_then(|credential| credential.sas_uri).ok_or_else(odd)?;
        let mut place = Url::parse(sas.expose()).map_err(|_| odd())?;
        let path = place.path().trim_matches('/').to_owned();
        let (container, path) = path.split_once('/').unwrap_or((&path, ""));
        place.set_path(container);
        let container = Container::from_sas_uri(&Secret::new(place))?;
        let client = self.place.reached_client().await?;
        container.http(client.file_http()).download(path, to).observed_by(observer).await
    }
}

/// Uploads the files of a version to the place that Azure ML gives, and returns their URI.
pub(super) async fn upload(
    place: Option<&BlobReference>,
    client: &ArmClient,
    files: &Snapshot,
    (name, version): (&str, &str),
    observer: &Observer,
) -> Result<String, Error> {
    let sas = place.and_then(|place| place.credential.as_ref()?.sas_uri.as_ref());
    let uri = place.and_then(|place| place.blob_uri.as_deref());
    let (Some(uri), Some(sas)) = (uri, sas) else {
        return Err(Error::new(ErrorKind::Protocol, "Azure ML does not say where files are uploaded to"));
    };
    let container = Container::from_sas_uri(sas)?.http(client.file_http());
    let uploaded = container.upload(files, "").for_asset(name, version).observed_by(observer).await?;
    Ok(format!("{}/{}", uri.trim_end_matches('/'), uploaded.path))
}
