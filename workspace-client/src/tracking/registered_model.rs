//! Models that are registered with the tracking server.

use auth_core::Error;
use serde_json::Value;

use super::server::odd;
use crate::resources::Json;

/// A model that is registered.
#[derive(Clone, Debug, PartialEq)]
pub struct RegisteredModel(Json);

/// A version of a model that is registered.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelVersion(Json);

impl RegisteredModel {
    pub(super) fn new(raw: Value) -> Result<Self, Error> {
        let json = Json(raw);
        if json.text("/name").is_none() { Err(odd("the name of a model")) } else { Ok(Self(json)) }
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.0.text("/name").unwrap_or_default()
    }

    /// Everything that the server said.
    pub fn raw(&self) -> &Value {
        &self.0.0
    }
}

impl ModelVersion {
    pub(super) fn new(raw: Value) -> Result<Self, Error> {
        let json = Json(raw);
        if json.text("/version").is_none() { Err(odd("the version of a model")) } else { Ok(Self(json)) }
    }

    /// The model's name.
    pub fn name(&self) -> Option<&str> {
        self.0.text("/name")
    }

    /// The version.
    pub fn version(&self) -> &str {
        self.0.text("/version").unwrap_or_default()
    }

    /// Where its files are.
    pub fn source(&self) -> Option<&str> {
        self.0.text("/source")
    }

    /// The run that made it.
    pub fn run_id(&self) -> Option<&str> {
        self.0.text("/run_id")
    }
}
