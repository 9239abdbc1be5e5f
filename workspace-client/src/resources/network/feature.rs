//! What a workspace can do.

use crate::Workspace;
use crate::arm::Pager;
use crate::resources::place::Place;
use crate::resources::root::Root;
use crate::resources::{Verb, item, kind};

kind! {
    /// The kind of [`WorkspaceFeature`].
    FeatureKind: "feature" in "features" at "2025-12-01"
}

item! {
    /// Something that a workspace can do.
    WorkspaceFeature shows id
}

impl Workspace {
    /// What the workspace can do.
    pub fn features(&self) -> Pager<WorkspaceFeature> {
        Place::of::<FeatureKind>(Root::Workspace(self.clone())).pager(Verb::get(&[]))
    }
}

impl WorkspaceFeature {
    /// The id, such as `automatedml_createeditexperimentsui`.
    pub fn id(&self) -> Option<&str> {
        self.0.text("/id")
    }

    /// The name that people see.
    pub fn display_name(&self) -> Option<&str> {
        self.0.text("/displayName")
    }

    /// What it is.
    pub fn description(&self) -> Option<&str> {
        self.0.text("/description")
    }
}
