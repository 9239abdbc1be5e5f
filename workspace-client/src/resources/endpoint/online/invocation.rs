//! What an endpoint is asked.

use std::fmt;
use std::time::Duration;

use auth_core::Error;
use serde::Serialize;
use serde_json::Value;

use crate::resources::endpoint::DEADLINE;
use crate::resources::verb::to_json;

/// How many bytes an answer has at most, unless it is told.
const LIMIT: usize = 64 << 20;

/// What an endpoint is asked.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use workspace_client::resources::endpoint::online::Invocation;
/// let question = Invocation::json(&serde_json::json!({"data": [[1, 2, 3]]}))?;
/// let answer = ws.online_endpoints().invoke("credit", &question).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Invocation {
    pub(super) body: Vec<u8>,
    pub(super) content_type: String,
    pub(super) deployment: Option<String>,
    pub(super) deadline: Duration,
    pub(super) limit: usize,
}

impl Invocation {
    /// This, as it is.
    pub fn new(body: impl Into<Vec<u8>>, content_type: impl Into<String>) -> Self {
        let (body, content_type) = (body.into(), content_type.into());
        Self { body, content_type, deployment: None, deadline: DEADLINE, limit: LIMIT }
    }

    /// This, as JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](auth_core::ErrorKind::Configuration) if it cannot be written as JSON.
    pub fn json(body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self::new(Value::to_string(&to_json(body)?), "application/json"))
    }

    /// Answered by this deployment, whatever the traffic rules say.
    pub fn deployment(self, name: impl Into<String>) -> Self {
        Self { deployment: Some(name.into()), ..self }
    }

    /// Answered within this time; five minutes unless this says otherwise.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Answered with so many bytes at most; 64 MiB unless this says otherwise.
    pub fn limit(self, bytes: usize) -> Self {
        Self { limit: bytes, ..self }
    }
}

impl fmt::Debug for Invocation {
    /// Without the body, which is the caller's own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation").field("deployment", &self.deployment).finish_non_exhaustive()
    }
}
