//! Resource groups, and what lies in them: resources of other providers are kept as they are described.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::state::State as Memory;
use super::call::{Call, Place};
use super::error::ArmError;
use super::kind::{Kind, PLAIN};
use super::operation::Pace;
use super::reply::Reply;
use super::request::ArmRequest;
use super::{PROVIDER, deployments, verbs};

/// A resource that is nobody's business here.
pub(super) const OTHER: Kind = Kind { patch: Some(Pace::AtOnce), is_provisioned: true, ..PLAIN };

/// The id of a resource group that exists.
pub(super) fn find(memory: &Memory, subscription: &str, group: &str) -> Result<String, ArmError> {
    let found = memory.world.subscription(subscription);
    let known = found.and_then(|found| memory.world.resource_group(found, group));
    known.map(|name| id(subscription, &name)).ok_or_else(|| ArmError::resource_group_not_found(group))
}

pub(super) fn list(memory: &Memory, request: &ArmRequest<'_>, subscription: &str) -> Result<Reply, ArmError> {
    if request.method != Method::GET {
        return Err(ArmError::method_not_allowed(request.method));
    }
    let found =
        memory.world.subscription(subscription).map(|found| memory.world.group_names(found)).unwrap_or_default();
    let items: Vec<_> = found.iter().map(|name| described(memory, subscription, name)).collect();
    request.page(memory, &items).map(Reply::ok)
}

/// The answer to a request for one resource group.
pub(super) fn one(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    subscription: &str,
    group: &str,
) -> Result<Reply, ArmError> {
    let known = find(memory, subscription, group);
    match *request.method {
        Method::GET => {
            let id = known?;
            Ok(Reply::ok(described(memory, subscription, id.rsplit('/').next().unwrap_or_default())))
        }
        Method::HEAD => known.map(|_| Reply::empty(StatusCode::NO_CONTENT)),
        Method::PUT => {
            let wanted = request.json()?;
            if wanted["location"].as_str().is_none() {
                return Err(ArmError::invalid_request(&[("location", "The value is required.".to_owned())]));
            }
            let status = if known.is_ok() { StatusCode::OK } else { StatusCode::CREATED };
            if known.is_err() {
                memory.world.add_resource_group(subscription, group);
            }
            let description = json!({"location": wanted["location"], "tags": wanted["tags"]});
            memory.store.resources.insert(id(subscription, group).to_lowercase(), description);
            Ok(Reply::new(status, described(memory, subscription, group)))
        }
        Method::DELETE => {
            let id = known?;
            memory.store.remove(&id.to_lowercase());
            memory.world.remove_resource_group(subscription, group);
            Ok(Reply::empty(StatusCode::OK))
        }
        _ => Err(ArmError::method_not_allowed(request.method)),
    }
}

/// The answer to a request for something of a provider in the group with this id.
pub(super) fn within(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    group: &str,
    provider: &str,
    segments: &[&str],
) -> Result<Reply, ArmError> {
    if provider.eq_ignore_ascii_case(PROVIDER) {
        return request.within_group(memory, group, segments);
    }
    if provider.eq_ignore_ascii_case(deployments::PROVIDER) {
        return deployments::answer(memory, request, group, segments);
    }
    let place = Place::new(&OTHER, group, provider, segments);
    let call = Call { memory, request, place };
    if segments.len().is_multiple_of(2) { verbs::one(call) } else { verbs::list(&call) }
}

fn id(subscription: &str, group: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{group}")
}

fn described(memory: &Memory, subscription: &str, name: &str) -> Value {
    let id = id(subscription, name);
    let stored = memory.store.find(&id).cloned().unwrap_or_default();
    let first = memory.world.workspaces.iter().find(|it| it.resource_group.eq_ignore_ascii_case(name));
    let location = stored["location"].as_str().or(first.map(|it| it.location.as_str())).unwrap_or("westeurope");
    json!({
        "id": id,
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
        "tags": stored["tags"],
        "properties": {"provisioningState": "Succeeded"},
    })
}
