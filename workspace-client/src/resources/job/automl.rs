//! The description of an automated ML job.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::common::any_job;
use crate::resources::open_enum::open_enum;
use crate::resources::{Json, duration};

/// A search for the best model for a table, a text or images. Its defaults are those of the Python SDK.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct AutoMlJob(Json);

any_job!(AutoMlJob);

open_enum! {
    /// What a model is to do.
    AutoMlTask {
        Classification = "Classification",
        Forecasting = "Forecasting",
        ImageClassification = "ImageClassification",
        ImageClassificationMultilabel = "ImageClassificationMultilabel",
        ImageInstanceSegmentation = "ImageInstanceSegmentation",
        ImageObjectDetection = "ImageObjectDetection",
        Regression = "Regression",
        TextClassification = "TextClassification",
        TextClassificationMultilabel = "TextClassificationMultilabel",
        TextNer = "TextNER",
    }
}

impl AutoMlJob {
    /// A model for this task learns to tell a column of the `MLTable` at this URI, such as `azureml:prices:1`.
    pub fn new(task: &AutoMlTask, training_data: impl Into<String>, target_column: impl Into<String>) -> Self {
        Self(Json(json!({"properties": {
            "jobType": "AutoML",
            "isArchived": false,
            "outputs": {},
            "properties": {},
            "tags": {},
            "taskDetails": {
                "taskType": task.as_str(),
                "logVerbosity": "Info",
                "targetColumnName": target_column.into(),
                "trainingData": table(training_data),
            },
        }})))
    }

    /// Judged by this metric of the task, such as `Accuracy`.
    pub fn primary_metric(self, metric: impl Into<String>) -> Self {
        self.detail("primaryMetric", metric.into())
    }

    /// Judged with the `MLTable` at this URI.
    pub fn validation_data(self, uri: impl Into<String>) -> Self {
        self.detail("validationData", table(uri))
    }

    /// Judged with parts of the training data, so many times.
    pub fn cross_validations(self, count: u64) -> Self {
        self.detail("nCrossValidations", json!({"mode": "Custom", "value": count}))
    }

    /// Ends after this time.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.detail("limitSettings/timeout", duration::write(timeout))
    }

    /// Ends after this many models, of which so many are tried at once.
    pub fn trials(self, most: u64, at_once: u64) -> Self {
        self.detail("limitSettings/maxTrials", most).detail("limitSettings/maxConcurrentTrials", at_once)
    }

    /// Whether it ends where the models no longer get better.
    pub fn early_termination(self, ends: bool) -> Self {
        self.detail("limitSettings/enableEarlyTermination", ends)
    }

    /// Tells the values of a time column, so many steps ahead.
    pub fn forecast(self, time_column: impl Into<String>, horizon: u64) -> Self {
        let horizon = json!({"mode": "Custom", "value": horizon});
        self.detail("forecastingSettings", json!({"timeColumnName": time_column.into(), "forecastHorizon": horizon}))
    }

    /// Sets what else the API knows of the task, such as `trainingSettings`, by its name or path there.
    pub fn detail(self, path: &str, value: impl Into<Value>) -> Self {
        self.member(&format!("taskDetails/{path}"), value)
    }
}

fn table(uri: impl Into<String>) -> Value {
    json!({"jobInputType": "mltable", "uri": uri.into()})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Observed: azure-ai-ml 1.35.
    #[test]
    fn a_search_is_described_as_the_python_sdk_describes_it() {
        let job = AutoMlJob::new(&AutoMlTask::Classification, "azureml:train:1", "y")
            .compute("cpu")
            .cross_validations(5)
            .early_termination(true)
            .experiment("e")
            .primary_metric("Accuracy")
            .timeout(Duration::from_secs(3600))
            .trials(5, 2)
            .validation_data("azureml:val:1");
        let table = |name: &str| json!({"jobInputType": "mltable", "uri": format!("azureml:{name}:1")});
        let limits =
            json!({"enableEarlyTermination": true, "maxConcurrentTrials": 2, "maxTrials": 5, "timeout": "PT1H"});
        let details = json!({
            "limitSettings": limits, "logVerbosity": "Info", "nCrossValidations": {"mode": "Custom", "value": 5},
            "primaryMetric": "Accuracy", "targetColumnName": "y", "taskType": "Classification",
            "trainingData": table("train"), "validationData": table("val"),
        });
        let expected = json!({"properties": {
            "computeId": "cpu", "experimentName": "e", "isArchived": false, "jobType": "AutoML", "outputs": {},
            "properties": {}, "tags": {}, "taskDetails": details,
        }});
        assert_eq!(serde_json::to_value(&job).unwrap(), expected);
        let forecast = AutoMlJob::new(&AutoMlTask::Forecasting, "azureml:train:1", "y").forecast("t", 12);
        let settings = json!({"forecastHorizon": {"mode": "Custom", "value": 12}, "timeColumnName": "t"});
        let described = serde_json::to_value(&forecast).unwrap();
        assert_eq!(described["properties"]["taskDetails"]["forecastingSettings"], settings);
    }
}
