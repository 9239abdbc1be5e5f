//! What an answer says about a long-running operation (Azure Resource Manager RPC, asynchronous operations).

use std::fmt;

use auth_core::{Error, ErrorKind};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::exchange::Answer;
use super::{ArmError, Request};

/// The state of what was accepted, where nothing else is told.
const ACCEPTED: &str = "Accepted";

/// How far a long-running operation has come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperationState {
    /// Ended, because somebody wanted it to.
    Canceled,
    /// Ended without success.
    Failed,
    /// Under way. Azure has many words for it.
    Running(String),
    /// Ended as it should.
    Succeeded,
}

/// What is known of a long-running operation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OperationStatus {
    /// How far it has come.
    pub state: OperationState,
    /// The same in percent, where that is told.
    pub percent_complete: Option<f64>,
}

/// An operation, as far as it must be known to follow it.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Tracking {
    method: String,
    url: Url,
    has_result: bool,
    watch: Watch,
    location: Option<Url>,
}

/// Where the operation tells how far it has come.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
enum Watch {
    /// `Azure-AsyncOperation`: a body with `status`.
    AsyncOperation(Url),
    /// `Location`: 202 until the end.
    Location(Url),
    /// Nowhere, as it took no time.
    Nowhere,
    /// The resource itself: its `provisioningState`.
    Resource,
}

/// What an answer means.
pub(super) struct Progress {
    pub(super) status: OperationStatus,
    pub(super) result: Outcome,
}

/// What the operation yields.
pub(super) enum Outcome {
    /// The reason of its failure.
    Failure(ArmError),
    /// It is found by one more question.
    Lies(Url),
    /// There is none yet.
    Pending,
    /// This.
    Value(Value),
}

impl Tracking {
    /// What follows from the first answer.
    pub(super) fn begin(request: &Request, answer: &Answer) -> Result<(Self, Progress), Error> {
        let mut tracking = Self {
            method: request.method.to_string(),
            url: request.url.clone(),
            has_result: request.has_result,
            watch: if makes_resource(request.method.as_str()) { Watch::Resource } else { Watch::Nowhere },
            location: None,
        };
        tracking.follow_links(answer)?;
        let progress = match tracking.watch {
            Watch::Nowhere => tracking.ended(answer.json()?),
            Watch::Resource => tracking.read_resource(answer)?,
            _ => Progress::running(ACCEPTED, None),
        };
        Ok((tracking, progress))
    }

    /// What is known of an operation that was saved. One that had ended tells no more than what lies at its URL.
    pub(super) fn resume(&self) -> Result<Progress, Error> {
        match self.watch {
            Watch::Nowhere if self.has_result => {
                let message =
                    format!("{} had ended when it was saved, and what it yielded is told once only", self.name());
                Err(Error::new(ErrorKind::Configuration, message).with_help("ask for it again"))
            }
            Watch::Nowhere => Ok(self.ended(Value::Null)),
            _ => Ok(Progress::running(ACCEPTED, None)),
        }
    }

    /// Where to ask how far it has come.
    pub(super) fn watched(&self) -> &Url {
        match &self.watch {
            Watch::AsyncOperation(url) | Watch::Location(url) => url,
            Watch::Nowhere | Watch::Resource => &self.url,
        }
    }

    /// What follows from the answer of [`Tracking::watched`].
    pub(super) fn read(&mut self, answer: &Answer) -> Result<Progress, Error> {
        self.follow_links(answer)?;
        match self.watch {
            Watch::AsyncOperation(_) => self.read_operation(answer),
            Watch::Location(_) if answer.status == StatusCode::ACCEPTED => Ok(Progress::running(ACCEPTED, None)),
            Watch::Location(_) => Ok(self.ended(answer.json()?)),
            Watch::Nowhere | Watch::Resource => self.read_resource(answer),
        }
    }

    /// For an error message: the method and the end of the path.
    pub(super) fn name(&self) -> String {
        let path: Vec<_> = self.url.path().split('/').collect();
        let start = path.iter().position(|segment| segment.eq_ignore_ascii_case("workspaces")).map_or(0, |at| at + 2);
        let inside = path.get(start..).filter(|inside| !inside.is_empty()).unwrap_or(&path);
        format!("{} {}", self.method, inside.join("/"))
    }

    pub(super) fn save(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::json!(self).to_string())
    }

    pub(super) fn restore(token: &str) -> Result<Self, Error> {
        let json = URL_SAFE_NO_PAD.decode(token.trim()).ok();
        let tracking: Option<Self> = json.and_then(|json| serde_json::from_slice(&json).ok());
        let known = ["DELETE", "PATCH", "POST", "PUT"];
        tracking.filter(|tracking| known.contains(&tracking.method.as_str())).ok_or_else(|| {
            Error::new(ErrorKind::Configuration, "this is not an operation that was saved")
                .with_help("give the whole text that was saved, as it was")
        })
    }

    /// The newest links count; of two, the one that tells more.
    fn follow_links(&mut self, answer: &Answer) -> Result<(), Error> {
        if let Some(url) = self.link(answer, "location")? {
            if !matches!(self.watch, Watch::AsyncOperation(_)) {
                self.watch = Watch::Location(url.clone());
            }
            self.location = Some(url);
        }
        if let Some(url) = self.link(answer, "azure-asyncoperation")? {
            self.watch = Watch::AsyncOperation(url);
        }
        Ok(())
    }

    fn link(&self, answer: &Answer, header: &str) -> Result<Option<Url>, Error> {
        let Some(value) = answer.headers.get(header) else { return Ok(None) };
        let refuse = || answer.unreadable(&format!("the header {header} is not a URL"));
        self.url.join(value.to_str().map_err(|_| refuse())?).map(Some).map_err(|_| refuse())
    }

    fn read_operation(&self, answer: &Answer) -> Result<Progress, Error> {
        let body = answer.json()?;
        // Registries end with an empty body (observed: azure-ai-ml 1.35).
        if body.is_null() && answer.status != StatusCode::ACCEPTED {
            return self.succeeded(answer, &body);
        }
        let percent = body.get("percentComplete").and_then(Value::as_f64);
        let Some(text) = body.get("status").and_then(Value::as_str) else {
            return match answer.status {
                StatusCode::ACCEPTED => Ok(Progress::running(ACCEPTED, percent)),
                _ => Err(answer.unreadable("it does not say how far the operation has come")),
            };
        };
        Ok(match OperationState::from(text) {
            OperationState::Succeeded => self.succeeded(answer, &body)?,
            OperationState::Running(_) => Progress::running(text, percent),
            state => Progress::failed(state, ArmError::reported(answer, &body)),
        })
    }

    /// 200 without a state is the end, 201 is not.
    fn read_resource(&self, answer: &Answer) -> Result<Progress, Error> {
        let body = answer.json()?;
        let state = match body.pointer("/properties/provisioningState").and_then(Value::as_str) {
            Some(text) => OperationState::from(text),
            None if [StatusCode::CREATED, StatusCode::ACCEPTED].contains(&answer.status) => {
                OperationState::Running(ACCEPTED.to_owned())
            }
            None => OperationState::Succeeded,
        };
        Ok(match state {
            OperationState::Succeeded => self.ended(body),
            OperationState::Running(text) => Progress::running(&text, None),
            state => {
                let reason = body.pointer("/properties/provisioningErrors/0").unwrap_or(&Value::Null);
                Progress::failed(state, ArmError::reported(answer, reason))
            }
        })
    }

    /// The operation tells only that it is over; its result lies elsewhere.
    fn succeeded(&self, answer: &Answer, body: &Value) -> Result<Progress, Error> {
        if !self.has_result {
            return Ok(self.ended(Value::Null));
        }
        let lies = match body.get("resourceLocation").and_then(Value::as_str) {
            Some(url) => {
                self.url.join(url).map(Some).map_err(|_| answer.unreadable("resourceLocation is not a URL"))?
            }
            None if makes_resource(&self.method) => Some(self.url.clone()),
            None => self.location.clone(),
        };
        Ok(match lies {
            Some(url) => Progress { result: Outcome::Lies(url), ..Progress::succeeded(Value::Null) },
            None => self.ended(body.get("properties").cloned().unwrap_or_default()),
        })
    }

    /// An answer to a change that tells nothing leaves the resource to be looked at.
    fn ended(&self, value: Value) -> Progress {
        if value.is_null() && self.has_result && makes_resource(&self.method) {
            return Progress { result: Outcome::Lies(self.url.clone()), ..Progress::succeeded(Value::Null) };
        }
        Progress::succeeded(if self.has_result { value } else { Value::Null })
    }
}

/// Whether the resource itself lies at the URL of the request.
fn makes_resource(method: &str) -> bool {
    [Method::PATCH, Method::PUT].iter().any(|known| known == method)
}

impl Progress {
    fn running(text: &str, percent_complete: Option<f64>) -> Self {
        let status = OperationStatus { state: OperationState::Running(text.to_owned()), percent_complete };
        Self { status, result: Outcome::Pending }
    }

    fn succeeded(value: Value) -> Self {
        let status = OperationStatus { state: OperationState::Succeeded, percent_complete: Some(100.0) };
        Self { status, result: Outcome::Value(value) }
    }

    fn failed(state: OperationState, reason: ArmError) -> Self {
        Self { status: OperationStatus { state, percent_complete: None }, result: Outcome::Failure(reason) }
    }
}

impl From<&str> for OperationState {
    fn from(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "canceled" => Self::Canceled,
            "failed" => Self::Failed,
            "succeeded" => Self::Succeeded,
            _ => Self::Running(text.to_owned()),
        }
    }
}

impl fmt::Display for OperationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Canceled => "Canceled",
            Self::Failed => "Failed",
            Self::Running(text) => text,
            Self::Succeeded => "Succeeded",
        })
    }
}
