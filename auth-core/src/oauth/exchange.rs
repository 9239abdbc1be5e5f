//! One exchange with the token endpoint: what is sent, and what an answer that is not a token means.

use std::pin::Pin;
use std::time::SystemTime;

use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use serde::Deserialize;

use crate::http::{self, HttpClient};
use crate::{Clock, EntraError, Error, ErrorKind, Tenant};

/// Parameters that are secret: whatever comes back, they are not shown.
const SECRET_PARAMETERS: [&str; 6] =
    ["client_assertion", "client_secret", "code", "code_verifier", "device_code", "refresh_token"];

/// The way of one exchange, as the `oauth2` crate wants it.
pub(super) struct Exchange {
    pub(super) client: HttpClient,
    pub(super) tenant: Tenant,
    pub(super) clock: Clock,
}

impl<'a> AsyncHttpClient<'a> for Exchange {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Error>> + Send + 'a>>;

    fn call(&'a self, request: HttpRequest) -> Self::Future {
        Box::pin(send(self, request))
    }
}

/// Sends a request and lets only a JSON answer of status 200 through; everything else becomes an [`Error`] here, with what
/// the other side said and none of the secrets that were sent.
async fn send(exchange: &Exchange, request: HttpRequest) -> Result<HttpResponse, Error> {
    let Exchange { client, tenant, clock } = exchange;
    let secrets: Vec<String> = url::form_urlencoded::parse(request.body())
        .filter(|(name, value)| SECRET_PARAMETERS.contains(&name.as_ref()) && !value.is_empty())
        // As it is, and as it was sent.
        .flat_map(|(_, value)| [url::form_urlencoded::byte_serialize(value.as_bytes()).collect(), value.into_owned()])
        .collect();
    let mut request = reqwest::Request::try_from(request).map_err(http::network_error)?;
    let headers = request.headers_mut();
    headers.insert(ACCEPT, reqwest::header::HeaderValue::from_static("application/json"));
    headers.insert("x-ms-lib-capability", reqwest::header::HeaderValue::from_static("retry-after, h429"));
    let host = request.url().host_str().unwrap_or_default().to_owned();
    let response = client.get()?.execute(request).await.map_err(http::network_error)?;
    let (status, headers) = (response.status(), response.headers().clone());
    client.check_clock(&host, &headers, clock.now());
    let body = http::body(response).await?;
    let is_json = headers.get(CONTENT_TYPE).is_none_or(|kind| {
        kind.to_str().is_ok_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("application/json"))
    });
    tracing::debug!(%host, status = status.as_u16(), "the token endpoint answered");
    if status == StatusCode::OK && is_json && !is_error_object(&body) {
        let mut answer = HttpResponse::new(body);
        *answer.status_mut() = status;
        return Ok(answer);
    }
    let answer = Refusal { host: &host, tenant, status, headers: &headers, body: &body, secrets: &secrets };
    Err(answer.into_error(clock.now()))
}

/// The part of an `error_description` that is meant for people; the ids that follow are in [`EntraError`].
pub(crate) fn headline(description: &str) -> &str {
    description.split("Trace ID:").next().unwrap_or_default().trim()
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

/// Entra ID's error object (RFC 6749, 5.2, with Entra ID's additions).
#[derive(Deserialize)]
struct Wire {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    suberror: Option<String>,
    claims: Option<String>,
    correlation_id: Option<String>,
    trace_id: Option<String>,
}

struct Refusal<'a> {
    host: &'a str,
    tenant: &'a Tenant,
    status: StatusCode,
    headers: &'a HeaderMap,
    body: &'a [u8],
    secrets: &'a [String],
}

impl Refusal<'_> {
    fn into_error(self, now: SystemTime) -> Error {
        let wait = http::retry_after(self.headers, now);
        let error = match serde_json::from_slice::<Wire>(self.body) {
            Ok(wire) => self.refused(wire),
            Err(_) => self.not_entra(),
        };
        error.with_retry_after(wait)
    }

    /// Entra ID refused. Reactions go by the OAuth error, as Microsoft asks; numbers only where the OAuth error says too
    /// little.
    fn refused(&self, wire: Wire) -> Error {
        let code = wire.error_codes.first().copied();
        let kind = match (wire.error.as_str(), code) {
            _ if self.status == StatusCode::TOO_MANY_REQUESTS => ErrorKind::Throttled,
            (_, Some(50196)) => ErrorKind::Throttled,
            ("temporarily_unavailable" | "server_error", _)
            | (_, Some(90055 | 50033 | 90006 | 90012 | 90024 | 50087 | 90033)) => ErrorKind::Network,
            ("access_denied" | "authorization_declined", _) => ErrorKind::Cancelled,
            ("invalid_grant" | "interaction_required" | "login_required" | "consent_required", _) => {
                ErrorKind::Interaction
            }
            ("invalid_request" | "invalid_resource" | "invalid_scope" | "unsupported_grant_type", _) => {
                ErrorKind::Configuration
            }
            _ if self.status.is_server_error() => ErrorKind::Network,
            _ => ErrorKind::Rejected,
        };
        let description = match headline(&wire.error_description) {
            "" => &wire.error,
            headline => headline,
        };
        let message = format!("{} refused the request: {}", self.host, self.excerpt(description, 600));
        let tenant = self.tenant;
        let help = match (kind, code) {
            (ErrorKind::Interaction, Some(50020 | 50034 | 50057 | 50105 | 51004 | 90072)) => Some(format!(
                "this account cannot sign in to tenant {tenant}: check both, or ask the tenant's administrator"
            )),
            (ErrorKind::Interaction, Some(53000..=53003 | 530_032 | 50097 | 50131)) => Some(format!(
                "a policy of tenant {tenant} refuses this device or place: ask the tenant's administrator"
            )),
            (ErrorKind::Interaction, _) if *tenant == Tenant::organizations() => {
                Some("sign in again: azml login".to_owned())
            }
            (ErrorKind::Interaction, _) => Some(format!("sign in again: azml login --tenant {tenant}")),
            (ErrorKind::Throttled, _) => Some("wait before the next attempt; it would be refused too".to_owned()),
            (_, Some(90002)) => {
                Some(format!("check the tenant {tenant} and the cloud; azml login takes --tenant and --cloud"))
            }
            (_, Some(7_000_215)) => Some("give the secret's value, not its id".to_owned()),
            _ => None,
        };
        let error = Error::new(kind, message).with_entra(EntraError {
            error: self.excerpt(&wire.error, 100),
            code,
            suberror: wire.suberror.map(|text| self.excerpt(&text, 100)),
            claims: wire.claims.filter(|claims| self.is_challenge(claims)),
            correlation_id: wire.correlation_id.map(|text| self.excerpt(&text, 100)),
            trace_id: wire.trace_id.map(|text| self.excerpt(&text, 100)),
            tenant: Some(tenant.clone()),
        });
        match help {
            Some(help) => error.with_help(help),
            None => error,
        }
    }

    /// Something that is not Entra ID answered: a gateway, a proxy, a captive portal.
    fn not_entra(&self) -> Error {
        let (host, status) = (self.host, self.status);
        let text = String::from_utf8_lossy(self.body);
        let said = match text.trim() {
            "" => "nothing".to_owned(),
            // What came with a success may be tokens, however it is labelled.
            _ if status.is_success() => "something that is not shown".to_owned(),
            text => format!("{:?}", self.excerpt(text, 200)),
        };
        let kind = match status {
            StatusCode::TOO_MANY_REQUESTS => ErrorKind::Throttled,
            status if status.is_server_error() => ErrorKind::Network,
            _ => ErrorKind::Protocol,
        };
        let message = format!(
            "{host} answered with status {} but not with a token or an error of Entra ID: {said}",
            status.as_u16()
        );
        Error::new(kind, message)
            .with_help("a proxy or a captive portal may have answered: check the network, HTTPS_PROXY and the cloud")
    }

    /// Whether claims are what they should be, a JSON object, and none of our secrets come back in it.
    fn is_challenge(&self, claims: &str) -> bool {
        let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(claims).is_ok();
        is_object && !self.secrets.iter().any(|secret| claims.contains(secret.as_str()))
    }

    /// At most `longest` characters of what the other side said, without control characters and without our secrets.
    fn excerpt(&self, text: &str, longest: usize) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets {
            text = text.replace(secret.as_str(), "[redacted]");
        }
        let visible = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let mut line = visible.collect::<Vec<_>>().join(" ");
        if line.chars().count() > longest {
            line = line.chars().take(longest).chain("...".chars()).collect();
        }
        line
    }
}
