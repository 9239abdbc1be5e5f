//! Environments: the images that jobs run in.

use serde::Serialize;
use serde_json::json;

use super::{AssetKind, Assets, Publishable};
use crate::resources::json::Json;
use crate::resources::open_enum::open_enum;
use crate::resources::{Resource, described, kind};
use crate::{Registry, Workspace};

kind! {
    /// The kind of [`Environment`].
    pub EnvironmentKind: "environment" in "environments" at "2025-12-01"
}

impl AssetKind for EnvironmentKind {}

impl Publishable for EnvironmentKind {}

/// A version of an environment.
pub type Environment = Resource<EnvironmentKind>;
/// The environments of a workspace or a registry.
pub type Environments = Assets<EnvironmentKind>;

impl Workspace {
    /// The environments of the workspace, those that Microsoft curates among them.
    pub fn environments(&self) -> Environments {
        Environments::of(self)
    }
}

impl Registry {
    /// The environments of the registry.
    pub fn environments(&self) -> Environments {
        Environments::of_registry(self)
    }
}

open_enum! {
    /// Who made an environment.
    EnvironmentType {
        Curated = "Curated",
        UserCreated = "UserCreated",
    }
}

open_enum! {
    /// The system of an image.
    OsType {
        Linux = "Linux",
        Windows = "Windows",
    }
}

impl Environment {
    /// Who made it.
    pub fn environment_type(&self) -> Option<EnvironmentType> {
        self.json().one_of("/properties/environmentType")
    }

    /// The image, or the one that it is built upon.
    pub fn image(&self) -> Option<&str> {
        self.json().text("/properties/image")
    }

    /// The text of the conda file.
    pub fn conda_file(&self) -> Option<&str> {
        self.json().text("/properties/condaFile")
    }

    /// The system of the image.
    pub fn os_type(&self) -> Option<OsType> {
        self.json().one_of("/properties/osType")
    }

    /// Where the folder is that the image is built of.
    pub fn build_context(&self) -> Option<&str> {
        self.json().text("/properties/build/contextUri")
    }

    /// Where the Dockerfile is in that folder.
    pub fn dockerfile(&self) -> Option<&str> {
        self.json().text("/properties/build/dockerfilePath")
    }
}

/// A version of an environment, to be created.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewEnvironment(Json);

described!(NewEnvironment);

impl NewEnvironment {
    /// An image as it is.
    pub fn image(image: impl Into<String>) -> Self {
        Self(Json(json!({"properties": {"image": image.into()}})))
    }

    /// An image with the packages of a conda file, whose text this is.
    pub fn conda(image: impl Into<String>, conda_file: impl Into<String>) -> Self {
        Self(Self::image(image).0.with("/properties/condaFile", conda_file.into()))
    }

    /// An image that is built of an uploaded folder, with the Dockerfile at this path in it.
    pub fn build_context(uri: impl Into<String>, dockerfile: impl Into<String>) -> Self {
        Self(Json(json!({"properties": {"build": {"contextUri": uri.into(), "dockerfilePath": dockerfile.into()}}})))
    }

    /// The system of the image.
    pub fn os_type(self, os_type: &OsType) -> Self {
        Self(self.0.with("/properties/osType", os_type.as_str()))
    }
}
