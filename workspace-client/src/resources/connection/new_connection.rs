//! The description of a connection.

use auth_core::Secret;
use serde::Serialize;
use serde_json::{Value, json};

use super::ConnectionAuthType;
use crate::resources::json::{Json, escaped};

/// A connection, to be created. It signs in nowhere unless it is given credentials, which are written into the request and nowhere
/// else.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use workspace_client::auth_core::Secret;
/// use workspace_client::resources::connection::NewConnection;
/// let password = Secret::new("...");
/// let registry = NewConnection::new("ContainerRegistry", "images.example").username_password("ada", &password);
/// ws.connections().create_or_update("images", &registry).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewConnection(Json);

impl NewConnection {
    /// To a service of this category, such as `ContainerRegistry`, at this place.
    pub fn new(category: impl Into<String>, target: impl Into<String>) -> Self {
        let properties = json!({"category": category.into(), "target": target.into(), "isSharedToAll": true});
        Self(Json(json!({"properties": properties}))).signs_in_by(&ConnectionAuthType::None)
    }

    /// For whoever creates it alone.
    pub fn private(self) -> Self {
        self.with("isSharedToAll", false)
    }

    /// Says more of the service, such as the version of its API.
    pub fn metadata(self, name: &str, value: impl Into<String>) -> Self {
        self.with(&format!("metadata/{}", escaped(name)), value.into())
    }

    /// Signs in as whoever uses it.
    pub fn aad(self) -> Self {
        self.signs_in_by(&ConnectionAuthType::Aad)
    }

    /// Signs in with an access key, as S3 wants it.
    pub fn access_key(self, id: &str, secret: &Secret) -> Self {
        self.signs_in_by(&ConnectionAuthType::AccessKey)
            .credential("accessKeyId", id)
            .credential("secretAccessKey", secret.expose())
    }

    /// Signs in with the key of a storage account.
    pub fn account_key(self, key: &Secret) -> Self {
        self.signs_in_by(&ConnectionAuthType::AccountKey).credential("key", key.expose())
    }

    /// Signs in with a key of the service's API.
    pub fn api_key(self, key: &Secret) -> Self {
        self.signs_in_by(&ConnectionAuthType::ApiKey).credential("key", key.expose())
    }

    /// Adds a key of one's own.
    pub fn custom_key(self, name: &str, key: &Secret) -> Self {
        self.signs_in_by(&ConnectionAuthType::CustomKeys).credential(&format!("keys/{}", escaped(name)), key.expose())
    }

    /// Signs in with this managed identity.
    pub fn managed_identity(self, client_id: &str, resource_id: &str) -> Self {
        self.signs_in_by(&ConnectionAuthType::ManagedIdentity)
            .credential("clientId", client_id)
            .credential("resourceId", resource_id)
    }

    /// Signs in with a personal access token, as Git and Python feeds want it.
    pub fn personal_access_token(self, token: &Secret) -> Self {
        self.signs_in_by(&ConnectionAuthType::Pat).credential("pat", token.expose())
    }

    /// Signs in with a shared access signature.
    pub fn sas(self, token: &Secret) -> Self {
        self.signs_in_by(&ConnectionAuthType::Sas).credential("sas", token.expose())
    }

    /// Signs in as this application.
    pub fn service_principal(self, tenant_id: &str, client_id: &str, client_secret: &Secret) -> Self {
        self.signs_in_by(&ConnectionAuthType::ServicePrincipal)
            .credential("tenantId", tenant_id)
            .credential("clientId", client_id)
            .credential("clientSecret", client_secret.expose())
    }

    /// Signs in with a name and a password.
    pub fn username_password(self, username: &str, password: &Secret) -> Self {
        self.signs_in_by(&ConnectionAuthType::UsernamePassword)
            .credential("username", username)
            .credential("password", password.expose())
    }

    fn signs_in_by(self, auth_type: &ConnectionAuthType) -> Self {
        self.with("authType", auth_type.as_str())
    }

    fn credential(self, path: &str, value: &str) -> Self {
        self.with(&format!("credentials/{path}"), value)
    }

    fn with(self, path: &str, value: impl Into<Value>) -> Self {
        Self(self.0.with(&format!("/properties/{path}"), value))
    }
}
