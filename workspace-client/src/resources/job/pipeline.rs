//! The description of a pipeline job.

use serde::Serialize;
use serde_json::{Value, json};

use super::common::any_job;
use crate::resources::{Json, escaped};

/// Jobs that hand each other what they write.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct PipelineJob(Json);

any_job!(PipelineJob);

impl Default for PipelineJob {
    fn default() -> Self {
        Self::new()
    }
}

impl PipelineJob {
    /// A pipeline without steps.
    pub fn new() -> Self {
        Self(Json(json!({"properties": {
            "jobType": "Pipeline",
            "inputs": {},
            "isArchived": false,
            "jobs": {},
            "outputs": {},
            "properties": {},
            "settings": {},
            "tags": {},
        }})))
    }

    /// Adds a step, as the API describes it: `{"type": "command", "componentId": "...", "inputs": {...}}`.
    pub fn step(self, name: &str, step: Value) -> Self {
        let path = format!("jobs/{}", escaped(name));
        self.member(&path, step).member(&format!("{path}/name"), name)
    }

    /// The compute of steps that have none, by resource id.
    pub fn default_compute(self, id: impl Into<String>) -> Self {
        self.member("settings/default_compute", id.into())
    }

    /// The datastore of outputs that have none, by resource id.
    pub fn default_datastore(self, id: impl Into<String>) -> Self {
        self.member("settings/default_datastore", id.into())
    }

    /// Whether steps that do not need a step that has failed go on.
    pub fn continue_on_step_failure(self, goes_on: bool) -> Self {
        self.member("settings/continue_on_step_failure", goes_on)
    }
}
