//! What a workspace can do.

use crate::Workspace;
use crate::arm::Pager;
use crate::resources::{Verb, item};

item! {
    /// Something that a workspace can do.
    WorkspaceFeature shows id
}

impl Workspace {
    /// What the workspace can do.
    pub fn features(&self) -> Pager<WorkspaceFeature> {
        self.place().pager(Verb::get(&["features"]))
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
