//! What jobs read and write.

use serde::Serialize;
use serde_json::{Value, json};

use crate::resources::Json;
use crate::resources::open_enum::open_enum;

/// What a job reads: a literal, or data by URI or id.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct JobInput(Json);

/// What a job writes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct JobOutput(Json);

open_enum! {
    /// What data of a job is.
    DataType {
        CustomModel = "custom_model",
        Literal = "literal",
        MlflowModel = "mlflow_model",
        Mltable = "mltable",
        TritonModel = "triton_model",
        UriFile = "uri_file",
        UriFolder = "uri_folder",
    }
}

open_enum! {
    /// How data comes to a job and from it.
    DataMode {
        Direct = "Direct",
        Download = "Download",
        EvalDownload = "EvalDownload",
        EvalMount = "EvalMount",
        ReadOnlyMount = "ReadOnlyMount",
        ReadWriteMount = "ReadWriteMount",
        Upload = "Upload",
    }
}

impl JobInput {
    /// A text, as which Azure takes numbers, too.
    pub fn literal(value: impl Into<String>) -> Self {
        Self(Json(json!({"jobInputType": DataType::Literal, "value": value.into()})))
    }

    /// A file.
    pub fn file(uri: impl Into<String>) -> Self {
        Self::data(&DataType::UriFile, uri)
    }

    /// A folder.
    pub fn folder(uri: impl Into<String>) -> Self {
        Self::data(&DataType::UriFolder, uri)
    }

    /// Data of this type, by its URI or id.
    pub fn data(data_type: &DataType, uri: impl Into<String>) -> Self {
        Self(Json(json!({"jobInputType": data_type, "uri": uri.into()})))
    }

    /// How it comes to the job.
    pub fn with_mode(self, mode: &DataMode) -> Self {
        Self(self.0.with("/mode", mode.as_str()))
    }

    /// What it is.
    pub fn data_type(&self) -> Option<DataType> {
        self.0.one_of("/jobInputType")
    }

    /// Where it lies.
    pub fn uri(&self) -> Option<&str> {
        self.0.text("/uri")
    }

    /// The literal.
    pub fn value(&self) -> Option<&str> {
        self.0.text("/value")
    }

    pub(super) fn new(raw: &Value) -> Self {
        Self(Json(raw.clone()))
    }

    pub(super) fn into_json(self) -> Value {
        self.0.0
    }
}

impl JobOutput {
    /// A folder, which is written as it is mounted.
    pub fn folder() -> Self {
        Self::data(&DataType::UriFolder)
    }

    /// Data of this type.
    pub fn data(data_type: &DataType) -> Self {
        Self(Json(json!({"jobOutputType": data_type, "mode": DataMode::ReadWriteMount})))
    }

    /// At this URI; without one Azure finds a place in the workspace's own datastore.
    pub fn at(self, uri: impl Into<String>) -> Self {
        Self(self.0.with("/uri", uri.into()))
    }

    /// How it comes from the job.
    pub fn with_mode(self, mode: &DataMode) -> Self {
        Self(self.0.with("/mode", mode.as_str()))
    }

    /// Registered as an asset of this name.
    pub fn registered_as(self, name: impl Into<String>) -> Self {
        Self(self.0.with("/assetName", name.into()))
    }

    /// What it is.
    pub fn data_type(&self) -> Option<DataType> {
        self.0.one_of("/jobOutputType")
    }

    /// Where it lies, once that is known.
    pub fn uri(&self) -> Option<&str> {
        self.0.text("/uri")
    }

    /// The asset that it is registered as.
    pub fn asset_name(&self) -> Option<&str> {
        self.0.text("/assetName")
    }

    pub(super) fn new(raw: &Value) -> Self {
        Self(Json(raw.clone()))
    }

    pub(super) fn into_json(self) -> Value {
        self.0.0
    }
}
