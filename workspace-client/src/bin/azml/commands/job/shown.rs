//! Jobs as `az ml` shows them.

use serde_json::{Map, Value};
use workspace_client::resources::Kind as _;
use workspace_client::resources::job::{Job, JobKind};

use crate::entity::{self, Member, is, put, written};

/// How jobs are shown (observed: azure-ai-ml 1.35).
const MEMBERS: &[Member] = &[
    is("/command", "/properties/command"),
    is("/compute", "/properties/computeId"),
    is("/display_name", "/properties/displayName"),
    is("/environment", "/properties/environmentId"),
    is("/environment_variables", "/properties/environmentVariables"),
    is("/experiment_name", "/properties/experimentName"),
    is("/properties", "/properties/properties"),
    is("/services", "/properties/services"),
    is("/status", "/properties/status"),
    written("/type", "/properties/jobType", str::to_lowercase),
];

/// How a bound input or output is shown.
const BOUND: &[Member] = &[
    written("/mode", "/mode", mode),
    is("/name", "/assetName"),
    is("/path", "/uri"),
    is("/type", "/jobInputType"),
    is("/type", "/jobOutputType"),
    is("/version", "/assetVersion"),
];

pub(super) fn shown(job: &Job) -> Value {
    let mut shown = entity::resource(job.raw(), JobKind::TAGS, MEMBERS);
    for member in ["inputs", "outputs"] {
        if let Some(bound) = job.raw()["properties"][member].as_object() {
            let bound: Map<_, _> = bound.iter().map(|(name, value)| (name.clone(), one(value))).collect();
            put(&mut shown, &format!("/{member}"), bound);
        }
    }
    shown
}

/// A literal is shown as it is.
fn one(bound: &Value) -> Value {
    match bound["jobInputType"].as_str() {
        Some("literal") => bound["value"].clone(),
        _ => entity::of(bound, BOUND),
    }
}

/// How data is reached, in the words of a file.
fn mode(mode: &str) -> String {
    match mode {
        "ReadOnlyMount" => "ro_mount".to_owned(),
        "ReadWriteMount" => "rw_mount".to_owned(),
        other => entity::to_snake_case(other),
    }
}
