//! Files to datastores, and from them.

use std::path::PathBuf;

use auth_core::{Error, ErrorKind};
use uuid::Uuid;

use super::{CredentialsType, DatastorePath, DatastoreType, Datastores, SecretExpiry};
use crate::arm::ArmError;
use crate::transfer::{Container, Downloaded, Observer, Snapshot};

impl Datastores {
    /// The container of a datastore, and what it is reached with: what the datastore says, or the identity of whoever asks, where it
    /// says nothing or may not be asked (observed: azure-ai-ml 1.35).
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if it is no container of blobs, and as [`Datastores::secrets`].
    pub async fn container(&self, name: &str) -> Result<Container, Error> {
        let datastore = self.get(name).await?;
        let kind = datastore.datastore_type();
        let is_of_blobs = matches!(kind, Some(DatastoreType::AzureBlob | DatastoreType::AzureDataLakeGen2));
        let (Some(account), Some(inner)) = (datastore.account_name(), datastore.container().filter(|_| is_of_blobs))
        else {
            let kind = kind.map_or_else(|| "of no type".to_owned(), |kind| kind.to_string());
            let message = format!("the datastore {name} is {kind}, to which files cannot be moved from here");
            return Err(Error::new(ErrorKind::Configuration, message)
                .with_help("take a datastore of type AzureBlob or AzureDataLakeGen2: azml datastore list"));
        };
        let client = self.place().reached_client().await?;
        let suffix = datastore.endpoint().or_else(|| client.cloud().storage_suffix()).unwrap_or("core.windows.net");
        let protocol = datastore.protocol().unwrap_or("https");
        let container = Container::new(&format!("{protocol}://{account}.blob.{suffix}/{inner}"))?;
        let container = container.http(client.file_http());
        let sas = match datastore.credentials_type() {
            None | Some(CredentialsType::None) => None,
            Some(_) => match self.secrets(name, Some(SecretExpiry::hours(1))).await {
                Ok(secrets) => secrets.sas_token,
                Err(error) if ArmError::of(&error).is_some_and(|arm| (400..500).contains(&arm.status())) => None,
                Err(error) => return Err(error),
            },
        };
        Ok(match sas {
            Some(sas) => container.sas(&sas),
            None => container.auth(client.auth()),
        })
    }

    /// Uploads files to a datastore, unless they are there already: below `LocalUpload`, where jobs and assets of this content look
    /// for them (observed: azure-ai-ml 1.35).
    ///
    /// # Errors
    /// As [`Datastores::container`], as [`Snapshot::upload_hash`] if a file cannot be read, and what Blob Storage says.
    pub async fn upload(&self, datastore: &str, files: &Snapshot, observer: &Observer) -> Result<DatastorePath, Error> {
        let hash = files.upload_hash().await?;
        let container = self.container(datastore).await?;
        let upload = container.upload(files, &format!("LocalUpload/{hash}"));
        let uploaded = upload.for_asset(Uuid::new_v4(), "1").observed_by(observer).await?;
        let end = if files.is_folder() { "/" } else { "" };
        Ok(DatastorePath::new(datastore, format!("{}{end}", uploaded.path)))
    }

    /// Downloads what lies at this place to a folder.
    ///
    /// # Errors
    /// As [`Datastores::container`], [`ErrorKind::Store`] if a file cannot be written, and what Blob Storage says.
    pub async fn download(
        &self,
        from: &DatastorePath,
        to: impl Into<PathBuf>,
        observer: &Observer,
    ) -> Result<Downloaded, Error> {
        self.container(from.datastore()).await?.download(from.path(), to).observed_by(observer).await
    }
}
