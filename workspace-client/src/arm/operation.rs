//! Operations that take longer than a request.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::exchange::{Answer, unreadable};
use super::tracking::{OperationState, OperationStatus, Outcome, Progress, Tracking};
use super::{ArmClient, Request};

/// The pauses between two questions, where Azure does not say how long: from this, doubled each time, up to that.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Whoever says "at once" is not asked without end.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// How long [`Poller::wait`] waits unless it is told.
const DEADLINE: Duration = Duration::from_secs(3600);

/// An operation that was started, and what it yields.
///
/// Azure goes on with it whether anybody asks or not: dropping this ends the waiting, not the operation. Azure answers some
/// requests at once, and then nothing is asked any more.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// ws.computes().start("my-instance").await?.wait().await?;
/// # Ok(()) }
/// ```
pub struct Poller<T> {
    client: ArmClient,
    tracking: Tracking,
    progress: Progress,
    retry_after: Option<Duration>,
    deadline: Duration,
    observer: Option<Observer>,
    yields: PhantomData<fn() -> T>,
}

type Observer = Box<dyn FnMut(&OperationStatus) + Send>;

impl<T: DeserializeOwned> Poller<T> {
    pub(super) fn begun(client: ArmClient, request: &Request, answer: &Answer) -> Result<Self, Error> {
        let (tracking, progress) = Tracking::begin(request, answer)?;
        Ok(Self { retry_after: answer.retry_after, ..Self::new(client, tracking, progress) })
    }

    /// Follows an operation that another process may have started; see [`Poller::save`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if that is not what was saved. What it leads to is asked only at the client's own Resource
    /// Manager.
    pub fn resume(client: ArmClient, token: &str) -> Result<Self, Error> {
        let tracking = Tracking::restore(token)?;
        let progress = tracking.resume();
        Ok(Self::new(client, tracking, progress))
    }

    /// How long [`Poller::wait`] waits at most; an hour unless this says otherwise.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Tells `observer` after each question how far the operation has come.
    pub fn on_status(mut self, observer: impl FnMut(&OperationStatus) + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// What is known already; nothing is asked.
    pub fn status(&self) -> &OperationStatus {
        &self.progress.status
    }

    /// Whether it has ended, one way or another.
    pub fn is_done(&self) -> bool {
        !matches!(self.status().state, OperationState::Running(_))
    }

    /// Asks once how far it has come. That the operation has failed is no error here.
    ///
    /// # Errors
    /// As [`ArmClient::get`].
    pub async fn poll(&mut self) -> Result<&OperationStatus, Error> {
        if !self.is_done() {
            let answer = self.client.exchange(&Request::get(self.tracking.watched().clone())).await?;
            self.progress = self.tracking.read(&answer)?;
            self.retry_after = answer.retry_after;
            tracing::debug!(state = %self.progress.status.state, "the operation was looked at");
            if let Some(observer) = &mut self.observer {
                observer(&self.progress.status);
            }
        }
        Ok(self.status())
    }

    /// Waits for the end, and returns what the operation yields. Dropping the future loses nothing: it can be waited for again.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] with [`ArmError`](super::ArmError) as the source if the operation fails or is canceled,
    /// [`ErrorKind::Timeout`] if it has not ended at the deadline, and as [`ArmClient::get`].
    pub async fn wait(&mut self) -> Result<T, Error> {
        let clock = self.client.clock.clone();
        let started = clock.now();
        let mut next_pause = FIRST_PAUSE;
        while !self.is_done() {
            let pause = self.retry_after.unwrap_or(next_pause).max(SHORTEST_PAUSE);
            next_pause = (next_pause * 2).min(LONGEST_PAUSE);
            // A clock that was set back has not moved.
            let waited = clock.now().duration_since(started).unwrap_or_default();
            if waited + pause > self.deadline {
                return Err(self.too_slow());
            }
            clock.sleep(pause).await;
            self.poll().await?;
        }
        self.result().await
    }

    /// The operation as a text with which [`Poller::resume`] goes on, in another process if need be. It holds no secret, but the
    /// ids of the subscription and of the resource.
    ///
    /// # Errors
    /// None that is known.
    pub fn save(&self) -> Result<String, Error> {
        self.tracking.save()
    }

    fn new(client: ArmClient, tracking: Tracking, progress: Progress) -> Self {
        let (retry_after, deadline, observer, yields) = (None, DEADLINE, None, PhantomData);
        Self { client, tracking, progress, retry_after, deadline, observer, yields }
    }

    async fn result(&mut self) -> Result<T, Error> {
        let value = match &self.progress.result {
            Outcome::Failure(reason) => {
                let verb = if self.status().state == OperationState::Canceled { "was canceled" } else { "failed" };
                let error = Error::new(ErrorKind::Rejected, format!("{} {verb}", self.tracking.name()));
                return Err(match reason.correlation_id().or(reason.request_id()) {
                    Some(id) => error.with_correlation_id(id).with_source(reason.clone()),
                    None => error.with_source(reason.clone()),
                });
            }
            Outcome::Lies(url) => self.client.exchange(&Request::get(url.clone())).await?.json()?,
            Outcome::Pending => Value::Null,
            Outcome::Value(value) => value.clone(),
        };
        T::deserialize(value).map_err(|error| unreadable("what the operation yields").with_source(error))
    }

    fn too_slow(&self) -> Error {
        let (name, limit) = (self.tracking.name(), self.deadline.as_secs());
        Error::new(ErrorKind::Timeout, format!("{name} has not ended within {limit} s"))
            .with_help("it goes on; look at the resource later")
    }
}

impl<T> fmt::Debug for Poller<T> {
    /// Without what it yields, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller")
            .field("operation", &self.tracking.name())
            .field("status", &self.progress.status)
            .finish_non_exhaustive()
    }
}
