//! The experiments that runs lie in.

use axum::Json;
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::super::super::state::State as Memory;
use super::super::error::ServiceError;
use super::super::request::DataRequest;
use super::super::runs::{Experiment, Runs};
use super::super::timestamp;

/// Every experiment.
pub(super) fn all(memory: &mut Memory, request: &DataRequest<'_>) -> Response {
    let runs = memory.runs(request.workspace_id());
    let told: Vec<Value> = runs.all_experiments().iter().map(|it| view(it, request)).collect();
    Json(json!({"value": told, "continuationToken": null, "nextLink": null})).into_response()
}

/// One, by its name or its id.
pub(super) fn one(memory: &mut Memory, request: &DataRequest<'_>, name: &str) -> Result<Response, ServiceError> {
    let now = memory.now();
    let runs = memory.runs(request.workspace_id());
    let found = find(runs, name);
    let experiment = match *request.method {
        Method::GET => found.ok_or_else(|| ServiceError::not_found("The experiment", name))?,
        Method::POST => {
            let experiment = found.unwrap_or_else(|| Experiment::new(name, now));
            runs.experiments.entry(experiment.name.clone()).or_insert(experiment).clone()
        }
        Method::PATCH => {
            let mut experiment = found.ok_or_else(|| ServiceError::not_found("The experiment", name))?;
            change(&mut experiment, &request.json()?);
            runs.experiments.insert(experiment.name.clone(), experiment.clone());
            experiment
        }
        _ => return Err(ServiceError::unknown_path(name)),
    };
    Ok(Json(view(&experiment, request)).into_response())
}

fn find(runs: &Runs, name: &str) -> Option<Experiment> {
    runs.all_experiments().into_iter().find(|known| known.name == name || known.id == name)
}

fn change(experiment: &mut Experiment, changes: &Value) {
    if let Some(description) = changes["description"].as_str() {
        experiment.description = Some(description.to_owned());
    }
    if let Some(archive) = changes["archive"].as_bool() {
        experiment.is_archived = archive;
    }
    for (name, value) in changes["tags"].as_object().into_iter().flatten() {
        experiment.tags.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
    }
}

fn view(experiment: &Experiment, request: &DataRequest<'_>) -> Value {
    json!({
        "experimentId": experiment.id,
        "name": experiment.name,
        "description": experiment.description,
        "createdUtc": timestamp(experiment.born),
        "tags": experiment.tags,
        "archivedTime": experiment.is_archived.then(|| timestamp(experiment.born)),
        "retainForLifetimeOfWorkspace": false,
        "artifactLocation": format!("{}/{}", request.blobs, experiment.name),
    })
}
