//! A job is described, for the first time or again.

use axum::http::StatusCode;
use serde_json::Value;

use super::super::super::data_plane::{self, AUDIENCE};
use super::super::super::state::State as Memory;
use super::super::error::ArmError;
use super::super::reply::Reply;
use super::super::request::ArmRequest;
use super::{not_found, told};

/// The members that tell the kinds apart, and what each must hold.
const TYPES: &[(&str, &[&str])] = &[
    ("AutoML", &["/taskDetails/taskType"]),
    ("Command", &["/command", "/environmentId"]),
    ("Distillation", &[]),
    ("FineTuning", &[]),
    ("Labeling", &[]),
    ("Pipeline", &[]),
    ("Spark", &["/codeId", "/entry/sparkJobEntryType"]),
    (
        "Sweep",
        &["/objective/primaryMetric", "/samplingAlgorithm/samplingAlgorithmType", "/searchSpace", "/trial/command"],
    ),
];
/// What an update of a job may not change.
const SETTLED: &[&str] = &["jobType", "command", "environmentId", "codeId", "computeId", "experimentName"];
pub(super) fn put(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    workspace: &Value,
    name: &str,
) -> Result<Reply, ArmError> {
    let id = workspace["id"].as_str().unwrap_or_default();
    let properties = request.json()?["properties"].take();
    check(&properties)?;
    let now = memory.now();
    if let Some(run) = memory.runs(id).find_mut(name) {
        let is_changed =
            |member: &&&str| !properties[**member].is_null() && properties[**member] != run.properties[**member];
        if let Some(member) = SETTLED.iter().find(is_changed) {
            let message = format!(
                "A job with this name already exists. If you are trying to submit a new job please use a different name. If you are \
                 trying to update an existing job, the existing job's immutable property '{member}' cannot be changed."
            );
            return Err(ArmError::bad_request(message));
        }
        for member in ["description", "displayName", "isArchived", "properties", "tags"] {
            if !properties[member].is_null() {
                run.properties[member] = properties[member].clone();
            }
        }
        return Ok(Reply::ok(told(run.clone(), workspace, now)));
    }
    if properties["jobType"] == "Pipeline" || properties["identity"]["identityType"] == "UserIdentity" {
        check_token(memory, request)?;
    }
    let author = author(memory, request);
    memory.begin_run(id, name, &author, properties);
    let run = memory.runs(id).find(name).ok_or_else(|| not_found(id, name))?;
    Ok(Reply::new(StatusCode::CREATED, told(run, workspace, now)))
}

fn check(properties: &Value) -> Result<(), ArmError> {
    let job_type = properties["jobType"].as_str().unwrap_or_default();
    let Some((_, required)) = TYPES.iter().find(|(name, _)| *name == job_type) else {
        let message = format!("The job type '{job_type}' is not one of those that are known.");
        return Err(ArmError::invalid_request(&[("properties/jobType", message)]));
    };
    let is_missing = |pointer: &&&str| properties.pointer(pointer).is_none_or(|value| value.is_null() || *value == "");
    let missing = required.iter().filter(is_missing).map(|pointer| format!("properties{pointer}"));
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mistakes: Vec<_> =
        missing.iter().map(|target| (target.as_str(), "The value is required.".to_owned())).collect();
    Err(ArmError::invalid_request(&mistakes))
}

/// A job that acts for its person brings a second token along.
fn check_token(memory: &Memory, request: &ArmRequest<'_>) -> Result<(), ArmError> {
    let token = request.headers.get("x-azureml-token").and_then(|value| value.to_str().ok());
    let token = token.ok_or_else(|| ArmError::bad_request("The header 'x-azureml-token' is required for this job."))?;
    let refused = |message: &str| {
        let challenge = r#"Bearer error="invalid_token""#.to_owned();
        Err(ArmError::unauthorized("InvalidAuthenticationToken", message, challenge))
    };
    match data_plane::bearer_claims(memory, token) {
        Ok(claims) if claims["aud"] == AUDIENCE => Ok(()),
        Ok(_) => refused("The token in 'x-azureml-token' is not for https://ml.azure.com."),
        Err(problem) => refused(problem),
    }
}

fn author(memory: &Memory, request: &ArmRequest<'_>) -> String {
    let token = request.headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let claims = token.and_then(|token| data_plane::bearer_claims(memory, token).ok()).unwrap_or_default();
    ["upn", "appid"].iter().find_map(|name| claims[*name].as_str()).unwrap_or_default().to_owned()
}
