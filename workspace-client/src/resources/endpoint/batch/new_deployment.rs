//! The description of a batch deployment.

use serde::Serialize;
use serde_json::{Value, json};

use crate::resources::described;
use crate::resources::json::Json;

/// A deployment of a batch endpoint, to be created. What it does not say is as Azure chooses it.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewBatchDeployment(Json);

described!(tracked NewBatchDeployment);

impl NewBatchDeployment {
    /// Of the model with this id, on this compute.
    pub fn model(model_id: impl Into<String>, compute: impl Into<String>) -> Self {
        let model = json!({"referenceType": "Id", "assetId": model_id.into()});
        Self(Json(json!({"properties": {"model": model, "compute": compute.into(), "properties": {}}, "tags": {}})))
    }

    /// Of the pipeline component with this id.
    pub fn pipeline(component_id: impl Into<String>) -> Self {
        let component = json!({"referenceType": "Id", "assetId": component_id.into()});
        let configuration = json!({"deploymentConfigurationType": "PipelineComponent", "componentId": component});
        Self(Json(json!({"properties": {"deploymentConfiguration": configuration, "properties": {}}, "tags": {}})))
    }

    /// On this compute where nothing else says so.
    pub fn default_compute(self, compute: impl Into<String>) -> Self {
        self.property("deploymentConfiguration/settings/default_compute", compute.into())
    }

    /// In this environment, by its id.
    pub fn environment(self, id: impl Into<String>) -> Self {
        self.property("environmentId", id.into())
    }

    /// Answering with this script of the code with this id.
    pub fn code(self, code_id: impl Into<String>, scoring_script: impl Into<String>) -> Self {
        self.property("codeConfiguration/codeId", code_id.into())
            .property("codeConfiguration/scoringScript", scoring_script.into())
    }

    /// On so many nodes.
    pub fn instances(self, count: u64) -> Self {
        self.property("resources/instanceCount", count)
    }

    /// So many files at a time.
    pub fn mini_batch_size(self, files: u64) -> Self {
        self.property("miniBatchSize", files)
    }

    /// In this region instead of the workspace's.
    pub fn location(self, location: impl Into<String>) -> Self {
        self.with("/location", location.into())
    }

    /// With another member of its properties (RFC 6901), such as `/outputFileName`.
    pub fn setting(self, member: &str, value: impl Into<Value>) -> Self {
        self.with(&format!("/properties{member}"), value)
    }

    fn property(self, path: &str, value: impl Into<Value>) -> Self {
        self.with(&format!("/properties/{path}"), value)
    }
}
