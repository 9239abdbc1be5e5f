//! Who reaches a workspace through a private endpoint.

use auth_core::Error;
use serde::Serialize;

use crate::Workspace;
use crate::resources::open_enum::open_enum;
use crate::resources::{Collection, Resource, Verb, kind};

kind! {
    /// The kind of [`PrivateEndpointConnection`].
    pub tracked PrivateEndpointConnectionKind: "private endpoint connection" in "privateEndpointConnections" at "2025-12-01"
}

/// A private endpoint that leads to a workspace.
pub type PrivateEndpointConnection = Resource<PrivateEndpointConnectionKind>;
/// The private endpoints that lead to a workspace.
pub type PrivateEndpointConnections = Collection<PrivateEndpointConnectionKind>;

impl Workspace {
    /// The private endpoints that lead to the workspace.
    pub fn private_endpoint_connections(&self) -> PrivateEndpointConnections {
        PrivateEndpointConnections::of(self)
    }
}

open_enum! {
    /// Whether a private endpoint may lead there.
    ConnectionStatus {
        Approved = "Approved",
        Disconnected = "Disconnected",
        Pending = "Pending",
        Rejected = "Rejected",
        Timeout = "Timeout",
    }
}

impl PrivateEndpointConnection {
    /// The private endpoint.
    pub fn private_endpoint(&self) -> Option<&str> {
        self.json().text("/properties/privateEndpoint/id")
    }

    /// Whether it may lead there.
    pub fn status(&self) -> Option<ConnectionStatus> {
        self.json().one_of("/properties/privateLinkServiceConnectionState/status")
    }

    /// Why.
    pub fn status_description(&self) -> Option<&str> {
        self.json().text("/properties/privateLinkServiceConnectionState/description")
    }

    /// What its owner has still to do.
    pub fn actions_required(&self) -> Option<&str> {
        self.json().text("/properties/privateLinkServiceConnectionState/actionsRequired")
    }

    /// The same with another answer to its owner, to be sent back to Azure.
    #[must_use]
    pub fn with_status(self, status: &ConnectionStatus, description: impl Into<String>) -> Self {
        let state = "/properties/privateLinkServiceConnectionState";
        self.with(&format!("{state}/status"), status.as_str()).with(&format!("{state}/description"), description.into())
    }
}

impl PrivateEndpointConnections {
    /// Answers a private endpoint: [`PrivateEndpointConnection::with_status`] lets it in, or not.
    ///
    /// # Errors
    /// As [`Collection::get`], and [`ArmError`](crate::arm::ArmError) as the source where that is refused.
    pub async fn create_or_update(
        &self,
        name: &str,
        connection: &impl Serialize,
    ) -> Result<PrivateEndpointConnection, Error> {
        self.place().fetch(Verb::put(&[name], connection)?).await
    }

    /// Cuts a private endpoint off. That there is none is no error.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        self.place().fetch(Verb::delete(&[name])).await
    }
}
