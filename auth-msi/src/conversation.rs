//! Asking the identity endpoint of a host, as often as it takes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auth_core::{AccessToken, Clock, Error, ErrorKind, Secret, http};
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderMap};

use crate::endpoint::TOTAL_TIMEOUT;
use crate::pin::Pin;
use crate::protocol::{Protocol, Question, arc};
use crate::response::Echo;
use crate::retry::{Failure, Schedule};
use crate::{Host, refusal, response};

/// What is told so early that it is known before the caller's own time limit passes.
const HEAD_START: Duration = Duration::from_millis(50);

/// What is asked, under which conditions.
#[derive(Debug)]
pub(crate) struct Conversation<'a> {
    pub(crate) host: &'a Host,
    pub(crate) question: Question<'a>,
    /// What the client trusts, if that is one certificate.
    pub(crate) pin: Option<&'a Pin>,
    pub(crate) clock: &'a Clock,
    /// Whether somebody else may answer instead.
    pub(crate) in_chain: bool,
    /// Whether nothing but a guess led to this host.
    pub(crate) is_guess: bool,
    /// Whether this host has ever answered.
    pub(crate) has_answered: &'a AtomicBool,
    /// How long all of it may take.
    pub(crate) limit: Duration,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    /// What was sent to prove the right to ask, beside the host's own secret.
    key: Option<Secret>,
}

impl Conversation<'_> {
    /// The token, and whose it is as far as the host tells.
    pub(crate) async fn token(&self) -> Result<(AccessToken, Echo), Error> {
        let schedule = Schedule { host: self.host.kind(), in_chain: self.in_chain };
        let started = self.clock.now();
        let mut attempts = 0;
        loop {
            let left = || {
                let passed = self.clock.now().duration_since(started).unwrap_or_default();
                self.limit.saturating_sub(passed).saturating_sub(HEAD_START)
            };
            let error = match self.ask(left()).await.and_then(|answer| self.read(&answer)) {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            attempts += 1;
            let Some(pause) = schedule.pause(Failure::of(&error), attempts, error.retry_after(), left()) else {
                return Err(error);
            };
            tracing::debug!(%error, ?pause, "the identity endpoint is asked once more");
            self.clock.sleep(pause).await;
        }
    }

    async fn ask(&self, left: Duration) -> Result<Answer, Error> {
        let question = Question { timeout: left.min(TOTAL_TIMEOUT), ..self.question };
        let answer = self.send(self.host.0.request(question)?).await?;
        let Protocol::Arc { keys, .. } = &self.host.0 else { return Ok(answer) };
        if answer.status != 401 {
            return Ok(answer);
        }
        let key = arc::key(&answer.headers, keys)?;
        let request = self.host.0.request(question)?.header(AUTHORIZATION, arc::authorization(&key)?);
        Ok(Answer { key: Some(key), ..self.send(request).await? })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let answer = request.send().await.map_err(|error| self.unanswered(error))?;
        self.has_answered.store(true, Ordering::Relaxed);
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Answer { status, headers, body: http::body(answer).await?, key: None })
    }

    fn read(&self, answer: &Answer) -> Result<(AccessToken, Echo), Error> {
        let secrets: Vec<_> = self.host.0.secret().into_iter().chain(&answer.key).collect();
        let absent = if self.in_chain { ErrorKind::Unavailable } else { ErrorKind::Rejected };
        if (200..300).contains(&answer.status) {
            return response::token(self.host, absent, &answer.body, self.clock.now(), &secrets);
        }
        let error = refusal::error(self.host, absent, answer.status, &answer.body, &secrets);
        Err(error.with_retry_after(http::retry_after(&answer.headers, self.clock.now())))
    }

    /// Where nobody listens there is no such host, unless somebody chose it, or it was there a moment ago.
    fn unanswered(&self, error: reqwest::Error) -> Error {
        if self.pin.is_some_and(Pin::was_violated) {
            let message = format!("{} has another certificate than IDENTITY_SERVER_THUMBPRINT says", self.host.name());
            return Error::new(ErrorKind::Rejected, message).with_help(self.host.0.remedy());
        }
        let may_be_elsewhere = self.is_guess || self.in_chain && !self.has_answered.load(Ordering::Relaxed);
        let is_absent = error.is_connect() && may_be_elsewhere;
        let error = http::network_error(error);
        let kind = if is_absent { ErrorKind::Unavailable } else { error.kind() };
        // The help of the other one is about proxies.
        Error::new(kind, format!("{} does not answer: {error}", self.host.name())).with_help(self.host.0.remedy())
    }
}
