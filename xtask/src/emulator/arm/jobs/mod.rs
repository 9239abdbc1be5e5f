//! Jobs: what the data plane knows as runs, in the words of Resource Manager.

mod list;
mod operation;
mod submit;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::data_plane::runs::Run;
use super::super::data_plane::{self, AUDIENCE};
use super::super::state::State as Memory;
use super::call;
use super::error::ArmError;
use super::reply::Reply;
use super::request::ArmRequest;
use super::store::timestamp;

pub(super) use self::list::of_endpoint;
pub(super) use self::operation::answer as operation;

/// The answer to what is asked of the jobs of a workspace.
pub(super) fn answer(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    mut workspace: Value,
    rest: &[&str],
) -> Result<Reply, ArmError> {
    operation::settle(memory);
    data_plane::told_here(&mut workspace, request.origin);
    let workspace = &workspace;
    let id = workspace["id"].as_str().unwrap_or_default();
    match (request.method, rest) {
        (&Method::GET, []) => list::page(memory, request, workspace),
        (&Method::GET, [name]) => {
            let now = memory.now();
            let run = memory.runs(id).ask(name, now).ok_or_else(|| not_found(id, name))?;
            Ok(Reply::ok(told(run, workspace, now)))
        }
        (&Method::PUT, [name]) => submit::put(memory, request, workspace, name),
        (&Method::DELETE, [name]) => {
            if memory.runs(id).find(name).is_none() {
                return Ok(Reply::empty(StatusCode::NO_CONTENT));
            }
            Ok(operation::begin(memory, request, workspace, name, true))
        }
        (&Method::POST, [name, action]) if action.eq_ignore_ascii_case("cancel") => {
            let now = memory.now();
            let run = memory.runs(id).find(name).ok_or_else(|| not_found(id, name))?;
            if run.status(now).is_last() {
                return Ok(Reply::empty(StatusCode::OK));
            }
            memory.runs(id).cancel(name, now);
            Ok(operation::begin(memory, request, workspace, name, false))
        }
        (method, [] | [_] | [_, "cancel"]) => Err(ArmError::method_not_allowed(method)),
        _ => Err(ArmError::invalid_resource_type(request.path)),
    }
}

fn told(run: Run, workspace: &Value, now: i64) -> Value {
    let id = workspace["id"].as_str().unwrap_or_default();
    let status = run.status(now).name();
    let mut properties = run.properties;
    let service = |kind: &str, endpoint: String| json!({"jobServiceType": kind, "endpoint": endpoint, "port": null, "status": null, "errorMessage": null, "properties": null, "nodes": null});
    let tracking = workspace["properties"]["mlFlowTrackingUri"].as_str().unwrap_or_default();
    let mut services = json!({
        "Studio": service("Studio", format!("{AUDIENCE}/runs/{}?wsid={id}", run.name)),
        "Tracking": service("Tracking", format!("{tracking}?")),
    });
    if let Some(own) = properties["services"].as_object() {
        own.iter().for_each(|(name, own)| services[name] = own.clone());
    }
    properties["services"] = services;
    properties["status"] = status.into();
    if let Some(parent) = run.parent {
        properties["parentJobName"] = parent.into();
    }
    json!({
        "id": format!("{id}/jobs/{}", run.name),
        "name": run.name,
        "type": "Microsoft.MachineLearningServices/workspaces/jobs",
        "properties": properties,
        "systemData": {"createdAt": timestamp(run.born), "createdBy": run.author, "createdByType": "User"},
    })
}

fn not_found(workspace: &str, name: &str) -> ArmError {
    call::not_found(&format!("{workspace}/jobs/{name}"))
}

fn version<'a>(request: &'a ArmRequest<'_>) -> &'a str {
    request.query.get("api-version").map(String::as_str).unwrap_or_default()
}
