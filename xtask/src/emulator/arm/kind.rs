//! What the service does with the resources of one kind.

use axum::http::StatusCode;
use serde_json::Value;

use super::call::Call;
use super::error::ArmError;
use super::kinds::KINDS;
use super::operation::{Outcome, Pace};
use super::request::ArmRequest;
use super::store::Store;

/// A kind. Members are named by JSON pointers.
#[derive(Debug)]
pub(super) struct Kind {
    /// The types in its path, such as `workspaces/models/versions`.
    pub(super) path: &'static str,
    /// How changes are answered; a change without a pace is not possible.
    pub(super) put: Option<Pace>,
    pub(super) patch: Option<Pace>,
    pub(super) delete: Option<Pace>,
    /// The status of a `PUT` that makes something at once.
    pub(super) created: StatusCode,
    /// What a description must hold.
    pub(super) required: &'static [&'static str],
    /// What the service alone sets.
    pub(super) read_only: &'static [&'static str],
    /// What stays as it is where a new description does not say it.
    pub(super) kept: &'static [&'static str],
    /// What can be set once only.
    pub(super) immutable: &'static [&'static str],
    /// What is not told with the resource.
    pub(super) hidden: &'static [&'static str],
    /// Whether its `provisioningState` is told even where nothing takes time.
    pub(super) is_provisioned: bool,
    /// Whether its list takes `$top` and `$orderBy`.
    pub(super) takes_top: bool,
    /// The parameter that a deletion must have.
    pub(super) delete_parameter: Option<&'static str>,
    /// Whether a description, or that something is deleted, fits everything else.
    pub(super) check: fn(&Call<'_>, &Value) -> Result<(), ArmError>,
    pub(super) check_delete: fn(&Call<'_>) -> Result<(), ArmError>,
    /// What the service adds when a change begins.
    pub(super) begun: fn(&mut Call<'_>, &mut Value),
    /// What has changed when it ends, well or with this error.
    pub(super) settled: fn(&mut Value),
    pub(super) failed: fn(&mut Value, &Value),
    /// What follows from other resources whenever it is read.
    pub(super) read: fn(&Store, &str, &mut Value),
    /// Whether a list shows an item, and where the items come from.
    pub(super) shows: fn(&Value, &ArmRequest<'_>) -> bool,
    pub(super) list: fn(&Call<'_>) -> Vec<Value>,
    pub(super) actions: &'static [(&'static str, Action)],
}

/// What happens at `.../{name}/{action}`.
#[derive(Debug)]
pub(super) enum Action {
    /// `POST`: it is told whether or not the resource exists.
    Always(fn(&mut Call<'_>) -> Result<Value, ArmError>),
    /// `POST`: it is told, and done, at once.
    Answer(fn(&mut Call<'_>, &mut Value) -> Result<Value, ArmError>),
    /// `GET` of a list.
    List(fn(&Value) -> Vec<Value>),
    /// `POST` that takes a while: what changes at once, and what in the end.
    Operation(fn(&mut Call<'_>, &mut Value) -> Result<Outcome, ArmError>, fn(&mut Value)),
    /// `GET` of something that is no list with pages.
    Show(fn(&Value) -> Value),
}

/// A kind that is changed at once and has nothing of its own.
pub(super) const PLAIN: Kind = Kind {
    path: "",
    put: Some(Pace::AtOnce),
    patch: None,
    delete: Some(Pace::AtOnce),
    created: StatusCode::CREATED,
    required: &[],
    read_only: &[],
    kept: &[],
    immutable: &[],
    hidden: &[],
    is_provisioned: false,
    takes_top: false,
    delete_parameter: None,
    check: |_, _| Ok(()),
    check_delete: |_| Ok(()),
    begun: |_, _| (),
    settled: |_| (),
    failed: |_, _| (),
    read: |_, _, _| (),
    shows: |_, _| true,
    list: |call| call.memory.store.children(&call.place.key),
    actions: &[],
};

/// A kind that is made with `Azure-AsyncOperation` and deleted with `Location`.
pub(super) const SLOW: Kind = Kind { put: Some(Pace::AsyncOperation), delete: Some(Pace::Location), ..PLAIN };

/// The kind with these types in its path.
pub(super) fn find(types: &[&str]) -> Option<&'static Kind> {
    let path = types.join("/");
    KINDS.iter().find(|kind| kind.path.eq_ignore_ascii_case(&path))
}
