//! Environments: what jobs and deployments run in.

use serde::Serialize;
use serde_json::json;

use super::{AssetKind, Assets};
use crate::Workspace;
use crate::resources::{Json, Resource, escaped, kind};

kind! {
    /// The kind of [`Environment`].
    pub EnvironmentKind: "environment" in "environments" at "2025-12-01"
}

impl AssetKind for EnvironmentKind {}

/// A version of an environment.
pub type Environment = Resource<EnvironmentKind>;
/// The environments of a workspace.
pub type Environments = Assets<EnvironmentKind>;

impl Workspace {
    /// The environments of the workspace, with those that Microsoft curates.
    pub fn environments(&self) -> Environments {
        Environments::of(self)
    }
}

impl Environment {
    /// The image that it is, or that it is built from.
    pub fn image(&self) -> Option<&str> {
        self.json().text("/properties/image")
    }

    /// The conda file, as text.
    pub fn conda_file(&self) -> Option<&str> {
        self.json().text("/properties/condaFile")
    }

    /// Where the folder lies that it is built from.
    pub fn build_context(&self) -> Option<&str> {
        self.json().text("/properties/build/contextUri")
    }

    /// Its operating system.
    pub fn os_type(&self) -> Option<&str> {
        self.json().text("/properties/osType")
    }
}

/// A version of an environment, to be created.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use workspace_client::resources::asset::environment::NewEnvironment;
/// let environment = NewEnvironment::image("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04");
/// ws.environments().create("training", &environment).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct NewEnvironment(Json);

impl NewEnvironment {
    /// An image.
    pub fn image(image: impl Into<String>) -> Self {
        Self(Json(json!({"properties": {"image": image.into(), "osType": "Linux"}})))
    }

    /// Built from a folder in storage, by its URL, which ends with a slash.
    pub fn build(context_uri: impl Into<String>, dockerfile_path: impl Into<String>) -> Self {
        let build = json!({"contextUri": context_uri.into(), "dockerfilePath": dockerfile_path.into()});
        Self(Json(json!({"properties": {"build": build, "osType": "Linux"}})))
    }

    /// With these packages on top of the image, as the text of a conda file.
    #[must_use]
    pub fn conda_file(self, text: impl Into<String>) -> Self {
        Self(self.0.with("/properties/condaFile", text.into()))
    }

    /// What it is for.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        Self(self.0.with("/properties/description", description.into()))
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
        Self(self.0.with(&format!("/properties/tags/{}", escaped(name)), value.into()))
    }
}
