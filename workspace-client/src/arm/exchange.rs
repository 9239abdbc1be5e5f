//! The road of every request: a token, an answer, and another token where that one was refused.

use std::time::Duration;

use auth_core::claims::Challenge;
use auth_core::{AccessToken, Error, ErrorKind, Interaction, Tenant, TokenRequest, http};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::error;
use super::registration::Registration;
use super::retry::{self, Failure};
use super::{ArmClient, Request};

/// An answer, read to its end.
pub(super) struct Answer {
    /// What an error calls the service that answered.
    pub(super) service: &'static str,
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl ArmClient {
    /// The answer to a request, if it is a success. A provider that the subscription does not know is registered first.
    pub(super) async fn exchange(&self, request: &Request) -> Result<Answer, Error> {
        let refusal = match self.exchange_once(request).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        match Registration::missing(self, request, &refusal) {
            Some(missing) => missing.settle(self, refusal).await?,
            None => return Err(refusal),
        }
        self.exchange_once(&request.another()).await
    }

    pub(super) async fn exchange_once(&self, request: &Request) -> Result<Answer, Error> {
        let url = &request.url;
        request.service.check(url)?;
        let Some(scopes) = &request.service.scopes else { return self.exchange_without_token(request).await };
        let tenant = self.tenant.clone().or_else(|| self.tenants.of(url));
        let mut asked = TokenRequest::new(scopes.clone()).tenant(tenant).interaction(self.interaction);
        let started = self.clock.now();
        let mut token = self.auth.token(&asked).await?;
        let mut answer = self.attempt(request, Some(&token)).await?;
        if let Some(tenant) = self.other_tenant(&answer, &asked) {
            tracing::debug!(%tenant, "the subscription trusts another tenant; its token is asked for");
            asked = asked.tenant(tenant.clone());
            match self.token_of_other_tenant(&asked).await? {
                Some(other) => token = other,
                None => return Err(error::refusal(url, &answer, Some((&asked, &token)), self.cloud())),
            }
            answer = self.attempt(request, Some(&token)).await?;
            if answer.status != StatusCode::UNAUTHORIZED {
                self.tenants.remember(url, &tenant);
            }
        }
        for _ in 0..2 {
            if answer.status != StatusCode::UNAUTHORIZED || error::is_wrong_tenant(&answer) {
                break;
            }
            asked = asked.instead_of(&token);
            if let Some(claims) = Challenge::from_headers(&answer.headers).claims() {
                asked = asked.claims(claims);
            }
            tracing::debug!("the token was refused; another one is asked for");
            token = self.auth.token(&asked).await?;
            answer = self.attempt(request, Some(&token)).await?;
            // One from before, such as what another process has saved, may have been revoked together with the first.
            if token.obtained_on().is_none_or(|obtained| obtained >= started) {
                break;
            }
        }
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(error::refusal(url, &answer, Some((&asked, &token)), self.cloud()))
        }
    }

    async fn exchange_without_token(&self, request: &Request) -> Result<Answer, Error> {
        let answer = self.attempt(request, None).await?;
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(error::refusal(&request.url, &answer, None, self.cloud()))
        }
    }

    /// A token of the tenant that is wanted instead; none if this identity has none there. That is no reason to take another
    /// identity: a person is asked only where Entra ID says that this one must sign in to that tenant.
    async fn token_of_other_tenant(&self, asked: &TokenRequest) -> Result<Option<AccessToken>, Error> {
        let error = match self.auth.token(&asked.clone().interaction(Interaction::Forbid)).await {
            Ok(token) => return Ok(Some(token)),
            Err(error) => error,
        };
        let needs_person = error.kind() == ErrorKind::Interaction && error.entra().is_some();
        if needs_person && self.interaction == Interaction::Allow {
            return self.auth.token(asked).await.map(Some);
        }
        if needs_person || error.is_transient() {
            return Err(error);
        }
        tracing::debug!(%error, "there is no token of that tenant");
        Ok(None)
    }

    /// The tenant whose token is wanted instead. A tenant that the caller chose is not changed behind their back.
    fn other_tenant(&self, answer: &Answer, asked: &TokenRequest) -> Option<Tenant> {
        if answer.status != StatusCode::UNAUTHORIZED || !error::is_wrong_tenant(answer) || self.tenant.is_some() {
            return None;
        }
        let tenant = Challenge::from_headers(&answer.headers).tenant(self.cloud())?;
        (asked.requested_tenant() != Some(&tenant)).then_some(tenant)
    }

    /// Sends the request until it is answered in a way that another attempt would not change.
    async fn attempt(&self, request: &Request, token: Option<&AccessToken>) -> Result<Answer, Error> {
        let limit = request.deadline.unwrap_or(retry::LIMIT);
        let deadline = Instant::now() + limit;
        let mut attempt = 1;
        loop {
            let outcome = timeout_at(deadline, self.send(request, token)).await;
            let outcome =
                outcome.unwrap_or_else(|_| Err(Failure { error: too_slow(&request.url, limit), was_sent: true }));
            let pause = retry::pause(request.is_repeatable, outcome.as_ref(), attempt);
            match pause {
                Some(pause) if Instant::now() + pause < deadline => self.clock.sleep(pause).await,
                _ => return outcome.map_err(|failure| failure.error),
            }
            attempt += 1;
        }
    }

    async fn send(&self, request: &Request, token: Option<&AccessToken>) -> Result<Answer, Failure> {
        let unsent = |error| Failure { error, was_sent: false };
        let Request { service, method, url, headers, body, id, .. } = request;
        let mut headers = headers.clone();
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(token.header().expose()).map_err(|_| {
                unsent(Error::new(ErrorKind::Protocol, "the token holds characters that a header cannot carry"))
            })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = self.http.get().map_err(unsent)?;
        let mut sent = client
            .request(method.clone(), url.clone())
            .header(ACCEPT, "application/json")
            .header("x-ms-client-request-id", id.to_string());
        if let Some(deadline) = request.deadline {
            sent = sent.timeout(deadline);
        }
        if let Some(body) = body {
            sent = sent.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let response = sent.headers(headers).send().await.map_err(|error| {
            let was_sent = !error.is_connect();
            Failure { error: http::network_error(error), was_sent }
        })?;
        let (status, headers) = (response.status(), response.headers().clone());
        tracing::debug!(%method, path = url.path(), status = status.as_u16(), request = %id, "{} answered", service.name);
        let retry_after = http::retry_after(&headers, self.clock.now());
        let body = match request.limit {
            Some(limit) => http::body_up_to(response, limit).await,
            None => http::body(response).await,
        };
        let body = body.map_err(|error| Failure { error, was_sent: true })?;
        Ok(Answer { service: service.name, status, retry_after, headers, body })
    }
}

impl Answer {
    /// The body; null where there is none.
    pub(super) fn json(&self) -> Result<Value, Error> {
        self.read_as(if self.body.is_empty() { b"null" } else { &self.body })
    }

    pub(super) fn read_as<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Error> {
        serde_json::from_slice(body).map_err(|error| self.unreadable(&misfit(&error)))
    }

    pub(super) fn unreadable(&self, what: &str) -> Error {
        Error::new(ErrorKind::Protocol, format!("the answer of {} cannot be understood: {what}", self.service))
    }

    #[cfg(test)]
    pub(super) fn empty(status: StatusCode) -> Self {
        Self {
            service: "Azure Resource Manager",
            status,
            retry_after: None,
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }
}

fn too_slow(url: &Url, limit: Duration) -> Error {
    let host = url.host_str().unwrap_or_default();
    Error::new(ErrorKind::Timeout, format!("{host} did not answer within {} s", limit.as_secs()))
        .with_help("check the network, and HTTPS_PROXY if there is a proxy")
}

/// Where JSON is not what was expected. What serde says may hold what was read, which may be secret.
pub(crate) fn misfit(error: &serde_json::Error) -> String {
    let what = if error.is_data() { "a member of it is of another type" } else { "it is not JSON" };
    format!("{what}, at line {} column {}", error.line(), error.column())
}

pub(crate) fn unreadable(what: &str) -> Error {
    Error::new(ErrorKind::Protocol, format!("the answer of Azure cannot be understood: {what}"))
}
