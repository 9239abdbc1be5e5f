//! One exchange with an endpoint of Entra ID.

use std::pin::Pin;

use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use uuid::Uuid;

use super::refusal::Refusal;
use crate::http::{self, HttpClient};
use crate::{Clock, Cloud, Error, Tenant, TokenRequest};

/// Parameters that are secret: whatever comes back, they are not shown.
const SECRET_PARAMETERS: [&str; 6] =
    ["client_assertion", "client_secret", "code", "code_verifier", "device_code", "refresh_token"];

/// The way of one exchange, as the `oauth2` crate wants it, and what it is for.
pub(super) struct Exchange {
    pub(super) client: HttpClient,
    pub(super) clock: Clock,
    pub(super) cloud: Cloud,
    pub(super) tenant: Tenant,
    pub(super) request: TokenRequest,
    /// Finds this exchange in the logs of the other side, and in ours.
    pub(super) id: Uuid,
}

impl<'a> AsyncHttpClient<'a> for Exchange {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Error>> + Send + 'a>>;

    fn call(&'a self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Exchange {
    /// Sends a request and lets only a JSON answer of status 200 through; everything else becomes an [`Error`] here, with what
    /// the other side said and none of the secrets that were sent.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let secrets = secrets(request.body());
        let mut request = reqwest::Request::try_from(request).map_err(http::network_error)?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert("x-ms-lib-capability", HeaderValue::from_static("retry-after, h429"));
        if let Ok(id) = HeaderValue::from_str(&self.id.to_string()) {
            headers.insert("client-request-id", id);
        }
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let response = self.client.get()?.execute(request).await.map_err(http::network_error)?;
        let (status, headers) = (response.status(), response.headers().clone());
        self.client.check_clock(&host, &headers, self.clock.now());
        let body = http::body(response).await.map_err(|error| error.with_status(status.as_u16()))?;
        tracing::debug!(%host, status = status.as_u16(), request = %self.id, "the authority answered");
        if status == StatusCode::OK && is_json(&headers) && !is_error_object(&body) {
            let mut answer = HttpResponse::new(body);
            *answer.status_mut() = status;
            return Ok(answer);
        }
        let refusal =
            Refusal { exchange: self, host: &host, status, headers: &headers, body: &body, secrets: &secrets };
        Err(refusal.into_error(self.clock.now()))
    }

    /// The error, with what finds it in the logs: the other side's id, or else ours.
    pub(super) fn traced(&self, error: Error) -> Error {
        if error.correlation_id().is_some() { error } else { error.with_correlation_id(self.id.to_string()) }
    }
}

/// The part of an `error_description` that is meant for people; the ids that follow are in the [`Error`].
pub(super) fn headline(description: &str) -> &str {
    description.split("Trace ID:").next().unwrap_or_default().trim()
}

/// The secrets of a form, as they are and as they are sent.
fn secrets(form: &[u8]) -> Vec<String> {
    url::form_urlencoded::parse(form)
        .filter(|(name, value)| SECRET_PARAMETERS.contains(&name.as_ref()) && !value.is_empty())
        .flat_map(|(_, value)| [url::form_urlencoded::byte_serialize(value.as_bytes()).collect(), value.into_owned()])
        .collect()
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_none_or(|kind| {
        kind.to_str().is_ok_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("application/json"))
    })
}

/// Some gateways answer 200 with an error object.
fn is_error_object(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Wire {
        error: Option<serde::de::IgnoredAny>,
        access_token: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Wire>(body).is_ok_and(|wire| wire.error.is_some() && wire.access_token.is_none())
}
