//! The description of a datastore.

use auth_core::Secret;
use serde::Serialize;
use serde_json::{Value, json};

use super::DatastoreType;
use crate::resources::json::{Json, escaped};

/// A datastore, to be created. It is reached with the identity of whoever reads it, unless it is given credentials, which are
/// written into the request and nowhere else.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use workspace_client::resources::datastore::{NewDatastore, Validation};
/// let datastore = NewDatastore::blob("myaccount", "mycontainer");
/// ws.datastores().create_or_update("images", &datastore, Validation::Skip).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewDatastore(Json);

impl NewDatastore {
    /// A container of blobs in this storage account.
    pub fn blob(account: impl Into<String>, container: impl Into<String>) -> Self {
        Self::of(&DatastoreType::AzureBlob).in_account(account).with("containerName", container.into())
    }

    /// A file share in this storage account.
    pub fn file_share(account: impl Into<String>, share: impl Into<String>) -> Self {
        Self::of(&DatastoreType::AzureFile).in_account(account).with("fileShareName", share.into())
    }

    /// A file system of a Data Lake in this storage account.
    pub fn data_lake_gen2(account: impl Into<String>, filesystem: impl Into<String>) -> Self {
        Self::of(&DatastoreType::AzureDataLakeGen2).in_account(account).with("filesystem", filesystem.into())
    }

    /// A store of Data Lake's first generation.
    pub fn data_lake_gen1(store: impl Into<String>) -> Self {
        Self::of(&DatastoreType::AzureDataLakeGen1).with("storeName", store.into())
    }

    /// A lakehouse of a workspace in `OneLake`.
    pub fn one_lake(workspace: impl Into<String>, lakehouse: impl Into<String>) -> Self {
        Self::of(&DatastoreType::OneLake)
            .with("oneLakeWorkspaceName", workspace.into())
            .with("artifact", json!({"artifactType": "LakeHouse", "artifactName": lakehouse.into()}))
    }

    /// What it is for.
    pub fn description(self, description: impl Into<String>) -> Self {
        self.with("description", description.into())
    }

    /// Adds a tag.
    pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
        self.with(&format!("tags/{}", escaped(name)), value.into())
    }

    /// In this domain instead of that of the cloud's storage accounts.
    pub fn endpoint(self, endpoint: impl Into<String>) -> Self {
        self.with("endpoint", endpoint.into())
    }

    /// With this protocol instead of `https`.
    pub fn protocol(self, protocol: impl Into<String>) -> Self {
        self.with("protocol", protocol.into())
    }

    /// Reached with the key of the account.
    pub fn account_key(self, key: &Secret) -> Self {
        self.credentials("AccountKey", &json!({}), "key", key)
    }

    /// Reached with a shared access signature.
    pub fn sas(self, token: &Secret) -> Self {
        self.credentials("Sas", &json!({}), "sasToken", token)
    }

    /// Reached as this application, with its secret.
    pub fn service_principal(self, tenant_id: &str, client_id: &str, client_secret: &Secret) -> Self {
        let application = json!({"tenantId": tenant_id, "clientId": client_id});
        self.credentials("ServicePrincipal", &application, "clientSecret", client_secret)
    }

    /// Reached as this application, with its certificate, of which the key is a part.
    pub fn certificate(self, tenant_id: &str, client_id: &str, thumbprint: &str, certificate: &Secret) -> Self {
        let application = json!({"tenantId": tenant_id, "clientId": client_id, "thumbprint": thumbprint});
        self.credentials("Certificate", &application, "certificate", certificate)
    }

    fn of(datastore_type: &DatastoreType) -> Self {
        let credentials = json!({"credentialsType": "None"});
        Self(Json(json!({"properties": {"datastoreType": datastore_type.as_str(), "credentials": credentials}})))
    }

    fn in_account(self, account: impl Into<String>) -> Self {
        self.with("accountName", account.into()).protocol("https")
    }

    fn credentials(self, kind: &str, about: &Value, member: &str, secret: &Secret) -> Self {
        let new = self.with("credentials", about.clone()).with("credentials/credentialsType", kind);
        new.with("credentials/secrets/secretsType", kind)
            .with(&format!("credentials/secrets/{member}"), secret.expose())
    }

    fn with(self, path: &str, value: impl Into<Value>) -> Self {
        Self(self.0.with(&format!("/properties/{path}"), value))
    }
}
