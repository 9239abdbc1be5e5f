//! Connections to other services.

mod credentials;
mod new_connection;

use auth_core::Error;
use serde::Serialize;
use serde_json::Value;

use super::open_enum::open_enum;
use super::{Collection, Resource, Verb, kind};
use crate::Workspace;
use crate::arm::Pager;

pub use credentials::ConnectionCredentials;
pub use new_connection::NewConnection;

kind! {
    /// The kind of [`Connection`].
    pub ConnectionKind: "connection" in "connections" at "2025-12-01"
}

/// A connection to another service.
pub type Connection = Resource<ConnectionKind>;
/// The connections of a workspace.
pub type Connections = Collection<ConnectionKind>;

impl Workspace {
    /// The connections of the workspace.
    pub fn connections(&self) -> Connections {
        Connections::of(self)
    }
}

open_enum! {
    /// How a connection signs in.
    ConnectionAuthType {
        Aad = "AAD",
        AccessKey = "AccessKey",
        AccountKey = "AccountKey",
        AccountManagedIdentity = "AccountManagedIdentity",
        AgentUserImpersonation = "AgentUserImpersonation",
        AgenticIdentityToken = "AgenticIdentityToken",
        AgenticUser = "AgenticUser",
        ApiKey = "ApiKey",
        CustomKeys = "CustomKeys",
        DelegatedSas = "DelegatedSAS",
        ManagedIdentity = "ManagedIdentity",
        None = "None",
        OAuth2 = "OAuth2",
        Pat = "PAT",
        ProjectManagedIdentity = "ProjectManagedIdentity",
        Sas = "SAS",
        ServicePrincipal = "ServicePrincipal",
        UserEntraToken = "UserEntraToken",
        UsernamePassword = "UsernamePassword",
    }
}

/// Which connections are wanted.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ConnectionFilter {
    target: Option<String>,
    category: Option<String>,
    include_all: Option<bool>,
}

impl Connection {
    /// What it leads to, such as `ContainerRegistry`.
    pub fn category(&self) -> Option<&str> {
        self.json().text("/properties/category")
    }

    /// Where it leads.
    pub fn target(&self) -> Option<&str> {
        self.json().text("/properties/target")
    }

    /// How it signs in.
    pub fn auth_type(&self) -> Option<ConnectionAuthType> {
        self.json().one_of("/properties/authType")
    }

    /// What else is known of the service, such as the version of its API.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.json().texts("/properties/metadata")
    }

    /// Whether everybody in the workspace can use it.
    pub fn is_shared(&self) -> Option<bool> {
        self.json().boolean("/properties/isSharedToAll")
    }

    /// When it ends, as Azure writes it.
    pub fn expiry_time(&self) -> Option<&str> {
        self.json().text("/properties/expiryTime")
    }
}

impl ConnectionFilter {
    /// Those that lead there.
    pub fn target(self, target: impl Into<String>) -> Self {
        Self { target: Some(target.into()), ..self }
    }

    /// Those to services of this category.
    pub fn category(self, category: impl Into<String>) -> Self {
        Self { category: Some(category.into()), ..self }
    }

    /// Also those of the hub that a project belongs to.
    pub fn include_all(self) -> Self {
        Self { include_all: Some(true), ..self }
    }
}

impl Connections {
    /// Those that are wanted.
    pub fn list_with(&self, filter: &ConnectionFilter) -> Pager<Connection> {
        let verb = Verb::get(&[])
            .query("target", filter.target.as_deref())
            .query("category", filter.category.as_deref())
            .query("includeAll", filter.include_all.map(|all| if all { "true" } else { "false" }));
        self.place().pager(verb)
    }

    /// Creates a connection, or replaces the one of this name. [`NewConnection`] describes those that people create.
    ///
    /// # Errors
    /// As [`Collection::get`], and [`ArmError`](crate::arm::ArmError) as the source where the description is refused.
    pub async fn create_or_update(&self, name: &str, connection: &impl Serialize) -> Result<Connection, Error> {
        self.place().fetch(Verb::put(&[name], connection)?).await
    }

    /// Changes some members of a connection. `authType` is among them, as it says how the others are read.
    ///
    /// # Errors
    /// As [`Connections::create_or_update`].
    pub async fn update(&self, name: &str, change: &impl Serialize) -> Result<Connection, Error> {
        self.place().fetch(Verb::patch(&[name], change)?).await
    }

    /// Deletes a connection. That there is none is no error.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        self.place().fetch(Verb::delete(&[name])).await
    }

    /// With what a connection signs in, which nothing else tells.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn secrets(&self, name: &str) -> Result<ConnectionCredentials, Error> {
        let told: Value = self.place().fetch(Verb::ask(&[name, "listsecrets"])).await?;
        Ok(ConnectionCredentials::of(&told))
    }
}
