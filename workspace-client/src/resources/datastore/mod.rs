//! Datastores: where data lies, and how it is reached.

#[cfg(feature = "transfer")]
mod files;
mod filter;
mod new_datastore;
mod path;
mod secrets;

use auth_core::{Error, ErrorKind};
use serde::Serialize;

use super::open_enum::open_enum;
use super::{Collection, Kind as _, Resource, Verb, kind};
use crate::Workspace;
use crate::arm::Pager;

pub use filter::DatastoreFilter;
pub use new_datastore::NewDatastore;
pub use path::DatastorePath;
pub use secrets::{DatastoreSecrets, SecretExpiry};

kind! {
    /// The kind of [`Datastore`].
    pub DatastoreKind: "datastore" in "datastores" at "2025-12-01" by "count"
}

/// A datastore, of any type.
pub type Datastore = Resource<DatastoreKind>;
/// The datastores of a workspace.
pub type Datastores = Collection<DatastoreKind>;

impl Workspace {
    /// The datastores of the workspace.
    pub fn datastores(&self) -> Datastores {
        Datastores::of(self)
    }
}

open_enum! {
    /// What a datastore is.
    DatastoreType {
        AzureBlob = "AzureBlob",
        AzureDataLakeGen1 = "AzureDataLakeGen1",
        AzureDataLakeGen2 = "AzureDataLakeGen2",
        AzureFile = "AzureFile",
        OneLake = "OneLake",
    }
}

open_enum! {
    /// With what a datastore is reached.
    CredentialsType {
        AccountKey = "AccountKey",
        Certificate = "Certificate",
        None = "None",
        Sas = "Sas",
        ServicePrincipal = "ServicePrincipal",
    }
}

/// Whether Azure tries the credentials of a datastore before it takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// It tries them, and refuses a datastore that it cannot reach.
    Check,
    /// It takes them as they are, as `az ml datastore create` asks it to.
    Skip,
}

impl Datastore {
    /// What it is.
    pub fn datastore_type(&self) -> Option<DatastoreType> {
        self.json().one_of("/properties/datastoreType")
    }

    /// Whether it is the workspace's own.
    pub fn is_default(&self) -> bool {
        self.json().boolean("/properties/isDefault").unwrap_or_default()
    }

    /// The storage account.
    pub fn account_name(&self) -> Option<&str> {
        self.json().text("/properties/accountName")
    }

    /// What of the account it is: the container of blobs, the file system or the file share.
    pub fn container(&self) -> Option<&str> {
        let members = ["/properties/containerName", "/properties/filesystem", "/properties/fileShareName"];
        members.iter().find_map(|member| self.json().text(member))
    }

    /// The Data Lake store, of the first generation.
    pub fn store_name(&self) -> Option<&str> {
        self.json().text("/properties/storeName")
    }

    /// The workspace in `OneLake`.
    pub fn one_lake_workspace(&self) -> Option<&str> {
        self.json().text("/properties/oneLakeWorkspaceName")
    }

    /// The lakehouse in `OneLake`.
    pub fn lakehouse(&self) -> Option<&str> {
        self.json().text("/properties/artifact/artifactName")
    }

    /// The domain of the storage accounts, such as `core.windows.net`.
    pub fn endpoint(&self) -> Option<&str> {
        self.json().text("/properties/endpoint")
    }

    /// The protocol, such as `https`.
    pub fn protocol(&self) -> Option<&str> {
        self.json().text("/properties/protocol")
    }

    /// With what it is reached.
    pub fn credentials_type(&self) -> Option<CredentialsType> {
        self.json().one_of("/properties/credentials/credentialsType")
    }

    /// The application that reaches it, by client id.
    pub fn client_id(&self) -> Option<&str> {
        self.json().text("/properties/credentials/clientId")
    }

    /// The identity with which Azure ML itself reaches it, such as `WorkspaceSystemAssignedIdentity`.
    pub fn service_identity(&self) -> Option<&str> {
        self.json().text("/properties/serviceDataAccessAuthIdentity")
    }
}

impl Datastores {
    /// Those that are wanted.
    pub fn list_with(&self, filter: &DatastoreFilter) -> Pager<Datastore> {
        self.place().pager(filter.add_to(Verb::get(&[]).page_size(DatastoreKind::PAGE_SIZE)))
    }

    /// The workspace's own, where nothing else is said.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] if there is none, and as [`Collection::get`].
    pub async fn default(&self) -> Result<Datastore, Error> {
        let own = self.list_with(&DatastoreFilter::default().is_default(true)).try_next().await?;
        own.ok_or_else(|| {
            let root = self.place().root();
            Error::new(ErrorKind::Rejected, format!("{} has no default datastore", root.described()))
                .with_help(format!("azml datastore list {}", root.options()))
                .with_status(404)
        })
    }

    /// Creates a datastore, or replaces the one of this name. [`NewDatastore`] describes those that people create.
    ///
    /// # Errors
    /// As [`Collection::get`], and [`ArmError`](crate::arm::ArmError) as the source where the description is refused.
    pub async fn create_or_update(
        &self,
        name: &str,
        datastore: &impl Serialize,
        validation: Validation,
    ) -> Result<Datastore, Error> {
        let skip = match validation {
            Validation::Check => "false",
            Validation::Skip => "true",
        };
        self.place().fetch(Verb::put(&[name], datastore)?.query("skipValidation", skip)).await
    }

    /// Deletes a datastore, and nothing of what lies in it. That there is none is no error.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        self.place().fetch(Verb::delete(&[name])).await
    }

    /// With what a datastore is reached. With an expiry, a signature that expires comes instead of the key of an account.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn secrets(&self, name: &str, expiry: Option<SecretExpiry>) -> Result<DatastoreSecrets, Error> {
        self.place().fetch(Verb::ask(&[name, "listSecrets"]).body(&expiry)?).await
    }
}
