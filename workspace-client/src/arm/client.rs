//! The client.

use std::sync::Arc;
use std::time::Duration;

use auth_core::claims::Challenge;
use auth_core::http::{self, HttpClient};
use auth_core::{AccessToken, Authentication, Clock, Cloud, Env, Error, ErrorKind, Interaction, Tenant, TokenRequest};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;
use uuid::Uuid;

use super::Pager;
use super::error;
use super::retry;
use super::tenants::Tenants;
use crate::auth::InteractiveLoginAuthentication;

/// A client of Azure Resource Manager.
///
/// Its tokens travel to the cloud's Resource Manager and nowhere else. A token that is refused is replaced once, with the claims
/// that were demanded; where a subscription trusts another tenant than the token's, a token of that tenant is asked for once. A
/// request that fails in a way that may pass is sent up to three times within a minute. Clones share connections.
#[derive(Clone, Debug)]
pub struct ArmClient {
    auth: Arc<dyn Authentication>,
    http: HttpClient,
    tenant: Option<Tenant>,
    tenants: Tenants,
    interaction: Interaction,
}

impl ArmClient {
    /// A client that never asks a person to sign in.
    pub fn new(auth: Arc<dyn Authentication>) -> Self {
        let http = HttpClient::new(Env::process());
        Self { auth, http, tenant: None, tenants: Tenants::default(), interaction: Interaction::Forbid }
    }

    /// A client with the default way in, which asks a person to sign in where nothing else is there.
    ///
    /// # Errors
    /// As [`crate::auth::InteractiveLoginBuilder::build`]; nobody is asked yet.
    pub fn interactive() -> Result<Self, Error> {
        let http = HttpClient::new(Env::process());
        let auth = InteractiveLoginAuthentication::builder().http(http.clone()).build()?;
        Ok(Self::new(Arc::new(auth)).http(http).interaction(Interaction::Allow))
    }

    /// Shares an HTTP client.
    pub fn http(mut self, http: HttpClient) -> Self {
        self.http = http;
        self
    }

    /// Asks for tokens of this tenant instead of the identity's own, for subscriptions of a tenant where it is a guest.
    pub fn tenant(mut self, tenant: impl Into<Option<Tenant>>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// Expects this subscription to trust this tenant, so that its first request comes with the right token. Where it turns out to
    /// trust another one, a token of that is asked for.
    pub fn expecting(self, subscription: &str, tenant: &Tenant) -> Self {
        self.tenants.expect(subscription, tenant);
        self
    }

    /// Says whether a person may be asked to sign in.
    pub fn interaction(mut self, interaction: Interaction) -> Self {
        self.interaction = interaction;
        self
    }

    /// The cloud whose Resource Manager this is.
    pub fn cloud(&self) -> &Cloud {
        self.auth.cloud()
    }

    /// What lies at this path, such as a resource id.
    ///
    /// # Errors
    /// Whatever the sign-in says, and [`crate::arm::ArmError`] as the source where Resource Manager refuses.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, api_version: &str) -> Result<T, Error> {
        self.get_url(&self.url(path, api_version)).await
    }

    /// The items of the list at this path.
    pub fn list<T: DeserializeOwned + Send + 'static>(&self, path: &str, api_version: &str) -> Pager<T> {
        Pager::new(self.clone(), self.url(path, api_version), |value| {
            serde_json::from_value(value).map_err(|error| unreadable("an item of the list").with_source(error))
        })
    }

    pub(crate) fn url(&self, path: &str, api_version: &str) -> Url {
        let mut url = self.cloud().resource_manager().clone();
        // Only a URL without a host has no path segments, and a cloud's endpoint has one.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/').filter(|segment| !segment.is_empty()));
        }
        url.query_pairs_mut().append_pair("api-version", api_version);
        url
    }

    pub(super) async fn get_url<T: DeserializeOwned>(&self, url: &Url) -> Result<T, Error> {
        let body = self.fetch(url).await?;
        serde_json::from_slice(&body).map_err(|error| unreadable(url.host_str().unwrap_or_default()).with_source(error))
    }

    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, Error> {
        self.check_host(url)?;
        let tenant = self.tenant.clone().or_else(|| self.tenants.of(url));
        let mut request = TokenRequest::arm(self.cloud()).tenant(tenant).interaction(self.interaction);
        let started = Clock::system().now();
        let mut token = self.auth.token(&request).await?;
        let mut answer = self.exchange(url, &token).await?;
        if let Some(tenant) = self.other_tenant(&answer, &request) {
            tracing::debug!(%tenant, "the subscription trusts another tenant; its token is asked for");
            request = request.tenant(tenant.clone());
            match self.token_of_other_tenant(&request).await? {
                Some(other) => token = other,
                None => return Err(error::refusal(url, &answer, &request, &token, self.cloud())),
            }
            answer = self.exchange(url, &token).await?;
            if answer.status != StatusCode::UNAUTHORIZED {
                self.tenants.remember(url, &tenant);
            }
        }
        for _ in 0..2 {
            if answer.status != StatusCode::UNAUTHORIZED || error::is_wrong_tenant(&answer) {
                break;
            }
            request = request.instead_of(&token);
            if let Some(claims) = Challenge::from_headers(&answer.headers).claims() {
                request = request.claims(claims);
            }
            tracing::debug!("the token was refused; another one is asked for");
            token = self.auth.token(&request).await?;
            answer = self.exchange(url, &token).await?;
            // One from before, such as what another process has saved, may have been revoked together with the first.
            if token.obtained_on().is_none_or(|obtained| obtained >= started) {
                break;
            }
        }
        if answer.status.is_success() {
            Ok(answer.body)
        } else {
            Err(error::refusal(url, &answer, &request, &token, self.cloud()))
        }
    }

    /// A token of the tenant that is wanted instead; none if this identity has none there. That is no reason to take another
    /// identity: a person is asked only where Entra ID says that this one must sign in to that tenant.
    async fn token_of_other_tenant(&self, request: &TokenRequest) -> Result<Option<AccessToken>, Error> {
        let error = match self.auth.token(&request.clone().interaction(Interaction::Forbid)).await {
            Ok(token) => return Ok(Some(token)),
            Err(error) => error,
        };
        let needs_person = error.kind() == ErrorKind::Interaction && error.entra().is_some();
        if needs_person && self.interaction == Interaction::Allow {
            return self.auth.token(request).await.map(Some);
        }
        if needs_person || error.is_transient() {
            return Err(error);
        }
        tracing::debug!(%error, "there is no token of that tenant");
        Ok(None)
    }

    /// The tenant whose token is wanted instead. A tenant that the caller chose is not changed behind their back.
    fn other_tenant(&self, answer: &Answer, request: &TokenRequest) -> Option<Tenant> {
        if answer.status != StatusCode::UNAUTHORIZED || !error::is_wrong_tenant(answer) || self.tenant.is_some() {
            return None;
        }
        let tenant = Challenge::from_headers(&answer.headers).tenant(self.cloud())?;
        (request.requested_tenant() != Some(&tenant)).then_some(tenant)
    }

    /// Sends the request until it is answered in a way that another attempt would not change.
    async fn exchange(&self, url: &Url, token: &AccessToken) -> Result<Answer, Error> {
        let deadline = Instant::now() + retry::LIMIT;
        let mut attempt = 1;
        loop {
            let outcome = timeout_at(deadline, self.send(url, token)).await.unwrap_or_else(|_| Err(too_slow(url)));
            let pause = retry::pause(outcome.as_ref().map_err(Error::kind), attempt);
            match pause {
                Some(pause) if Instant::now() + pause < deadline => sleep(pause).await,
                _ => return outcome,
            }
            attempt += 1;
        }
    }

    async fn send(&self, url: &Url, token: &AccessToken) -> Result<Answer, Error> {
        let mut authorization = HeaderValue::from_str(token.header().expose())
            .map_err(|_| Error::new(ErrorKind::Protocol, "the token holds characters that a header cannot carry"))?;
        authorization.set_sensitive(true);
        let id = Uuid::new_v4().to_string();
        let request = self
            .http
            .get()?
            .request(Method::GET, url.clone())
            .header(AUTHORIZATION, authorization)
            .header(ACCEPT, "application/json")
            .header("x-ms-client-request-id", &id);
        let response = request.send().await.map_err(http::network_error)?;
        let (status, headers) = (response.status(), response.headers().clone());
        tracing::debug!(path = url.path(), status = status.as_u16(), request = id, "Azure Resource Manager answered");
        let retry_after = http::retry_after(&headers, Clock::system().now());
        Ok(Answer { status, retry_after, headers, body: http::body(response).await? })
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

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
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
