//! Operations that take longer than a request. They end after some questions, or with the emulator's clock if nobody asks.

use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::state::State as Memory;
use super::error::ArmError;
use super::reply::Reply;
use super::store::timestamp;
use super::{ArmRequest, Store};

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
    Remove,
    Settle(fn(&mut Value)),
}

/// An operation on the resource that lies at `key` in the store.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) key: String,
    pub(super) change: Change,
    pub(super) questions: u32,
    pub(super) started: i64,
    pub(super) ended: Option<i64>,
}

impl Reply {
    /// Says where to ask for this operation.
    pub(super) fn leading_to(self, request: &ArmRequest<'_>, location: &str, id: &str, pace: Pace) -> Self {
        let subscription = request.path.split('/').nth(2).unwrap_or_default();
        let region = format!(
            "{}/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}",
            request.origin
        );
        let version = request.query.get("api-version").map(String::as_str).unwrap_or_default();
        let link = |kind: &str| format!("{region}/{kind}/{id}?api-version={version}");
        let reply = self.header("retry-after", "0");
        let reply = match pace {
            Pace::AsyncOperation | Pace::Both => reply.header("azure-asyncoperation", link("operationsStatus")),
            Pace::AtOnce | Pace::Location => reply,
        };
        match pace {
            Pace::Both | Pace::Location => reply.header("location", link("operationResults")),
            Pace::AsyncOperation | Pace::AtOnce => reply,
        }
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

    /// Begins an operation, and returns its id.
    pub(super) fn begin_operation(&mut self, key: &str, change: Change) -> String {
        let id = Uuid::new_v4().to_string();
        let (questions, started) = (self.world.operation_questions, self.now());
        let operation = Operation { key: key.to_owned(), change, questions, started, ended: None };
        self.store.operations.insert(id.clone(), operation);
        id
    }
}

impl Store {
    fn end(&mut self, id: &str, now: i64) {
        let Some(operation) = self.operations.get_mut(id).filter(|operation| operation.ended.is_none()) else { return };
        operation.ended = Some(now);
        match operation.change {
            Change::Remove => {
                self.resources.remove(&operation.key);
            }
            Change::Settle(settle) => {
                if let Some(resource) = self.resources.get_mut(&operation.key) {
                    resource["properties"]["provisioningState"] = "Succeeded".into();
                    settle(resource);
                }
            }
        }
    }
}

/// The answer to `operationsStatus/{id}` and `operationResults/{id}`.
pub(super) fn look(memory: &mut Memory, request: &ArmRequest<'_>, kind: &str, id: &str) -> Result<Reply, ArmError> {
    let now = memory.now();
    let store = &mut memory.store;
    let operation = store.operations.get_mut(id).ok_or_else(|| ArmError::operation_not_found(id))?;
    if operation.ended.is_none() {
        operation.questions = operation.questions.saturating_sub(1);
        if operation.questions == 0 {
            store.end(id, now);
        }
    }
    let operation = &store.operations[id];
    if kind.eq_ignore_ascii_case("operationResults") {
        return Ok(match operation.ended {
            None => Reply::empty(StatusCode::ACCEPTED).header("retry-after", "0").header(
                "location",
                format!("{}{}?api-version={}", request.origin, request.path, request.query["api-version"]),
            ),
            Some(_) => Reply::empty(StatusCode::NO_CONTENT),
        });
    }
    let mut body = json!({
        "id": request.path,
        "name": id,
        "status": if operation.ended.is_some() { "Succeeded" } else { "InProgress" },
        "startTime": timestamp(operation.started),
    });
    if let Some(ended) = operation.ended {
        body["endTime"] = timestamp(ended).into();
        body["percentComplete"] = 100.0.into();
    }
    Ok(Reply::ok(body).header("retry-after", "0"))
}
