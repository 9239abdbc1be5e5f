//! The description of an online deployment.

use serde::Serialize;
use serde_json::{Value, json};

use crate::resources::described;
use crate::resources::json::{Json, escaped};

/// A deployment of an online endpoint, to be created. Its defaults are those of `az ml online-deployment create`.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewOnlineDeployment(Json);

described!(tracked NewOnlineDeployment);

impl NewOnlineDeployment {
    /// One managed machine of this size, such as `Standard_DS3_v2`.
    pub fn managed(instance_type: impl Into<String>) -> Self {
        Self::of("Managed").property("instanceType", instance_type.into())
    }

    /// One pod of this instance type on Kubernetes.
    pub fn kubernetes(instance_type: impl Into<String>) -> Self {
        Self::of("Kubernetes").property("instanceType", instance_type.into())
    }

    /// With this model, by its id.
    pub fn model(self, id: impl Into<String>) -> Self {
        self.property("model", id.into())
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

    /// With so many machines or pods.
    pub fn instances(self, count: u64) -> Self {
        self.with("/sku/capacity", count)
    }

    /// With this variable in its environment.
    pub fn environment_variable(self, name: &str, value: impl Into<String>) -> Self {
        self.property(&format!("environmentVariables/{}", escaped(name)), value.into())
    }

    /// Seen by Application Insights.
    pub fn app_insights(self) -> Self {
        self.property("appInsightsEnabled", true)
    }

    /// In this region instead of the workspace's.
    pub fn location(self, location: impl Into<String>) -> Self {
        self.with("/location", location.into())
    }

    /// With another member of its properties (RFC 6901), such as `/requestSettings/requestTimeout`.
    pub fn setting(self, member: &str, value: impl Into<Value>) -> Self {
        self.with(&format!("/properties{member}"), value)
    }

    fn of(compute_type: &str) -> Self {
        let properties = json!({
            "appInsightsEnabled": false,
            "endpointComputeType": compute_type,
            "environmentVariables": {},
            "properties": {},
        });
        Self(Json(json!({"properties": properties, "sku": {"name": "Default", "capacity": 1}, "tags": {}})))
    }

    fn property(self, path: &str, value: impl Into<Value>) -> Self {
        self.with(&format!("/properties/{path}"), value)
    }
}
