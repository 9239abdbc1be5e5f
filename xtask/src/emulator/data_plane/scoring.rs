//! The endpoints where models answer: online ones at once, batch ones with a job.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::arm::secrets::ENDPOINT_TOKEN;
use super::super::state::{Shared, State as Memory};
use super::AUDIENCE;
use super::error::ServiceError;
use super::request::{bearer, bearer_claims};

/// Which deployment is to answer, and which one did.
const DEPLOYMENT: &str = "azureml-model-deployment";

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/inference/{location}/{endpoint}/score", post(score))
        .route("/inference/{location}/{endpoint}/jobs", post(invoke))
        .route("/inference/{location}/{endpoint}/swagger.json", get(describe))
}

/// The answer of the model is what it was asked.
async fn score(
    State(shared): State<Arc<Shared>>,
    Path((location, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ServiceError> {
    let memory = shared.lock();
    let endpoint = find(&memory, "onlineendpoints", &location, &name)?;
    let token = bearer(&headers).unwrap_or_default();
    if !opens(&memory, &endpoint, token) {
        return Err(ServiceError::unauthorized("The key or token is not one of this endpoint."));
    }
    let deployment = deployment(&memory, &endpoint, &headers)?;
    let input: Value = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
    let answer = json!({"endpoint": endpoint["name"], "deployment": deployment, "echo": input});
    Ok(([(DEPLOYMENT, deployment)], Json(answer)).into_response())
}

/// Makes a job with a run that scores in it.
async fn invoke(
    State(shared): State<Arc<Shared>>,
    Path((location, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ServiceError> {
    let memory = &mut shared.lock();
    let endpoint = find(memory, "batchendpoints", &location, &name)?;
    let claims = bearer_claims(memory, bearer(&headers).unwrap_or_default()).map_err(ServiceError::unauthorized)?;
    if claims["aud"] != AUDIENCE {
        return Err(ServiceError::unauthorized(format!("The token is not for {AUDIENCE}.")));
    }
    let deployment = deployment(memory, &endpoint, &headers)?;
    let wanted: Value = serde_json::from_slice(&body)
        .map_err(|error| ServiceError::bad_request(format!("The body is no JSON: {error}.")))?;
    // The service does not mind how the members are spelled.
    let inputs = ["inputData", "InputData"].iter().map(|member| &wanted["properties"][member]);
    let inputs = inputs.into_iter().find(|inputs| !inputs.is_null()).cloned().unwrap_or_default();
    let job = match wanted["properties"]["name"].as_str() {
        Some(name) => name.to_owned(),
        None => format!("batchjob-{}", Uuid::new_v4()),
    };
    let experiment = wanted["properties"]["properties"]["experimentName"].as_str().unwrap_or(&name);
    let id = endpoint["id"].as_str().unwrap_or_default();
    let workspace = id.split("/batchEndpoints/").next().unwrap_or_default().to_owned();
    let properties = json!({
        "jobType": "Pipeline",
        "experimentName": experiment,
        "jobs": {"batchscoring": {"type": "command", "outputs": {"score": {"jobOutputType": "uri_folder"}}}},
        "inputs": inputs,
        "properties": {"azureml.endpointid": id, "azureml.deploymentname": deployment},
    });
    let author = claims["upn"].as_str().or_else(|| claims["appid"].as_str()).unwrap_or_default();
    memory.begin_run(&workspace, &job, author, properties);
    let told = json!({
        "id": format!("{workspace}/jobs/{job}"),
        "name": job,
        "type": "Microsoft.MachineLearningServices/workspaces/batchEndpoints/jobs",
        "properties": {"name": job, "status": "NotStarted", "inputData": inputs},
    });
    Ok((StatusCode::CREATED, Json(told)).into_response())
}

async fn describe(
    State(shared): State<Arc<Shared>>,
    Path((location, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, ServiceError> {
    let memory = shared.lock();
    let endpoint = find(&memory, "onlineendpoints", &location, &name)?;
    if !opens(&memory, &endpoint, bearer(&headers).unwrap_or_default()) {
        return Err(ServiceError::unauthorized("The key or token is not one of this endpoint."));
    }
    Ok(Json(json!({"swagger": "2.0", "info": {"title": name, "version": "1.0"}, "paths": {"/score": {"post": {}}}})))
}

/// The endpoint, whose name is unique in its region.
fn find(memory: &Memory, kind: &str, location: &str, name: &str) -> Result<Value, ServiceError> {
    let wanted = format!("/{kind}/{}", name.to_lowercase());
    let mut found = memory.store.resources.iter().filter(|(key, _)| key.ends_with(&wanted));
    let found =
        found.find(|(_, endpoint)| endpoint["location"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(location)));
    found.map(|(_, endpoint)| endpoint.clone()).ok_or_else(|| ServiceError::not_found("The endpoint", name))
}

fn opens(memory: &Memory, endpoint: &Value, token: &str) -> bool {
    let properties = &endpoint["properties"];
    match properties["authMode"].as_str() {
        Some("AADToken") => bearer_claims(memory, token).is_ok_and(|claims| claims["aud"] == AUDIENCE),
        Some("AMLToken") => token == ENDPOINT_TOKEN,
        _ => ["primaryKey", "secondaryKey"].iter().any(|member| properties["keys"][member] == token),
    }
}

/// The deployment that is named, else the one with the most traffic.
fn deployment(memory: &Memory, endpoint: &Value, headers: &HeaderMap) -> Result<String, ServiceError> {
    let list = format!("{}/deployments", endpoint["id"].as_str().unwrap_or_default());
    let named = headers.get(DEPLOYMENT).and_then(|value| value.to_str().ok());
    let traffic = endpoint["properties"]["traffic"].as_object().into_iter().flatten();
    let busiest = traffic.filter(|(_, share)| share.as_u64() > Some(0)).max_by_key(|(_, share)| share.as_u64());
    let default = endpoint["properties"]["defaults"]["deploymentName"].as_str();
    let wanted = named.or(default).or(busiest.map(|(name, _)| name.as_str()));
    let wanted = wanted.ok_or_else(|| {
        ServiceError::not_found("A deployment with traffic of", endpoint["name"].as_str().unwrap_or_default())
    })?;
    let known = memory
        .store
        .children(&list)
        .into_iter()
        .find(|it| it["name"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(wanted)));
    known.map(|_| wanted.to_owned()).ok_or_else(|| ServiceError::not_found("The deployment", wanted))
}
