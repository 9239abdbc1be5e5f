//! The resources that lie in workspaces, whatever their kind.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::state::State as Memory;
use super::ArmRequest;
use super::error::ArmError;
use super::kind::{self, Action, Kind};
use super::operation::{Change, Operation, Pace};
use super::reply::Reply;

/// What was made, by its path in lower case, and what is still happening to it.
#[derive(Debug, Default)]
pub(in super::super) struct Store {
    pub(super) resources: BTreeMap<String, Value>,
    pub(super) operations: BTreeMap<String, Operation>,
}

/// The place that a request is about.
struct Place<'a> {
    kind: &'static Kind,
    /// The id of the workspace and what lies behind it.
    id: String,
    key: String,
    name: &'a str,
    /// The region of the workspace.
    location: &'a str,
}

pub(super) fn answer(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    workspace: &Value,
    rest: &[&str],
) -> Result<Reply, ArmError> {
    let unknown = || ArmError::invalid_resource_type(request.path);
    let pairs = rest.len() / 2 * 2;
    let types = |segments: &[&str]| kind::find(&segments.iter().step_by(2).copied().collect::<Vec<_>>());
    let place = |segments: &[&str], name| {
        let id = format!("{}/{}", workspace["id"].as_str().unwrap_or_default(), segments.join("/"));
        let location = workspace["location"].as_str().unwrap_or_default();
        Some(Place { kind: types(segments)?, key: id.to_lowercase(), id, name, location })
    };
    match rest.get(pairs) {
        None => one(memory, request, &place(rest, rest[pairs - 1]).ok_or_else(unknown)?),
        Some(action) if request.method == Method::POST && pairs > 0 => {
            let place = place(&rest[..pairs], rest[pairs - 1]).ok_or_else(unknown)?;
            let known = place.kind.actions.iter().find(|(name, _)| name.eq_ignore_ascii_case(action));
            act(memory, request, &place, &known.ok_or_else(unknown)?.1)
        }
        Some(_) if request.method == Method::GET => {
            types(rest).ok_or_else(unknown)?;
            let prefix = format!("{}/{}/", workspace["id"].as_str().unwrap_or_default(), rest.join("/")).to_lowercase();
            let within =
                memory.store.resources.iter().filter_map(|(key, item)| Some((key.strip_prefix(&prefix)?, item)));
            let items: Vec<_> = within.filter(|(name, _)| !name.contains('/')).map(|(_, item)| item.clone()).collect();
            request.page(memory, &items).map(Reply::ok)
        }
        Some(_) => Err(ArmError::method_not_allowed(request.method)),
    }
}

/// A time of the emulator's clock, as Azure writes it.
pub(super) fn timestamp(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).expect("a timestamp can be formatted")
}

fn one(memory: &mut Memory, request: &ArmRequest<'_>, place: &Place<'_>) -> Result<Reply, ArmError> {
    let old = memory.store.resources.get(&place.key).cloned();
    match *request.method {
        Method::GET => old.map(Reply::ok).ok_or_else(|| place.not_found()),
        Method::PUT => {
            let body = request.json()?;
            place.check(&body)?;
            place.check_idle(memory)?;
            let status = if old.is_some() { StatusCode::OK } else { StatusCode::CREATED };
            let mut new = old.unwrap_or_else(|| json!({"properties": {}}));
            merge(&mut new, body);
            Ok(change(memory, request, place, new, (status, place.kind.put)))
        }
        Method::PATCH => {
            let mut new = old.ok_or_else(|| place.not_found())?;
            place.check_idle(memory)?;
            merge(&mut new, request.json()?);
            Ok(change(memory, request, place, new, (StatusCode::OK, place.kind.patch)))
        }
        Method::DELETE => {
            if let Some(parameter) = place.kind.delete_parameter.filter(|name| !request.query.contains_key(*name)) {
                let message = format!("The query parameter '{parameter}' is required.");
                return Err(ArmError::invalid_request(&[(parameter, message)]));
            }
            let Some(mut old) = old else { return Ok(Reply::empty(StatusCode::NO_CONTENT)) };
            place.check_idle(memory)?;
            if place.kind.delete == Pace::AtOnce {
                memory.store.resources.remove(&place.key);
                return Ok(Reply::empty(StatusCode::OK));
            }
            old["properties"]["provisioningState"] = "Deleting".into();
            memory.store.resources.insert(place.key.clone(), old);
            let operation = memory.begin_operation(&place.key, Change::Remove);
            Ok(Reply::empty(StatusCode::ACCEPTED).leading_to(request, place.location, &operation, place.kind.delete))
        }
        _ => Err(ArmError::method_not_allowed(request.method)),
    }
}

fn change(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    place: &Place<'_>,
    mut new: Value,
    (status, speed): (StatusCode, Pace),
) -> Reply {
    let now = timestamp(memory.now());
    new["id"] = place.id.as_str().into();
    new["name"] = place.name.into();
    new["type"] = format!("Microsoft.MachineLearningServices/workspaces/{}", place.kind.path).into();
    if new["systemData"].is_null() {
        new["systemData"] = json!({"createdAt": now, "createdByType": "User"});
    }
    new["systemData"]["lastModifiedAt"] = now.as_str().into();
    (place.kind.begun)(&mut new, &now);
    if speed == Pace::AtOnce {
        new["properties"]["provisioningState"] = "Succeeded".into();
        (place.kind.settled)(&mut new);
        memory.store.resources.insert(place.key.clone(), new.clone());
        return Reply::new(status, new);
    }
    let state = if status == StatusCode::CREATED { "Creating" } else { "Updating" };
    new["properties"]["provisioningState"] = state.into();
    memory.store.resources.insert(place.key.clone(), new.clone());
    let operation = memory.begin_operation(&place.key, Change::Settle(place.kind.settled));
    Reply::new(status, new).leading_to(request, place.location, &operation, speed)
}

fn act(memory: &mut Memory, request: &ArmRequest<'_>, place: &Place<'_>, action: &Action) -> Result<Reply, ArmError> {
    let mut resource = memory.store.resources.get(&place.key).cloned().ok_or_else(|| place.not_found())?;
    match action {
        Action::Answer(answer) => answer(&resource).map(Reply::ok),
        Action::Operation(begin, end) => {
            place.check_idle(memory)?;
            begin(&mut resource)?;
            memory.store.resources.insert(place.key.clone(), resource);
            let operation = memory.begin_operation(&place.key, Change::Settle(*end));
            let reply = Reply::empty(StatusCode::ACCEPTED);
            Ok(reply.leading_to(request, place.location, &operation, Pace::Location))
        }
    }
}

impl Place<'_> {
    fn not_found(&self) -> ArmError {
        let mut segments = self.id.split('/').skip(4);
        let group = segments.next().unwrap_or_default();
        let resource = segments.skip(1).collect::<Vec<_>>().join("/");
        ArmError::resource_not_found(&resource, group)
    }

    fn check(&self, body: &Value) -> Result<(), ArmError> {
        let is_missing =
            |pointer: &&&str| body.pointer(pointer).is_none_or(|value| value.as_str() == Some("") || value.is_null());
        let missing = self.kind.required.iter().filter(is_missing);
        let mistakes: Vec<_> =
            missing.map(|pointer| (pointer.trim_start_matches('/'), "The value is required.".to_owned())).collect();
        if mistakes.is_empty() { Ok(()) } else { Err(ArmError::invalid_request(&mistakes)) }
    }

    /// One operation at a time.
    fn check_idle(&self, memory: &Memory) -> Result<(), ArmError> {
        let mut running = memory.store.operations.values().filter(|operation| operation.ended.is_none());
        if running.any(|operation| operation.key == self.key) { Err(ArmError::conflict(self.name)) } else { Ok(()) }
    }
}

/// RFC 7396.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        if value.is_null() {
            target.as_object_mut().map(|target| target.remove(&name));
        } else {
            merge(&mut target[name], value);
        }
    }
}
