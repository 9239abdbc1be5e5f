//! Serverless endpoints: models of the marketplace, which answer without machines of one's own.

use auth_core::{Error, Secret};
use serde::Serialize;
use serde_json::{Value, json};

use super::keys::{EndpointKeys, KeyType, regenerate};
use crate::Workspace;
use crate::arm::Poller;
use crate::resources::json::{Json, escaped};
use crate::resources::open_enum::open_enum;
use crate::resources::{Collection, LongRunning, Patched, Resource, Verb, kind};

kind! {
    /// The kind of [`ServerlessEndpoint`].
    pub tracked ServerlessEndpointKind: "serverless endpoint" in "serverlessEndpoints" at "2025-12-01"
}

impl LongRunning for ServerlessEndpointKind {}
impl Patched for ServerlessEndpointKind {}

/// A serverless endpoint.
pub type ServerlessEndpoint = Resource<ServerlessEndpointKind>;
/// The serverless endpoints of a workspace.
pub type ServerlessEndpoints = Collection<ServerlessEndpointKind>;

impl Workspace {
    /// The serverless endpoints of the workspace.
    pub fn serverless_endpoints(&self) -> ServerlessEndpoints {
        ServerlessEndpoints::of(self)
    }
}

open_enum! {
    /// How whoever asks a serverless endpoint shows who they are.
    ServerlessAuthMode {
        Aad = "AAD",
        Key = "Key",
        KeyAndAad = "KeyAndAAD",
    }
}

open_enum! {
    /// What a serverless endpoint is doing.
    ServerlessState {
        Creating = "Creating",
        CreationFailed = "CreationFailed",
        Deleting = "Deleting",
        DeletionFailed = "DeletionFailed",
        Online = "Online",
        Reinstating = "Reinstating",
        Suspended = "Suspended",
        Suspending = "Suspending",
        Unknown = "Unknown",
    }
}

impl ServerlessEndpoint {
    /// The model that answers.
    pub fn model_id(&self) -> Option<&str> {
        self.json().text("/properties/modelSettings/modelId")
    }

    /// How whoever asks shows who they are.
    pub fn auth_mode(&self) -> Option<ServerlessAuthMode> {
        self.json().one_of("/properties/authMode")
    }

    /// What it is doing.
    pub fn state(&self) -> Option<ServerlessState> {
        self.json().one_of("/properties/endpointState")
    }

    /// Where it answers.
    pub fn uri(&self) -> Option<&str> {
        self.json().text("/properties/inferenceEndpoint/uri")
    }

    /// What it wants to be sent with each request.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.json().texts("/properties/inferenceEndpoint/headers")
    }

    /// Whether harmful content is kept back, `Enabled` or `Disabled`.
    pub fn content_safety(&self) -> Option<&str> {
        self.json().text("/properties/contentSafety/contentSafetyStatus")
    }

    /// The subscription to the model.
    pub fn marketplace_subscription_id(&self) -> Option<&str> {
        self.json().text("/properties/marketplaceSubscriptionId")
    }
}

impl ServerlessEndpoints {
    /// The keys of an endpoint.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn keys(&self, name: &str) -> Result<EndpointKeys, Error> {
        self.place().fetch(Verb::ask(&[name, "listKeys"])).await
    }

    /// Replaces a key, by one of Azure's making unless one is given. Both keys are told in the end.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn regenerate_keys(
        &self,
        name: &str,
        key: KeyType,
        value: Option<&Secret>,
    ) -> Result<Poller<EndpointKeys>, Error> {
        self.place().begin(regenerate(name, key, value)?).await
    }
}

/// A serverless endpoint, to be created. Its defaults are those of `az ml serverless-endpoint create`.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewServerlessEndpoint(Json);

impl NewServerlessEndpoint {
    /// Of the model with this id.
    pub fn new(model_id: impl Into<String>) -> Self {
        let properties = json!({"authMode": "Key", "modelSettings": {"modelId": model_id.into()}});
        Self(Json(json!({"properties": properties, "sku": {"name": "Consumption"}})))
    }

    /// Asked in this way.
    pub fn auth_mode(self, mode: &ServerlessAuthMode) -> Self {
        self.with("/properties/authMode", mode.as_str())
    }

    /// Whether harmful content is kept back.
    pub fn content_safety(self, enabled: bool) -> Self {
        let status = if enabled { "Enabled" } else { "Disabled" };
        self.with("/properties/contentSafety/contentSafetyStatus", status)
    }

    /// Adds a tag.
    pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
        self.with(&format!("/tags/{}", escaped(name)), value.into())
    }

    fn with(self, path: &str, value: impl Into<Value>) -> Self {
        Self(self.0.with(path, value))
    }
}
