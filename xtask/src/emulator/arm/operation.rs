//! Operations that take longer than a request. They end after some questions, or with the emulator's clock if nobody asks.

use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::state::State as Memory;
use super::call::Call;
use super::error::ArmError;
use super::kind::Kind;
use super::reply::Reply;
use super::request::ArmRequest;
use super::store::timestamp;
use super::{Store, deployments, verbs};

/// How long an operation takes at most, in seconds of the emulator's clock.
const LONGEST: i64 = 600;

/// How the service answers a request that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// With `Azure-AsyncOperation`, where the status is told.
    AsyncOperation,
    /// At once.
    AtOnce,
    /// With both.
    Both,
    /// With `Location`, which answers 202 until the end.
    Location,
}

/// What happens in the end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// What an action does.
    Act(fn(&mut Value)),
    Remove,
    /// What was described is there.
    Settle,
}

/// What `operationResults` tells in the end.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Body(Value),
    Nothing,
    Resource,
}

/// An operation on the resource that lies at `key` in the store.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) key: String,
    kind: &'static Kind,
    change: Change,
    outcome: Outcome,
    /// What goes wrong with it.
    error: Option<Value>,
    questions: u32,
    started: i64,
    pub(super) ended: Option<i64>,
}

impl Reply {
    /// Says where to ask for this operation.
    pub(super) fn leading_to(self, call: &Call<'_>, id: &str, pace: Pace) -> Self {
        let subscription = call.place.id.split('/').nth(2).unwrap_or_default();
        let region = format!(
            "{}/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{}",
            call.request.origin,
            call.location()
        );
        let version = call.request.parameter("api-version").unwrap_or_default();
        let is_deployment = call.place.full_type.starts_with(deployments::PROVIDER);
        let link = |kind: &str| {
            let list = if is_deployment {
                format!("{}{}/operationStatuses", call.request.origin, call.place.id)
            } else {
                format!("{region}/{kind}")
            };
            format!("{list}/{id}?api-version={version}")
        };
        let reply = self.header("retry-after", call.memory.world.retry_after.to_string());
        let reply = match pace {
            Pace::AsyncOperation | Pace::Both => reply
                .header("azure-asyncoperation", link("operationsStatus"))
                .header("x-ms-async-operation-timeout", "PT1H"),
            Pace::AtOnce | Pace::Location => reply,
        };
        match pace {
            Pace::Both | Pace::Location => reply.header("location", link("operationResults")),
            Pace::AsyncOperation | Pace::AtOnce => reply,
        }
    }
}

impl Call<'_> {
    /// Begins an operation on the resource, and returns its id.
    pub(super) fn begin_operation(&mut self, change: Change, outcome: Outcome) -> String {
        let id = Uuid::new_v4().to_string();
        let (questions, started) = (self.memory.world.operation_questions, self.memory.now());
        let path = self.request.path.to_lowercase();
        let mut failures = self.memory.world.failures.iter();
        let error = failures.find(|failure| path.contains(&failure.path.to_lowercase()));
        let error = error.map(|failure| json!({"code": failure.code, "message": failure.message}));
        let (key, kind) = (self.place.key.clone(), self.place.kind);
        let operation = Operation { key, kind, change, outcome, error, questions, started, ended: None };
        self.memory.store.operations.insert(id.clone(), operation);
        if questions == 0 {
            self.memory.store.end(&id, started);
        }
        id
    }
}

impl Memory {
    /// Ends the operations whose time has come.
    pub(super) fn settle_operations(&mut self) {
        let now = self.now();
        let is_due = |operation: &Operation| operation.ended.is_none() && now >= operation.started + LONGEST;
        let due: Vec<_> =
            self.store.operations.iter().filter(|(_, operation)| is_due(operation)).map(|(id, _)| id.clone()).collect();
        for id in due {
            self.store.end(&id, now);
        }
    }
}

impl Store {
    fn end(&mut self, id: &str, now: i64) {
        let Some(operation) = self.operations.get_mut(id).filter(|operation| operation.ended.is_none()) else { return };
        operation.ended = Some(now);
        let operation = operation.clone();
        if let (Change::Remove, None) = (operation.change, &operation.error) {
            self.remove(&operation.key);
            return;
        }
        let Some(resource) = self.resources.get_mut(&operation.key) else { return };
        match (operation.change, &operation.error) {
            (Change::Act(act), None) => act(resource),
            (Change::Act(_), Some(error)) => (operation.kind.failed)(resource, error),
            (_, None) => {
                resource["properties"]["provisioningState"] = "Succeeded".into();
                (operation.kind.settled)(resource);
            }
            (_, Some(error)) => {
                resource["properties"]["provisioningState"] = "Failed".into();
                (operation.kind.failed)(resource, error);
            }
        }
    }

    /// The operation, one question nearer to its end.
    fn ask(&mut self, id: &str, now: i64) -> Result<Operation, ArmError> {
        let operation = self.operations.get_mut(id).ok_or_else(|| ArmError::operation_not_found(id))?;
        operation.questions = operation.questions.saturating_sub(1);
        if operation.questions == 0 {
            self.end(id, now);
        }
        Ok(self.operations[id].clone())
    }
}

/// The answer to `operationsStatus/{id}` and `operationResults/{id}`.
pub(super) fn look(memory: &mut Memory, request: &ArmRequest<'_>, kind: &str, id: &str) -> Result<Reply, ArmError> {
    let now = memory.now();
    let operation = memory.store.ask(id, now)?;
    if kind.eq_ignore_ascii_case("operationResults") {
        operation.result(memory, request)
    } else {
        Ok(operation.status(memory, request, id))
    }
}

impl Operation {
    pub(super) fn status(&self, memory: &Memory, request: &ArmRequest<'_>, id: &str) -> Reply {
        let status = match (self.ended, &self.error) {
            (None, _) => "InProgress",
            (Some(_), None) => "Succeeded",
            (Some(_), Some(_)) => "Failed",
        };
        let started = timestamp(self.started);
        let mut body = json!({"id": request.path, "name": id, "status": status, "startTime": started});
        if let Some(ended) = self.ended {
            body["endTime"] = timestamp(ended).into();
            body["percentComplete"] = 100.0.into();
            if let Some(error) = &self.error {
                body["error"] = error.clone();
            }
        }
        Reply::ok(body).header("retry-after", memory.world.retry_after.to_string())
    }

    fn result(self, memory: &Memory, request: &ArmRequest<'_>) -> Result<Reply, ArmError> {
        if self.ended.is_none() {
            let version = request.parameter("api-version").unwrap_or_default();
            let link = format!("{}{}?api-version={version}", request.origin, request.path);
            let reply = Reply::empty(StatusCode::ACCEPTED).header("location", link);
            return Ok(reply.header("retry-after", memory.world.retry_after.to_string()));
        }
        if let Some(error) = self.error {
            return Err(ArmError::failed(&error));
        }
        Ok(match self.outcome {
            Outcome::Body(body) => Reply::ok(body),
            Outcome::Nothing => Reply::empty(StatusCode::NO_CONTENT),
            Outcome::Resource => match memory.store.resources.get(&self.key) {
                Some(resource) => Reply::ok(verbs::told(&memory.store, self.kind, &self.key, resource.clone())),
                None => Reply::empty(StatusCode::NO_CONTENT),
            },
        })
    }
}
