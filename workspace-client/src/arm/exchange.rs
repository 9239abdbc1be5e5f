//! The road of every request: a token, an answer, and another token where that one was refused.

use std::time::Duration;

use auth_core::claims::Challenge;
use auth_core::{AccessToken, Error, ErrorKind, Interaction, Tenant, TokenRequest, http};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::error;
use super::retry::{self, Failure};
use super::{ArmClient, Request};

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl ArmClient {
    /// The answer to a request, if it is a success.
    pub(super) async fn exchange(&self, request: &Request) -> Result<Answer, Error> {
        let url = &request.url;
        self.check_host(url)?;
        let tenant = self.tenant.clone().or_else(|| self.tenants.of(url));
        let mut asked = TokenRequest::arm(self.cloud()).tenant(tenant).interaction(self.interaction);
        let started = self.clock.now();
        let mut token = self.auth.token(&asked).await?;
        let mut answer = self.attempt(request, &token).await?;
        if let Some(tenant) = self.other_tenant(&answer, &asked) {
            tracing::debug!(%tenant, "the subscription trusts another tenant; its token is asked for");
            asked = asked.tenant(tenant.clone());
            match self.token_of_other_tenant(&asked).await? {
                Some(other) => token = other,
                None => return Err(error::refusal(url, &answer, &asked, &token, self.cloud())),
            }
            answer = self.attempt(request, &token).await?;
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
            answer = self.attempt(request, &token).await?;
            // One from before, such as what another process has saved, may have been revoked together with the first.
            if token.obtained_on().is_none_or(|obtained| obtained >= started) {
                break;
            }
        }
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(error::refusal(url, &answer, &asked, &token, self.cloud()))
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
    async fn attempt(&self, request: &Request, token: &AccessToken) -> Result<Answer, Error> {
        let deadline = Instant::now() + retry::LIMIT;
        let mut attempt = 1;
        loop {
            let outcome = timeout_at(deadline, self.send(request, token)).await;
            let outcome = outcome.unwrap_or_else(|_| Err(Failure { error: too_slow(&request.url), was_sent: true }));
            let pause = retry::pause(&request.method, outcome.as_ref(), attempt);
            match pause {
                Some(pause) if Instant::now() + pause < deadline => self.clock.sleep(pause).await,
                _ => return outcome.map_err(|failure| failure.error),
            }
            attempt += 1;
        }
    }

    async fn send(&self, request: &Request, token: &AccessToken) -> Result<Answer, Failure> {
        let unsent = |error| Failure { error, was_sent: false };
        let Request { method, url, body, id, .. } = request;
        let mut authorization = HeaderValue::from_str(token.header().expose()).map_err(|_| {
            unsent(Error::new(ErrorKind::Protocol, "the token holds characters that a header cannot carry"))
        })?;
        authorization.set_sensitive(true);
        let client = self.http.get().map_err(unsent)?;
        let mut sent = client
            .request(method.clone(), url.clone())
            .header(AUTHORIZATION, authorization)
            .header(ACCEPT, "application/json")
            .header("x-ms-client-request-id", id.to_string());
        if let Some(body) = body {
            sent = sent.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let response = sent.send().await.map_err(|error| {
            let was_sent = !error.is_connect();
            Failure { error: http::network_error(error), was_sent }
        })?;
        let (status, headers) = (response.status(), response.headers().clone());
        tracing::debug!(%method, path = url.path(), status = status.as_u16(), request = %id, "Azure Resource Manager answered");
        let retry_after = http::retry_after(&headers, self.clock.now());
        let body = http::body(response).await.map_err(|error| Failure { error, was_sent: true })?;
        Ok(Answer { status, retry_after, headers, body })
    }

    /// A bearer token goes to the cloud's own Resource Manager only.
    fn check_host(&self, url: &Url) -> Result<(), Error> {
        if url.origin() == self.cloud().resource_manager().origin() {
            return Ok(());
        }
        let (own, host) = (self.cloud().resource_manager(), url.host_str().unwrap_or("a URL without a host"));
        let own = own.host_str().unwrap_or_default();
        Err(Error::new(ErrorKind::Protocol, format!("{own} refers to {host}, where the token must not go")))
    }
}

impl Answer {
    /// The body; null where there is none.
    pub(super) fn json(&self) -> Result<Value, Error> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|error| unreadable("it is not JSON").with_source(error))
    }

    #[cfg(test)]
    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, retry_after: None, headers: HeaderMap::new(), body: Vec::new() }
    }
}

fn too_slow(url: &Url) -> Error {
    let host = url.host_str().unwrap_or_default();
    Error::new(ErrorKind::Timeout, format!("{host} did not answer within {} s", retry::LIMIT.as_secs()))
        .with_help("check the network, and HTTPS_PROXY if there is a proxy")
}

pub(crate) fn unreadable(what: &str) -> Error {
    Error::new(ErrorKind::Protocol, format!("the answer of Azure Resource Manager cannot be understood: {what}"))
}
