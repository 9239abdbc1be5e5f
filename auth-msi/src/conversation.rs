//! Asking the identity endpoint of a host, as often as it takes.

use std::time::{Duration, SystemTime};

use auth_core::{AccessToken, Clock, Error, ErrorKind, http};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{Client, RequestBuilder};

use crate::pin::Pin;
use crate::response::Echo;
use crate::retry::{Failure, Schedule};
use crate::service_fabric::Revocation;
use crate::{
    Host, Identity, app_service, app_service_2017, arc, azure_ml, cloud_shell, imds, refusal, response, service_fabric,
};

/// What is asked, and how long.
#[derive(Debug)]
pub(crate) struct Conversation<'a> {
    pub(crate) host: &'a Host,
    pub(crate) client: &'a Client,
    /// What the client trusts, if that is one certificate.
    pub(crate) pin: Option<&'a Pin>,
    pub(crate) clock: &'a Clock,
    pub(crate) resource: &'a str,
    pub(crate) identity: &'a Identity,
    pub(crate) revocation: Revocation<'a>,
    /// Whether somebody else may answer instead.
    pub(crate) in_chain: bool,
    pub(crate) limit: Duration,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Conversation<'_> {
    /// The token, and whose it is as far as the host tells.
    pub(crate) async fn token(&self) -> Result<(AccessToken, Echo), Error> {
        let schedule = Schedule { host: self.host.kind(), in_chain: self.in_chain };
        let started = self.clock.now();
        let mut attempts = 0;
        loop {
            let outcome = self.ask().await;
            attempts += 1;
            let (failure, error) = match outcome {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    return response::token(self.host, self.absent(), &answer.body, self.clock.now());
                }
                Ok(answer) => (Some(Failure::Status(answer.status)), self.refused(&answer)),
                Err(error) if error.is_transient() => (Some(Failure::Broken), error),
                Err(error) => (None, error),
            };
            let left = self.limit.saturating_sub(since(started, self.clock.now()));
            let pause = failure.and_then(|failure| schedule.pause(failure, attempts, error.retry_after(), left));
            let Some(pause) = pause else { return Err(error) };
            tracing::debug!(%error, ?pause, "the identity endpoint is asked once more");
            self.clock.sleep(pause).await;
        }
    }

    async fn ask(&self) -> Result<Answer, Error> {
        let Host::Arc { endpoint, keys } = self.host else { return self.send(self.question()?).await };
        let question = || arc::request(self.client, endpoint, self.resource, self.identity);
        let answer = self.send(question()).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        self.send(question().header(AUTHORIZATION, arc::authorization(&answer.headers, keys)?)).await
    }

    fn question(&self) -> Result<RequestBuilder, Error> {
        let Self { host, client, resource, identity, .. } = *self;
        match host {
            Host::AppService { endpoint, secret } => {
                Ok(app_service::request(client, endpoint, secret, resource, identity))
            }
            Host::AppService2017 { endpoint, secret } => {
                app_service_2017::request(client, endpoint, secret, resource, identity)
            }
            Host::Arc { endpoint, .. } => Ok(arc::request(client, endpoint, resource, identity)),
            Host::AzureMl { endpoint, secret, default_client_id } => {
                azure_ml::request(client, endpoint, secret, default_client_id.as_deref(), resource, identity)
            }
            Host::CloudShell { endpoint } => cloud_shell::request(client, endpoint, resource, identity),
            Host::Imds { endpoint } => Ok(imds::request(client, endpoint, resource, identity)),
            Host::ServiceFabric { endpoint, secret, .. } => {
                service_fabric::request(client, endpoint, secret, resource, identity, self.revocation)
            }
            Host::WorkloadIdentity { .. } => {
                Err(Error::new(ErrorKind::Configuration, "a pod has no identity endpoint"))
            }
        }
    }

    async fn send(&self, question: RequestBuilder) -> Result<Answer, Error> {
        let answer = question.send().await.map_err(|error| self.unanswered(error))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Answer { status, headers, body: http::body(answer).await? })
    }

    fn unanswered(&self, error: reqwest::Error) -> Error {
        if self.pin.is_some_and(Pin::was_violated) {
            let message = format!("{} has another certificate than IDENTITY_SERVER_THUMBPRINT says", self.host.name());
            return Error::new(ErrorKind::Rejected, message)
                .with_help("restart the service, so that it gets its variables anew");
        }
        let nobody_there = error.is_connect();
        let error = http::network_error(error);
        let kind = if nobody_there { ErrorKind::Unavailable } else { error.kind() };
        // Without its help, which is about proxies.
        Error::new(kind, format!("{} does not answer: {error}", self.host.name()))
    }

    fn refused(&self, answer: &Answer) -> Error {
        let error = refusal::error(self.host, self.absent(), answer.status, &answer.body);
        error.with_retry_after(http::retry_after(&answer.headers, self.clock.now()))
    }

    /// What a machine without the identity means: that somebody else may answer, or not.
    fn absent(&self) -> ErrorKind {
        if self.in_chain { ErrorKind::Unavailable } else { ErrorKind::Rejected }
    }
}

fn since(started: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(started).unwrap_or_default()
}
