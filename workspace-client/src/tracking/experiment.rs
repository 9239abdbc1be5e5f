//! Experiments.

use auth_core::Error;
use serde_json::Value;

use super::server::odd;
use crate::resources::Json;

/// An experiment: what runs are grouped by.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment(Json);

impl Experiment {
    pub(super) fn new(raw: Value) -> Result<Self, Error> {
        let json = Json(raw);
        if json.text("/experiment_id").is_none() { Err(odd("the id of an experiment")) } else { Ok(Self(json)) }
    }

    pub(super) fn in_answer(answer: &Value) -> Result<Self, Error> {
        Self::new(answer["experiment"].clone())
    }

    /// The id.
    pub fn id(&self) -> &str {
        self.0.text("/experiment_id").unwrap_or_default()
    }

    /// The name.
    pub fn name(&self) -> Option<&str> {
        self.0.text("/name")
    }

    /// Where its runs keep files.
    pub fn artifact_location(&self) -> Option<&str> {
        self.0.text("/artifact_location")
    }

    /// Everything that the server said.
    pub fn raw(&self) -> &Value {
        &self.0.0
    }
}
