//! Jobs: what the data plane knows as runs, in the words of Resource Manager.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::data_plane::runs::{JobOperation, Run};
use super::super::data_plane::{self, AUDIENCE};
use super::super::state::State as Memory;
use super::call;
use super::error::ArmError;
use super::reply::Reply;
use super::request::ArmRequest;
use super::store::timestamp;

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
/// How long an operation takes at most, in seconds of the emulator's clock.
const LONGEST: i64 = 600;

/// The answer to what is asked of the jobs of a workspace.
pub(super) fn answer(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    mut workspace: Value,
    rest: &[&str],
) -> Result<Reply, ArmError> {
    settle(memory);
    data_plane::told_here(&mut workspace, request.origin);
    let workspace = &workspace;
    let id = workspace["id"].as_str().unwrap_or_default();
    match (request.method, rest) {
        (&Method::GET, []) => list(memory, request, workspace),
        (&Method::GET, [name]) => {
            let now = memory.now();
            let run = memory.runs(id).ask(name, now).ok_or_else(|| not_found(id, name))?;
            Ok(Reply::ok(told(run, workspace, now)))
        }
        (&Method::PUT, [name]) => put(memory, request, workspace, name),
        (&Method::DELETE, [name]) => {
            let Some(run) = memory.runs(id).find_mut(name) else { return Ok(Reply::empty(StatusCode::NO_CONTENT)) };
            run.is_leaving = true;
            Ok(begin(memory, request, workspace, name, true))
        }
        (&Method::POST, [name, action]) if action.eq_ignore_ascii_case("cancel") => {
            let now = memory.now();
            let run = memory.runs(id).find(name).ok_or_else(|| not_found(id, name))?;
            if run.status(now).is_last() {
                return Ok(Reply::empty(StatusCode::OK));
            }
            memory.runs(id).cancel(name, now);
            Ok(begin(memory, request, workspace, name, false))
        }
        (method, [] | [_] | [_, "cancel"]) => Err(ArmError::method_not_allowed(method)),
        _ => Err(ArmError::invalid_resource_type(request.path)),
    }
}

/// The answer to `mfeOperationResults/{id}`.
pub(super) fn operation(memory: &mut Memory, request: &ArmRequest<'_>, id: &str) -> Result<Reply, ArmError> {
    let now = memory.now();
    let operation = memory.plane.operations.get_mut(id).ok_or_else(|| ArmError::operation_not_found(id))?;
    operation.questions = operation.questions.saturating_sub(1);
    let JobOperation { workspace, job, is_deletion, questions, .. } = operation.clone();
    let run = memory.runs(&workspace).ask(&job, now);
    let is_over = match &run {
        Some(run) if !is_deletion => run.status(now).is_last(),
        Some(_) => questions == 0,
        None => true,
    };
    if !is_over {
        let link = format!("{}{}?api-version={}", request.origin, request.path, version(request));
        return Ok(Reply::empty(StatusCode::ACCEPTED).header("location", link).header("retry-after", "0"));
    }
    if is_deletion {
        memory.runs(&workspace).remove(&job);
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    }
    Ok(Reply::empty(StatusCode::OK))
}

/// Ends the deletions that nobody asks about.
fn settle(memory: &mut Memory) {
    let now = memory.now();
    let is_due = |operation: &&JobOperation| operation.is_deletion && now >= operation.begun + LONGEST;
    let due: Vec<JobOperation> = memory.plane.operations.values().filter(is_due).cloned().collect();
    for operation in due {
        memory.runs(&operation.workspace).remove(&operation.job);
    }
}

/// Begins an operation, whose id names what it does, where, and to what (observed: azure-ai-ml 1.35).
fn begin(memory: &mut Memory, request: &ArmRequest<'_>, workspace: &Value, name: &str, is_deletion: bool) -> Reply {
    let verb = if is_deletion { "jd" } else { "jc" };
    let guid = workspace["properties"]["workspaceId"].as_str().unwrap_or_default();
    let id = format!("{verb}:{guid}:{name}");
    let operation = JobOperation {
        workspace: workspace["id"].as_str().unwrap_or_default().to_owned(),
        job: name.to_owned(),
        is_deletion,
        questions: memory.world.operation_questions,
        begun: memory.now(),
    };
    memory.plane.operations.insert(id.clone(), operation);
    let link = format!(
        "{}/subscriptions/{}/providers/Microsoft.MachineLearningServices/locations/{}/mfeOperationResults/{id}?api-version={}",
        request.origin,
        request.path.split('/').nth(2).unwrap_or_default(),
        workspace["location"].as_str().unwrap_or_default(),
        version(request),
    );
    Reply::empty(StatusCode::ACCEPTED).header("location", link).header("retry-after", "0")
}

fn put(memory: &mut Memory, request: &ArmRequest<'_>, workspace: &Value, name: &str) -> Result<Reply, ArmError> {
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

/// One page of the jobs that nothing hides. The link to the next one holds the number of its first job.
fn list(memory: &mut Memory, request: &ArmRequest<'_>, workspace: &Value) -> Result<Reply, ArmError> {
    let parameter = |name: &str| request.query.get(name).map(String::as_str);
    let from = match parameter("$skip") {
        Some(token) => Some(number(token).ok_or_else(|| ArmError::bad_skip_token(token))?),
        None => None,
    };
    let (now, size) = (memory.now(), memory.world.page_size.max(1));
    let runs = memory.runs(workspace["id"].as_str().unwrap_or_default());
    let mut shown = runs.newest(from).filter(|(_, run)| shows(run, parameter));
    let items: Vec<Value> = shown.by_ref().take(size).map(|(_, run)| told(run, workspace, now)).collect();
    let mut page = json!({"value": items});
    if let Some((next, _)) = shown.next() {
        let mut query = request.query.clone();
        query.insert("$skip".into(), URL_SAFE_NO_PAD.encode(format!("number:{next}")));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&query).finish();
        page["nextLink"] = json!(format!("{}{}?{query}", request.origin, request.path));
    }
    Ok(Reply::ok(page))
}

fn shows<'a>(run: &Run, parameter: impl Fn(&str) -> Option<&'a str>) -> bool {
    let has = |member: &str, wanted: &str| match wanted.split_once('=') {
        Some((name, value)) => run.properties[member][name] == value,
        None => run.properties[member].get(wanted).is_some(),
    };
    let is_archived = match parameter("listViewType") {
        Some("All") => None,
        Some("ArchivedOnly") => Some(true),
        _ => Some(false),
    };
    is_archived.is_none_or(|wanted| wanted == run.is_archived())
        && parameter("jobType").is_none_or(|wanted| wanted.eq_ignore_ascii_case(run.job_type()))
        && parameter("tag").is_none_or(|wanted| has("tags", wanted))
        && parameter("properties").is_none_or(|wanted| wanted.split(',').all(|wanted| has("properties", wanted.trim())))
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

fn number(token: &str) -> Option<u64> {
    let token = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    token.strip_prefix("number:")?.parse().ok()
}
