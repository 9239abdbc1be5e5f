//! Components: the steps of pipelines.

use serde::Serialize;
use serde_json::{Value, json};

use super::{AssetKind, Assets, Publishable};
use crate::resources::json::Json;
use crate::resources::{Resource, described, kind};
use crate::{Registry, Workspace};

kind! {
    /// The kind of [`Component`].
    pub ComponentKind: "component" in "components" at "2025-12-01"
}

impl AssetKind for ComponentKind {
    const HAS_REGISTRY_VIEWS: bool = false;
    const DEFAULT_LABEL: Option<&'static str> = Some("default");
}

impl Publishable for ComponentKind {}

/// A version of a component.
pub type Component = Resource<ComponentKind>;
/// The components of a workspace or a registry.
pub type Components = Assets<ComponentKind>;

impl Workspace {
    /// The components of the workspace.
    pub fn components(&self) -> Components {
        Components::of(self)
    }
}

impl Registry {
    /// The components of the registry.
    pub fn components(&self) -> Components {
        Components::of_registry(self)
    }
}

impl Component {
    /// What it does: its inputs, outputs and command.
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

/// A version of a component, to be created.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewComponent(Json);

described!(NewComponent);

impl NewComponent {
    /// A component that does this, in the words of a component's YAML.
    pub fn new(spec: impl Into<Value>) -> Self {
        Self(Json(json!({"properties": {"componentSpec": spec.into()}})))
    }
}
