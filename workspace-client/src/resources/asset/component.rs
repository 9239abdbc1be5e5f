//! Components: what pipelines are made of.

use serde_json::Value;

use super::{AssetKind, Assets};
use crate::Workspace;
use crate::resources::{Resource, kind};

kind! {
    /// The kind of [`Component`].
    pub ComponentKind: "component" in "components" at "2025-12-01"
}

impl AssetKind for ComponentKind {}

/// A version of a component.
pub type Component = Resource<ComponentKind>;
/// The components of a workspace.
pub type Components = Assets<ComponentKind>;

impl Workspace {
    /// The components of the workspace. One is described by JSON in the API's shape: `{"properties": {"componentSpec": ...}}`.
    pub fn components(&self) -> Components {
        Components::of(self)
    }
}

impl Component {
    /// What it takes, gives and runs.
    pub fn spec(&self) -> Option<&Value> {
        self.raw().pointer("/properties/componentSpec")
    }

    /// What it is, such as `command` or `pipeline`.
    pub fn component_type(&self) -> Option<&str> {
        self.json().text("/properties/componentSpec/type")
    }

    /// The name that people see.
    pub fn display_name(&self) -> Option<&str> {
        self.json().text("/properties/componentSpec/display_name")
    }
}
