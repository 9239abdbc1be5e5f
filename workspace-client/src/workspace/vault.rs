//! The secrets in the key vault of a workspace.

use std::fmt;

use auth_core::{Error, ErrorKind, Scope, Scopes, Secret, Tenant};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Workspace;
use crate::arm::{ArmClient, ArmError, Pager, Request, ResourceId, Service, Turn, item};
use crate::resources::Json;

/// Microsoft, "Azure Key Vault REST API reference".
const API_VERSION: &str = "7.4";

/// The key vault of a workspace; see [`Workspace::vault`].
#[derive(Clone)]
pub struct Vault {
    client: ArmClient,
    service: Service,
    name: String,
}

/// A secret in a list: what is known of it without its value.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct VaultSecret(Json);

#[derive(Deserialize)]
struct Held {
    value: Secret,
}

impl Workspace {
    /// The key vault of the workspace, whose secrets are kept by name. Who may read them is the vault's own business: being an
    /// owner of the workspace may not be enough.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), workspace_client::Error> {
    /// # let ws = workspace_client::Workspace::from_config()?;
    /// let vault = ws.vault().await?;
    /// vault.set("storage-password", &"...".into()).await?;
    /// let password = vault.get("storage-password").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Workspace::get`], and [`ErrorKind::Unavailable`] if it has no key vault, or the cloud is not known to have any.
    pub async fn vault(&self) -> Result<Vault, Error> {
        let details = self.get().await?;
        let unavailable = |message: String| Error::new(ErrorKind::Unavailable, message);
        let id = details.key_vault().filter(|id| !id.is_empty());
        let id: ResourceId =
            id.ok_or_else(|| unavailable(format!("workspace {} has no key vault", self.name)))?.parse()?;
        let client = self.reach().await?;
        let suffix = client.cloud().key_vault_suffix().map(|suffix| suffix.trim_start_matches('.').to_owned());
        let suffix = suffix.ok_or_else(|| {
            unavailable(format!("it is not known where the key vaults of {} are", client.cloud().name()))
        })?;
        let url = format!("https://{}.{suffix}/", id.name())
            .parse()
            .map_err(|error| unavailable(format!("{} is not the name of a host", id.name())).with_source(error))?;
        let scopes = Scopes::new([Scope::default_of(&format!("https://{suffix}"))?])?;
        let service = Service::named("the key vault", url, Some(scopes))?;
        // A vault takes tokens of the subscription's tenant only.
        let tenant = details.tenant_id().map(Tenant::parse).transpose()?;
        let client = if tenant.is_some() { client.tenant(tenant) } else { client };
        Ok(Vault { client, service, name: id.name().to_owned() })
    }
}

impl Vault {
    /// The vault's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The secret of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] if there is none or it may not be read, [`ErrorKind::Configuration`] if that is no name.
    pub async fn get(&self, name: &str) -> Result<Secret, Error> {
        let found: Result<Held, _> = self.client.fetch(&self.request(Method::GET, Some(name))?).await;
        found.map(|found| found.value).map_err(|error| self.explain(name, error))
    }

    /// Keeps a secret by this name, before any that was kept by it.
    ///
    /// # Errors
    /// As [`Vault::get`].
    pub async fn set(&self, name: &str, secret: &Secret) -> Result<(), Error> {
        let request = self.request(Method::PUT, Some(name))?.body(&json!({"value": secret.expose()}))?;
        self.client.fetch(&request.without_result()).await
    }

    /// Deletes the secret. A vault keeps it for a while, so that it can be recovered; its name is taken until then.
    ///
    /// # Errors
    /// As [`Vault::get`].
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        let request = self.request(Method::DELETE, Some(name))?.without_result();
        self.client.fetch(&request).await.map_err(|error| self.explain(name, error))
    }

    /// The secrets, without their values.
    pub fn list(&self) -> Pager<VaultSecret> {
        let vault = self.clone();
        Pager::new(move |turn| {
            let vault = vault.clone();
            async move {
                let request = match turn {
                    Turn::First(size) => {
                        let request = vault.request(Method::GET, None)?;
                        size.into_iter().fold(request, |request, size| request.query("maxresults", &size.to_string()))
                    }
                    Turn::Next(request) => *request,
                };
                vault.client.page(&request, "value").await?.map(item)
            }
        })
    }

    fn request(&self, method: Method, name: Option<&str>) -> Result<Request, Error> {
        let path = match name {
            Some(name) => {
                check_secret_name(name)?;
                format!("secrets/{name}")
            }
            None => "secrets".to_owned(),
        };
        Ok(self.service.request(method, &path).query("api-version", API_VERSION))
    }

    fn explain(&self, name: &str, error: Error) -> Error {
        match ArmError::of(&error) {
            Some(refusal) if refusal.status() == 404 => {
                let message = format!("there is no secret {name} in key vault {}", self.name);
                Error::new(ErrorKind::Rejected, message).with_status(404).with_source(refusal.clone())
            }
            _ => error,
        }
    }
}

impl VaultSecret {
    /// The name.
    pub fn name(&self) -> &str {
        self.0.text("/id").and_then(|id| id.split("/secrets/").nth(1)?.split('/').next()).unwrap_or_default()
    }

    /// Whether it can be used.
    pub fn is_enabled(&self) -> Option<bool> {
        self.0.boolean("/attributes/enabled")
    }

    /// What kind of text it is, as whoever set it said.
    pub fn content_type(&self) -> Option<&str> {
        self.0.text("/contentType")
    }

    /// Everything that the vault said.
    pub fn raw(&self) -> &Value {
        &self.0.0
    }
}

/// Microsoft, "Azure Key Vault: vault-name and object-name".
fn check_secret_name(name: &str) -> Result<(), Error> {
    let fits = |sign: char| sign.is_ascii_alphanumeric() || sign == '-';
    if (1..=127).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    // It is not shown: name and secret are easily mistaken for each other.
    Err(Error::new(ErrorKind::Configuration, "that is not the name of a secret in a key vault")
        .with_help("up to 127 letters, digits and hyphens"))
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("name", &self.name).finish_non_exhaustive()
    }
}
