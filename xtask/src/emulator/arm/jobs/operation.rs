//! What is done to jobs and takes its time: they are cancelled, and deleted.

use axum::http::StatusCode;
use serde_json::Value;

use super::super::super::data_plane::runs::JobOperation;
use super::super::super::state::State as Memory;
use super::super::error::ArmError;
use super::super::reply::Reply;
use super::super::request::ArmRequest;
use super::version;

/// How long an operation takes at most, in seconds of the emulator's clock.
const LONGEST: i64 = 600;

/// The answer to `mfeOperationResults/{id}`.
pub(in super::super) fn answer(memory: &mut Memory, request: &ArmRequest<'_>, id: &str) -> Result<Reply, ArmError> {
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
        return Ok(Reply::empty(StatusCode::ACCEPTED)
            .header("location", link)
            .header("retry-after", memory.world.retry_after.to_string()));
    }
    if is_deletion {
        end(memory, id);
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    }
    Ok(Reply::empty(StatusCode::OK))
}

/// Ends the deletions that nobody asks about.
pub(super) fn settle(memory: &mut Memory) {
    let now = memory.now();
    let is_due = |operation: &JobOperation| operation.is_deletion && now >= operation.begun + LONGEST;
    let operations = memory.plane.operations.iter();
    let due: Vec<_> = operations.filter(|(_, operation)| is_due(operation)).map(|(id, _)| id.clone()).collect();
    for id in due {
        end(memory, &id);
    }
}

/// A deletion ends once: a job that is made again under its name is another one.
fn end(memory: &mut Memory, id: &str) {
    let Some(operation) = memory.plane.operations.get_mut(id).filter(|operation| !operation.has_ended) else { return };
    operation.has_ended = true;
    let JobOperation { workspace, job, .. } = operation.clone();
    memory.runs(&workspace).remove(&job);
}

/// Begins an operation. Its id names what it does, where, and to what; that form and the name of its place are of our own making, as
/// clients take a link as it is.
pub(super) fn begin(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    workspace: &Value,
    name: &str,
    is_deletion: bool,
) -> Reply {
    let verb = if is_deletion { "jd" } else { "jc" };
    let guid = workspace["properties"]["workspaceId"].as_str().unwrap_or_default();
    let id = format!("{verb}:{guid}:{name}");
    let operation = JobOperation {
        workspace: workspace["id"].as_str().unwrap_or_default().to_owned(),
        job: name.to_owned(),
        is_deletion,
        questions: memory.world.operation_questions,
        begun: memory.now(),
        has_ended: false,
    };
    memory.plane.operations.insert(id.clone(), operation);
    let link = format!(
        "{}/subscriptions/{}/providers/Microsoft.MachineLearningServices/locations/{}/mfeOperationResults/{id}?api-version={}",
        request.origin,
        request.path.split('/').nth(2).unwrap_or_default(),
        workspace["location"].as_str().unwrap_or_default(),
        version(request),
    );
    Reply::empty(StatusCode::ACCEPTED)
        .header("location", link)
        .header("retry-after", memory.world.retry_after.to_string())
}
