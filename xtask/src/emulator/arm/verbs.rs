//! What can be done with every kind: the answers to `GET`, `PUT`, `PATCH`, `DELETE`, and `POST` of an action.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::call::{Call, not_found};
use super::error::ArmError;
use super::kind::{Action, Kind};
use super::operation::{Change, Outcome, Pace};
use super::reply::Reply;
use super::store::{self, Store, merge, take};

/// A resource as it is told.
pub(super) fn told(store: &Store, kind: &Kind, key: &str, mut resource: Value) -> Value {
    (kind.read)(store, key, &mut resource);
    for pointer in kind.hidden {
        take(&mut resource, pointer);
    }
    resource
}

/// The answer to a request for one resource.
pub(super) fn one(mut call: Call<'_>) -> Result<Reply, ArmError> {
    let (kind, old) = (call.place.kind, call.stored());
    let not_allowed = || ArmError::method_not_allowed(call.request.method);
    match *call.request.method {
        Method::GET | Method::HEAD => {
            let resource = old.ok_or_else(|| call.place.not_found())?;
            Ok(Reply::ok(told(&call.memory.store, kind, &call.place.key, resource)))
        }
        Method::PUT => {
            let pace = kind.put.ok_or_else(not_allowed)?;
            put(&mut call, old.as_ref(), pace)
        }
        Method::PATCH => {
            let pace = kind.patch.ok_or_else(not_allowed)?;
            let old = old.ok_or_else(|| call.place.not_found())?;
            call.check_idle()?;
            let mut new = old.clone();
            merge(&mut new, call.request.json()?);
            call.settle_members(&mut new, Some(&old))?;
            (kind.check)(&call, &new)?;
            Ok(change(&mut call, new, StatusCode::OK, pace))
        }
        Method::DELETE => {
            let pace = kind.delete.ok_or_else(not_allowed)?;
            delete(&mut call, old, pace)
        }
        Method::POST => match kind.actions.iter().find(|(name, _)| name.is_empty()) {
            Some((_, action)) => act(call, action),
            None => Err(not_allowed()),
        },
        _ => Err(not_allowed()),
    }
}

/// The answer to `GET` of all resources of a kind.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, ArmError> {
    let (kind, request) = (call.place.kind, call.request);
    let mut items = (kind.list)(call);
    items.retain(|item| (kind.shows)(item, request));
    if kind.takes_top {
        if let Some(order) = request.parameter("$orderBy").map(str::to_lowercase) {
            items.sort_by_key(|item| item["systemData"]["createdAt"].as_str().map(ToOwned::to_owned));
            if order.ends_with("desc") {
                items.reverse();
            }
        }
        items.truncate(request.parameter("$top").and_then(|top| top.parse().ok()).unwrap_or(usize::MAX));
    }
    let key = |item: &Value| item["id"].as_str().unwrap_or_default().to_lowercase();
    let items: Vec<_> = items.into_iter().map(|item| told(&call.memory.store, kind, &key(&item), item)).collect();
    request.page(call.memory, &items).map(Reply::ok)
}

/// The answer to what can be done with a resource besides changing it.
pub(super) fn act(mut call: Call<'_>, action: &Action) -> Result<Reply, ArmError> {
    let resource = call.stored().ok_or_else(|| call.place.not_found());
    match action {
        Action::Always(answer) => answer(&mut call).map(Reply::ok),
        Action::Answer(answer) => {
            let mut resource = resource?;
            let reply = answer(&mut call, &mut resource)?;
            call.memory.store.resources.insert(call.place.key.clone(), resource);
            Ok(Reply::ok(reply))
        }
        Action::List(list) => call.request.page(call.memory, &list(&resource?)).map(Reply::ok),
        Action::Operation(begin, end) => {
            let mut resource = resource?;
            call.check_idle()?;
            let outcome = begin(&mut call, &mut resource)?;
            call.memory.store.resources.insert(call.place.key.clone(), resource);
            let operation = call.begin_operation(Change::Act(*end), outcome);
            Ok(Reply::empty(StatusCode::ACCEPTED).leading_to(&call, &operation, Pace::Location))
        }
        Action::Show(show) => Ok(Reply::ok(show(&resource?))),
    }
}

fn put(call: &mut Call<'_>, old: Option<&Value>, pace: Pace) -> Result<Reply, ArmError> {
    let kind = call.place.kind;
    call.check_parent()?;
    let mut new = call.request.json()?;
    call.check_required(&new, old)?;
    call.check_idle()?;
    call.settle_members(&mut new, old)?;
    (kind.check)(call, &new)?;
    let status = if old.is_some() { StatusCode::OK } else { kind.created };
    Ok(change(call, new, status, pace))
}

fn delete(call: &mut Call<'_>, old: Option<Value>, pace: Pace) -> Result<Reply, ArmError> {
    if let Some(name) = call.place.kind.delete_parameter.filter(|name| call.request.parameter(name).is_none()) {
        let message = format!("The query parameter '{name}' is required.");
        return Err(ArmError::invalid_request(&[(name, message)]));
    }
    let Some(mut old) = old else { return Ok(Reply::empty(StatusCode::NO_CONTENT)) };
    call.check_idle()?;
    (call.place.kind.check_delete)(call)?;
    if pace == Pace::AtOnce {
        call.memory.store.remove(&call.place.key);
        return Ok(Reply::empty(StatusCode::OK));
    }
    old["properties"]["provisioningState"] = "Deleting".into();
    call.memory.store.resources.insert(call.place.key.clone(), old);
    let operation = call.begin_operation(Change::Remove, Outcome::Nothing);
    Ok(Reply::empty(StatusCode::ACCEPTED).leading_to(call, &operation, pace))
}

fn change(call: &mut Call<'_>, mut new: Value, status: StatusCode, pace: Pace) -> Reply {
    let kind = call.place.kind;
    (kind.begun)(call, &mut new);
    if pace == Pace::AtOnce {
        if kind.is_provisioned {
            new["properties"]["provisioningState"] = "Succeeded".into();
        }
        (kind.settled)(&mut new);
        call.memory.store.resources.insert(call.place.key.clone(), new.clone());
        return Reply::new(status, told(&call.memory.store, kind, &call.place.key, new));
    }
    let state = if call.stored().is_none() { "Creating" } else { "Updating" };
    new["properties"]["provisioningState"] = state.into();
    call.memory.store.resources.insert(call.place.key.clone(), new.clone());
    let operation = call.begin_operation(Change::Settle, Outcome::Resource);
    let reply = match pace {
        Pace::Location => Reply::empty(StatusCode::ACCEPTED),
        _ => Reply::new(status, told(&call.memory.store, kind, &call.place.key, new)),
    };
    reply.leading_to(call, &operation, pace)
}

impl Call<'_> {
    /// Versions make the containers that they lie in.
    fn check_parent(&self) -> Result<(), ArmError> {
        let (key, parent) = (&self.place.key, self.place.parent());
        let is_there = || self.memory.store.resources.contains_key(parent);
        let is_root = key.split('/').count() <= 9;
        if is_root || self.place.kind.path.ends_with("/versions") || is_there() {
            return Ok(());
        }
        Err(not_found(&self.place.id[..parent.len()]))
    }

    /// An update need not repeat what stays.
    fn check_required(&self, body: &Value, old: Option<&Value>) -> Result<(), ArmError> {
        if !body.is_object() {
            return Err(ArmError::bad_request("The request content is no object."));
        }
        let kind = self.place.kind;
        let stays = |pointer: &&str| old.is_some() && (kind.immutable.contains(pointer) || kind.kept.contains(pointer));
        let is_missing =
            |pointer: &&&str| body.pointer(pointer).is_none_or(|value| value.as_str() == Some("") || value.is_null());
        let missing = kind.required.iter().filter(is_missing).filter(|pointer| !stays(pointer));
        let mistakes: Vec<_> =
            missing.map(|pointer| (pointer.trim_start_matches('/'), "The value is required.".to_owned())).collect();
        if mistakes.is_empty() { Ok(()) } else { Err(ArmError::invalid_request(&mistakes)) }
    }

    /// Sets what the service alone sets, and keeps what is not for this description to change.
    pub(super) fn settle_members(&mut self, new: &mut Value, old: Option<&Value>) -> Result<(), ArmError> {
        let kind = self.place.kind;
        let before = |pointer: &str| old.and_then(|old| old.pointer(pointer)).filter(|value| !value.is_null());
        for pointer in kind.immutable {
            let (Some(was), Some(is)) = (before(pointer), new.pointer(pointer)) else { continue };
            if !is.is_null() && was != is {
                return Err(ArmError::immutable(pointer));
            }
        }
        for pointer in kind.kept.iter().chain(kind.immutable) {
            if let Some(was) = before(pointer) {
                store::fill(new, pointer, was.clone());
            }
        }
        let envelope = ["/id", "/name", "/type", "/systemData", "/properties/provisioningState"];
        for pointer in envelope.iter().chain(kind.read_only) {
            take(new, pointer);
            if let Some(was) = before(pointer) {
                store::place(new, pointer, was.clone());
            }
        }
        store::fill(new, "/properties", json!({}));
        store::fill(new, "/id", self.place.id.as_str());
        store::fill(new, "/name", self.place.name.as_str());
        store::fill(new, "/type", self.place.full_type.as_str());
        let now = self.memory.now();
        let now = self.memory.store.tick(now);
        store::fill(new, "/systemData", json!({"createdAt": now, "createdByType": "User"}));
        new["systemData"]["lastModifiedAt"] = now.into();
        Ok(())
    }

    /// One operation at a time.
    fn check_idle(&self) -> Result<(), ArmError> {
        let mut running = self.memory.store.operations.values().filter(|operation| operation.ended.is_none());
        if running.any(|operation| operation.key == self.place.key) {
            return Err(ArmError::conflict(&self.place.name));
        }
        Ok(())
    }
}
