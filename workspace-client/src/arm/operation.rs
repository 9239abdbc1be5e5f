//! Operations that take longer than a request.

use std::fmt;
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::exchange::{Answer, misfit};
use super::tracking::{OperationState, OperationStatus, Outcome, Progress, Tracking};
use super::{ArmClient, Request, Service};

/// The pauses between two questions, where Azure does not say how long: from this, doubled each time, up to that.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Whoever says "at once" is not asked without end: no pause is shorter than this, doubled each time, up to a second.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// How long questions may go without an answer.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long [`Poller::wait`] waits unless it is told.
const DEADLINE: Duration = Duration::from_secs(3600);
const GOES_ON: &str = "the operation goes on; look at the resource later";

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
    service: Service,
    tracking: Tracking,
    progress: Progress,
    retry_after: Option<Duration>,
    deadline: Duration,
    observer: Option<Observer>,
    read: Reader<T>,
}

type Observer = Box<dyn FnMut(&OperationStatus) + Send>;
/// Reads what the operation yields.
type Reader<T> = Box<dyn Fn(Value) -> Result<T, serde_json::Error> + Send + Sync>;

impl<T: DeserializeOwned + 'static> Poller<T> {
    pub(super) fn begun(client: ArmClient, request: &Request, answer: &Answer) -> Result<Self, Error> {
        let (tracking, progress) = Tracking::begin(request, answer)?;
        let service = request.service.clone();
        Ok(Self { retry_after: answer.retry_after, ..Self::new(client, service, tracking, progress) })
    }

    /// Follows an operation that another process may have started; see [`Poller::save`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if that is not what was saved, or an operation that had ended with something that Azure tells
    /// once only. What it leads to is asked only at the client's own Resource Manager.
    pub fn resume(client: ArmClient, token: &str) -> Result<Self, Error> {
        let tracking = Tracking::restore(token)?;
        let progress = tracking.resume()?;
        let service = Service::resource_manager(client.cloud());
        Ok(Self::new(client, service, tracking, progress))
    }

    fn new(client: ArmClient, service: Service, tracking: Tracking, progress: Progress) -> Self {
        let (retry_after, deadline, observer, read) = (None, DEADLINE, None, Box::new(T::deserialize));
        Self { client, service, tracking, progress, retry_after, deadline, observer, read }
    }
}

impl<T> Poller<T> {
    /// The same operation, of whose result something is made.
    pub(crate) fn map<U>(self, make: impl Fn(T) -> U + Send + Sync + 'static) -> Poller<U>
    where
        T: 'static,
    {
        let Self { client, service, tracking, progress, retry_after, deadline, observer, read } = self;
        let read = Box::new(move |value| read(value).map(&make));
        Poller { client, service, tracking, progress, retry_after, deadline, observer, read }
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
            let answer = self.client.exchange(&self.question(self.tracking.watched().clone())).await?;
            self.progress = self.tracking.read(&answer)?;
            self.retry_after = answer.retry_after;
            tracing::debug!(state = %self.progress.status.state, "the operation was looked at");
            if let Some(observer) = &mut self.observer {
                observer(&self.progress.status);
            }
        }
        Ok(self.status())
    }

    /// Waits for the end, and returns what the operation yields. Questions that fail in a way that may pass are asked again for ten
    /// minutes. Dropping the future loses nothing: it can be waited for again.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] with [`ArmError`](super::ArmError) as the source if the operation fails or is canceled,
    /// [`ErrorKind::Timeout`] if it has not ended at the deadline, and as [`ArmClient::get`].
    pub async fn wait(&mut self) -> Result<T, Error> {
        let clock = self.client.clock.clone();
        let started = clock.now();
        // A clock that was set back has not moved.
        let since = |then| clock.now().duration_since(then).unwrap_or_default();
        let (mut next_pause, mut shortest, mut heard) = (FIRST_PAUSE, SHORTEST_PAUSE, started);
        while !self.is_done() {
            let left = self.deadline.saturating_sub(since(started));
            if left.is_zero() {
                return Err(self.too_slow());
            }
            let pause = self.retry_after.take().unwrap_or(next_pause).max(shortest);
            shortest = (shortest * 2).min(Duration::from_secs(1));
            next_pause = (next_pause * 2).min(LONGEST_PAUSE);
            clock.sleep(pause.min(left)).await;
            match self.poll().await {
                Ok(_) => heard = clock.now(),
                Err(error) if error.is_transient() && since(heard) < PATIENCE => {
                    tracing::debug!(%error, "the operation could not be looked at");
                    self.retry_after = error.retry_after();
                }
                Err(error) if error.help().is_none() => return Err(error.with_help(GOES_ON)),
                Err(error) => return Err(error),
            }
        }
        self.result().await
    }

    /// The operation as a text with which [`Poller::resume`] goes on, in another process if need be. No token is in it, but the
    /// ids of the subscription and of the resource, and the links that Azure gave: keep it like a private file.
    pub fn save(&self) -> String {
        self.tracking.save()
    }

    fn question(&self, url: Url) -> Request {
        Request::new(self.service.clone(), Method::GET, url)
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
            Outcome::Lies(url) => self.client.exchange(&self.question(url.clone())).await?.json()?,
            Outcome::Pending => Value::Null,
            Outcome::Value(value) => value.clone(),
        };
        (self.read)(value).map_err(|error| {
            let name = self.tracking.name();
            Error::new(ErrorKind::Protocol, format!("what {name} yields cannot be understood: {}", misfit(&error)))
        })
    }

    fn too_slow(&self) -> Error {
        let (name, limit) = (self.tracking.name(), self.deadline.as_secs());
        Error::new(ErrorKind::Timeout, format!("{name} has not ended within {limit} s")).with_help(GOES_ON)
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
