//! The description of a datastore.

use auth_core::Secret;
use serde::Serialize;
use serde_json::{Value, json};

use super::DatastoreType;
use crate::resources::described;
use crate::resources::json::Json;

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

described!(NewDatastore);

impl NewDatastore {
    /// A container of blobs in this storage account.
    pub fn blob(account: impl Into<String>, container: impl Into<String>) -> Self {
        Self::of(&DatastoreType::AzureBlob).in_account(account).setting("containerName", container.into())
    }

    /// A file share in this storage account.
    pub fn file_share(account: impl Into<String>, share: impl Into<String>) -> Self {
        Self::of(&DatastoreType::AzureFile).in_account(account).setting("fileShareName", share.into())
    }

    /// A file system of a Data Lake in this storage account.
    pub fn data_lake_gen2(account: impl Into<String>, filesystem: impl Into<String>) -> Self {
        Self::of(&DatastoreType::AzureDataLakeGen2).in_account(account).setting("filesystem", filesystem.into())
    }

    /// A store of Data Lake's first generation.
    pub fn data_lake_gen1(store: impl Into<String>) -> Self {
        Self::of(&DatastoreType::AzureDataLakeGen1).setting("storeName", store.into())
    }

    /// A lakehouse of a workspace in `OneLake`.
    pub fn one_lake(workspace: impl Into<String>, lakehouse: impl Into<String>) -> Self {
        Self::of(&DatastoreType::OneLake)
            .setting("oneLakeWorkspaceName", workspace.into())
            .setting("artifact", json!({"artifactType": "LakeHouse", "artifactName": lakehouse.into()}))
    }

    /// In this domain instead of that of the cloud's storage accounts.
    pub fn endpoint(self, endpoint: impl Into<String>) -> Self {
        self.setting("endpoint", endpoint.into())
    }

    /// With this protocol instead of `https`.
    pub fn protocol(self, protocol: impl Into<String>) -> Self {
        self.setting("protocol", protocol.into())
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
        self.setting("accountName", account.into()).protocol("https")
    }

    fn credentials(self, kind: &str, about: &Value, member: &str, secret: &Secret) -> Self {
        let new = self.setting("credentials", about.clone()).setting("credentials/credentialsType", kind);
        new.setting("credentials/secrets/secretsType", kind)
            .setting(&format!("credentials/secrets/{member}"), secret.expose())
    }

    fn setting(self, member: &str, value: impl Into<Value>) -> Self {
        self.with(&format!("/properties/{member}"), value)
    }
}
