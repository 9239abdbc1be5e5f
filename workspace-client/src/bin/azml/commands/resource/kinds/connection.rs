//! Connections to other services.

use auth_core::{Error, ErrorKind, Secret};
use serde::Deserialize;
use serde_json::Value;
use workspace_client::Workspace;
use workspace_client::resources::connection::{ConnectionKind, Connections, NewConnection};

use crate::args::{ConnectionTypeArgs, NoOptions, NoParent, SecretsArgs};
use crate::commands::resource::{Described, Listed, Put, Resolver, to_json};
use crate::description::{Description, Texts};
use crate::entity::{Member, is, snake_case, to_snake_case};
use crate::output::Column;

impl Listed for ConnectionKind {
    type Parent = NoParent;

    const MEMBERS: &'static [Member] = &[
        snake_case("/credentials/type", "/properties/authType"),
        is("/is_shared", "/properties/isSharedToAll"),
        is("/metadata", "/properties/metadata"),
        is("/target", "/properties/target"),
        snake_case("/type", "/properties/category"),
    ];
    const COLUMNS: &'static [Column] =
        &[("Name", "name"), ("Type", "type"), ("Credentials", "/credentials/type"), ("Target", "target")];

    fn of(workspace: &Workspace, _: &NoParent) -> Connections {
        workspace.connections()
    }
}

/// What a file says of a connection. Of some types, `az ml` has other names for the target and for the key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Connection {
    account_name: Option<String>,
    #[serde(alias = "api_base", alias = "azure_endpoint", alias = "endpoint", alias = "url")]
    target: Option<String>,
    api_key: Option<Secret>,
    api_version: Option<String>,
    container_name: Option<String>,
    credentials: Option<Credentials>,
    #[serde(default = "yes")]
    is_shared: bool,
    #[serde(default, alias = "tags")]
    metadata: Texts,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Credentials {
    #[serde(alias = "aad_token")]
    Aad {},
    AccessKey {
        access_key_id: String,
        secret_access_key: Secret,
    },
    AccountKey {
        account_key: Secret,
    },
    ApiKey {
        key: Secret,
    },
    ManagedIdentity {
        client_id: String,
        resource_id: String,
    },
    None {},
    #[serde(alias = "personal_access_token")]
    Pat {
        pat: Secret,
    },
    Sas {
        sas_token: Secret,
    },
    ServicePrincipal {
        client_id: String,
        client_secret: Secret,
        tenant_id: String,
    },
    UsernamePassword {
        username: String,
        password: Secret,
    },
}

fn yes() -> bool {
    true
}

impl Described for ConnectionKind {
    type CreateOptions = NoOptions;
    type ListOptions = ConnectionTypeArgs;
    type ShowOptions = SecretsArgs;
    type UpdateOptions = NoOptions;

    const READ_ONLY: &'static [&'static str] = &[];

    async fn describe(said: &Description, _: &Resolver) -> Result<Value, Error> {
        let said: Connection = said.parse("a connection")?;
        let target = said.target.ok_or_else(|| {
            Error::new(ErrorKind::Configuration, "a connection needs target")
                .with_help("say it in the file, or with --set target=URL")
        })?;
        let category = category(&said.kind);
        let mut new = NewConnection::new(category.clone(), target);
        new = if said.is_shared { new } else { new.private() };
        if category == "AzureOpenAI" {
            new = new.metadata("ApiType", "Azure");
        }
        let more = [
            ("AccountName", said.account_name),
            ("ApiVersion", said.api_version),
            ("ContainerName", said.container_name),
        ];
        for (name, value) in more {
            new = value.into_iter().fold(new, |new, value| new.metadata(name, value));
        }
        for (name, value) in &said.metadata {
            new = new.metadata(name, value.as_deref().unwrap_or_default());
        }
        new = said.api_key.iter().fold(new, NewConnection::api_key);
        to_json(&match said.credentials {
            Some(credentials) => credentials.add_to(new),
            None => new,
        })
    }

    async fn put(connections: &Connections, name: &str, body: &Value) -> Result<Put<Self>, Error> {
        Ok(Put::Done(connections.create_or_update(name, body).await?))
    }

    async fn add_secrets(shown: &mut Value, connections: &Connections, name: &str) -> Result<(), Error> {
        for (member, secret) in connections.secrets(name).await?.iter() {
            shown["credentials"][to_snake_case(member)] = secret.expose().into();
        }
        Ok(())
    }
}

impl Credentials {
    fn add_to(&self, new: NewConnection) -> NewConnection {
        match self {
            Self::Aad {} => new.aad(),
            Self::AccessKey { access_key_id, secret_access_key } => new.access_key(access_key_id, secret_access_key),
            Self::AccountKey { account_key } => new.account_key(account_key),
            Self::ApiKey { key } => new.api_key(key),
            Self::ManagedIdentity { client_id, resource_id } => new.managed_identity(client_id, resource_id),
            Self::None {} => new,
            Self::Pat { pat } => new.personal_access_token(pat),
            Self::Sas { sas_token } => new.sas(sas_token),
            Self::ServicePrincipal { client_id, client_secret, tenant_id } => {
                new.service_principal(tenant_id, client_id, client_secret)
            }
            Self::UsernamePassword { username, password } => new.username_password(username, password),
        }
    }
}

/// The API's name of a type: `python_feed` is `PythonFeed`.
pub(crate) fn category(kind: &str) -> String {
    match kind {
        "azure_open_ai" => return "AzureOpenAI".to_owned(),
        "custom" => return "CustomKeys".to_owned(),
        _ => {}
    }
    kind.split('_').map(|word| word[..1.min(word.len())].to_uppercase() + &word[1.min(word.len())..]).collect()
}
