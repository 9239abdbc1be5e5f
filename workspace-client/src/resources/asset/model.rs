//! Models.

use serde::Serialize;
use serde_json::json;

use super::{AssetKind, Assets, Publishable, UploadTarget};
use crate::resources::json::Json;
use crate::resources::open_enum::open_enum;
use crate::resources::{Resource, described, kind};
use crate::{Registry, Workspace};

kind! {
    /// The kind of [`Model`].
    pub ModelKind: "model" in "models" at "2025-12-01"
}

impl AssetKind for ModelKind {}

impl Publishable for ModelKind {}

impl UploadTarget for ModelKind {}

/// A version of a model.
pub type Model = Resource<ModelKind>;
/// The models of a workspace or a registry.
pub type Models = Assets<ModelKind>;

impl Workspace {
    /// The models of the workspace.
    pub fn models(&self) -> Models {
        Models::of(self)
    }
}

impl Registry {
    /// The models of the registry.
    pub fn models(&self) -> Models {
        Models::of_registry(self)
    }
}

open_enum! {
    /// What a model's files are.
    ModelType {
        Custom = "custom_model",
        MlFlow = "mlflow_model",
        Triton = "triton_model",
    }
}

impl Model {
    /// What its files are.
    pub fn model_type(&self) -> Option<ModelType> {
        self.json().one_of("/properties/modelType")
    }

    /// Where its files are.
    pub fn uri(&self) -> Option<&str> {
        self.json().text("/properties/modelUri")
    }

    /// The job that made it.
    pub fn job_name(&self) -> Option<&str> {
        self.json().text("/properties/jobName")
    }

    /// Where it stands on its way, such as `Production`.
    pub fn stage(&self) -> Option<&str> {
        self.json().text("/properties/stage")
    }
}

/// A version of a model, to be created.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use workspace_client::resources::asset::model::{ModelType, NewModel};
/// let uri = "azureml://datastores/workspaceblobstore/paths/models/credit";
/// let model = ws.models().create("credit", &NewModel::new(&ModelType::MlFlow, uri)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewModel(Json);

described!(NewModel);

impl NewModel {
    /// Of this type, with its files there.
    pub fn new(model_type: &ModelType, uri: impl Into<String>) -> Self {
        Self(Json(json!({"properties": {"modelType": model_type, "modelUri": uri.into()}})))
    }

    /// Where it stands on its way.
    pub fn stage(self, stage: impl Into<String>) -> Self {
        Self(self.0.with("/properties/stage", stage.into()))
    }
}
