//! The kinds of resources that lie in workspaces: a line of the table each.

use serde_json::Value;

use super::computes;
use super::error::ArmError;
use super::operation::Pace;

/// What the service does with the resources of one kind.
#[derive(Debug)]
pub(super) struct Kind {
    /// The types in its path, such as `models/versions`.
    pub(super) path: &'static str,
    pub(super) put: Pace,
    pub(super) patch: Pace,
    pub(super) delete: Pace,
    /// What a description must hold (JSON pointers).
    pub(super) required: &'static [&'static str],
    /// The parameter that a deletion must have.
    pub(super) delete_parameter: Option<&'static str>,
    /// What the service adds when a change begins.
    pub(super) begun: fn(&mut Value, now: &str),
    /// What has changed when it ends.
    pub(super) settled: fn(&mut Value),
    pub(super) actions: &'static [(&'static str, Action)],
}

/// What happens at `POST .../{name}/{action}`.
#[derive(Debug)]
pub(super) enum Action {
    /// It is told at once.
    Answer(fn(&Value) -> Result<Value, ArmError>),
    /// It takes a while: what changes at once, and what in the end.
    Operation(fn(&mut Value) -> Result<(), ArmError>, fn(&mut Value)),
}

pub(super) const KINDS: &[Kind] = &[Kind {
    path: "computes",
    put: Pace::AsyncOperation,
    patch: Pace::AsyncOperation,
    delete: Pace::Both,
    required: &["/location", "/properties/computeType"],
    delete_parameter: Some("underlyingResourceAction"),
    begun: computes::begun,
    settled: computes::settled,
    actions: computes::ACTIONS,
}];

/// The kind with these types in its path.
pub(super) fn find(types: &[&str]) -> Option<&'static Kind> {
    let path = types.join("/");
    KINDS.iter().find(|kind| kind.path.eq_ignore_ascii_case(&path))
}
