//! Datastores.

use auth_core::{Error, ErrorKind, Secret};
use serde::Deserialize;
use serde_json::Value;
use workspace_client::Workspace;
use workspace_client::resources::datastore::{DatastoreKind, Datastores, NewDatastore, Validation};

use crate::args::{NoOptions, NoParent};
use crate::commands::resource::{Described, Listed, Put, Resolver, to_json};
use crate::description::{Description, Texts};
use crate::entity::{Member, is, snake_case};
use crate::output::Column;

impl Listed for DatastoreKind {
    type Parent = NoParent;

    const MEMBERS: &'static [Member] = &[
        is("/account_name", "/properties/accountName"),
        is("/container_name", "/properties/containerName"),
        is("/credentials/client_id", "/properties/credentials/clientId"),
        is("/credentials/tenant_id", "/properties/credentials/tenantId"),
        is("/credentials/thumbprint", "/properties/credentials/thumbprint"),
        snake_case("/credentials/type", "/properties/credentials/credentialsType"),
        is("/endpoint", "/properties/endpoint"),
        is("/file_share_name", "/properties/fileShareName"),
        is("/filesystem", "/properties/filesystem"),
        is("/is_default", "/properties/isDefault"),
        is("/protocol", "/properties/protocol"),
        is("/store_name", "/properties/storeName"),
        snake_case("/type", "/properties/datastoreType"),
    ];
    const COLUMNS: &'static [Column] = &[
        ("Name", "name"),
        ("Type", "type"),
        ("Account", "account_name"),
        ("Container", "container_name"),
        ("FileShare", "file_share_name"),
        ("IsDefault", "is_default"),
    ];

    fn of(workspace: &Workspace, _: &NoParent) -> Datastores {
        workspace.datastores()
    }
}

/// What a file says of a datastore.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Datastore {
    account_name: Option<String>,
    artifact: Option<Artifact>,
    container_name: Option<String>,
    credentials: Option<Credentials>,
    description: Option<String>,
    endpoint: Option<String>,
    file_share_name: Option<String>,
    filesystem: Option<String>,
    one_lake_workspace_name: Option<String>,
    #[serde(default)]
    properties: Texts,
    protocol: Option<String>,
    store_name: Option<String>,
    #[serde(default)]
    tags: Texts,
    #[serde(rename = "type")]
    kind: Type,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Type {
    AzureBlob,
    #[serde(rename = "azure_data_lake_gen1")]
    AzureDataLakeGen1,
    #[serde(rename = "azure_data_lake_gen2")]
    AzureDataLakeGen2,
    AzureFile,
    OneLake,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Artifact {
    name: String,
    #[serde(rename = "type")]
    _kind: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    account_key: Option<Secret>,
    certificate: Option<Secret>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    sas_token: Option<Secret>,
    tenant_id: Option<String>,
    thumbprint: Option<String>,
    /// What `show` says, and nobody needs.
    #[serde(rename = "type")]
    _kind: Option<String>,
}

impl Described for DatastoreKind {
    type CreateOptions = NoOptions;
    type ListOptions = NoOptions;
    type ShowOptions = NoOptions;
    type UpdateOptions = NoOptions;

    const READ_ONLY: &'static [&'static str] = &["is_default"];

    async fn describe(said: &Description, _: &Resolver) -> Result<Value, Error> {
        let said: Datastore = said.parse("a datastore")?;
        let mut new = said.place()?;
        if let Some(credentials) = &said.credentials {
            new = credentials.add_to(new)?;
        }
        new = said.description.into_iter().fold(new, NewDatastore::description);
        new = said.endpoint.into_iter().fold(new, NewDatastore::endpoint);
        new = said.protocol.into_iter().fold(new, NewDatastore::protocol);
        for (name, value) in &said.properties {
            new = new.property(name, value.as_deref().unwrap_or_default());
        }
        for (name, value) in &said.tags {
            new = new.tag(name, value.as_deref().unwrap_or_default());
        }
        to_json(&new)
    }

    async fn put(datastores: &Datastores, name: &str, body: &Value) -> Result<Put<Self>, Error> {
        Ok(Put::Done(datastores.create_or_update(name, body, Validation::Skip).await?))
    }

    async fn add_secrets(shown: &mut Value, datastores: &Datastores, name: &str) -> Result<(), Error> {
        if shown["credentials"]["type"].as_str().is_none_or(|kind| kind == "none") {
            return Ok(());
        }
        let secrets = datastores.secrets(name, None).await?;
        for (member, secret) in [
            ("account_key", secrets.key),
            ("certificate", secrets.certificate),
            ("client_secret", secrets.client_secret),
            ("sas_token", secrets.sas_token),
        ] {
            if let Some(secret) = secret {
                shown["credentials"][member] = secret.expose().into();
            }
        }
        Ok(())
    }
}

impl Datastore {
    fn place(&self) -> Result<NewDatastore, Error> {
        let needed = |value: &Option<String>, member: &str| {
            value.clone().ok_or_else(|| {
                Error::new(ErrorKind::Configuration, format!("a datastore of this type needs {member}"))
                    .with_help(format!("say it in the file, or with --set {member}=VALUE"))
            })
        };
        let account = || needed(&self.account_name, "account_name");
        Ok(match self.kind {
            Type::AzureBlob => NewDatastore::blob(account()?, needed(&self.container_name, "container_name")?),
            Type::AzureDataLakeGen1 => NewDatastore::data_lake_gen1(needed(&self.store_name, "store_name")?),
            Type::AzureDataLakeGen2 => {
                NewDatastore::data_lake_gen2(account()?, needed(&self.filesystem, "filesystem")?)
            }
            Type::AzureFile => NewDatastore::file_share(account()?, needed(&self.file_share_name, "file_share_name")?),
            Type::OneLake => NewDatastore::one_lake(
                needed(&self.one_lake_workspace_name, "one_lake_workspace_name")?,
                needed(&self.artifact.as_ref().map(|artifact| artifact.name.clone()), "artifact.name")?,
            ),
        })
    }
}

impl Credentials {
    fn add_to(&self, new: NewDatastore) -> Result<NewDatastore, Error> {
        let application = self.tenant_id.as_deref().zip(self.client_id.as_deref());
        match (&self.account_key, &self.sas_token, application) {
            (Some(key), None, None) => Ok(new.account_key(key)),
            (None, Some(sas), None) => Ok(new.sas(sas)),
            (None, None, Some((tenant, client))) => match (&self.client_secret, &self.certificate, &self.thumbprint) {
                (Some(secret), None, _) => Ok(new.service_principal(tenant, client, secret)),
                (None, Some(certificate), Some(thumbprint)) => {
                    Ok(new.certificate(tenant, client, thumbprint, certificate))
                }
                _ => Err(unclear()),
            },
            (None, None, None) if self.client_secret.is_none() && self.certificate.is_none() => Ok(new),
            _ => Err(unclear()),
        }
    }
}

fn unclear() -> Error {
    Error::new(ErrorKind::Configuration, "the credentials of the datastore are not of one kind").with_help(
        "give account_key, or sas_token, or tenant_id and client_id with client_secret, or with certificate and thumbprint",
    )
}
