//! Run history: what became of a job, where its logs are, and what lies in it.

mod artifacts;
mod experiments;
mod filter;
mod query;
mod token;
mod view;

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::Value;

use super::super::state::{Shared, State as Memory};
use super::error::ServiceError;
use super::request::{self, DataRequest};
use super::runs::Run;

pub(in super::super) use self::token::issue as issue_run_token;

/// The service itself, and the one of artifacts, which shows the same files by their container.
pub(super) fn routes() -> Router<Arc<Shared>> {
    request::service("history", answer).merge(request::service("artifact", artifacts::answer))
}

fn answer(memory: &mut Memory, request: &DataRequest<'_>) -> Result<Response, ServiceError> {
    match request.segments().as_slice() {
        // Both ways to name the experiment; the run has one name anyway.
        ["experiments" | "experimentids", _, rest @ ..] if rest.first() == Some(&"runs") && rest.len() > 1 => {
            of_run(memory, request, rest[1], &rest[2..])
        }
        // Files alone are never asked of a run without its experiment (observed: azure-ai-ml 1.35).
        ["runs", name, rest @ ..] if rest.first() != Some(&"artifacts") => of_run(memory, request, name, rest),
        ["rundata"] => query::data(memory, request),
        ["batchrundata"] => query::batch_data(memory, request),
        ["runs:query"] => query::runs(memory, request, None),
        ["experiments" | "experimentids", name, "runs:query"] => query::runs(memory, request, Some(name)),
        ["experiments" | "experimentids", name, "runs"] if request.method == Method::GET => {
            query::runs(memory, request, Some(name))
        }
        ["experiments:query"] => Ok(experiments::all(memory, request)),
        ["experiments"] if request.method == Method::GET => Ok(experiments::all(memory, request)),
        ["experiments" | "experimentids", name] => experiments::one(memory, request, name),
        _ => Err(ServiceError::unknown_path(&request.rest.join("/"))),
    }
}

fn of_run(memory: &mut Memory, request: &DataRequest<'_>, name: &str, rest: &[&str]) -> Result<Response, ServiceError> {
    let (id, now) = (request.workspace_id(), memory.now());
    let absent = || ServiceError::not_found("The run", name);
    match (request.method, rest) {
        (&Method::GET, ["token"]) => token::renew(memory, request, name),
        (&Method::GET, []) => {
            let run = memory.runs(id).ask(name, now).ok_or_else(absent)?;
            Ok(Json(view::run(&run, request, now)).into_response())
        }
        (&Method::GET, ["details"]) => {
            let run = memory.runs(id).ask(name, now).ok_or_else(absent)?;
            Ok(Json(view::details(&run, memory, request, now)).into_response())
        }
        (&Method::GET, ["children"]) => {
            memory.runs(id).find(name).ok_or_else(absent)?;
            let children = memory.runs(id).children(name);
            query::page(memory, request, &children, &request.query).map(IntoResponse::into_response)
        }
        (&Method::GET, ["serviceinstances", node]) => {
            let run = memory.runs(id).ask(name, now).ok_or_else(absent)?;
            Ok(Json(view::services(&run, node, now)).into_response())
        }
        (&Method::PATCH, []) => {
            let changes = request.json()?;
            let run = memory.runs(id).find_mut(name).ok_or_else(absent)?;
            change(run, &changes);
            Ok(Json(view::run(run, request, now)).into_response())
        }
        (&Method::POST, ["cancel"]) => {
            memory.runs(id).find(name).ok_or_else(absent)?;
            memory.runs(id).cancel(name, now);
            let run = memory.runs(id).find(name).ok_or_else(absent)?;
            Ok((StatusCode::OK, Json(view::run(&run, request, now))).into_response())
        }
        (_, ["artifacts", what @ ..]) => {
            let run = memory.runs(id).find(name).ok_or_else(absent)?;
            artifacts::of_run(memory, request, &run, what)
        }
        _ => Err(ServiceError::unknown_path(&request.rest.join("/"))),
    }
}

/// What is said changes; tags and properties are added. This is how a job is archived (observed: azure-ai-ml 1.35).
fn change(run: &mut Run, changes: &Value) {
    for (member, own) in [("hidden", "isArchived"), ("displayName", "displayName"), ("description", "description")] {
        if let Some(value) = changes.get(member).filter(|value| !value.is_null()) {
            run.properties[own] = value.clone();
        }
    }
    for member in ["tags", "properties"] {
        for (name, value) in changes[member].as_object().into_iter().flatten() {
            run.properties[member][name] = value.clone();
        }
    }
}
