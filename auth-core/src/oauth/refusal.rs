//! What an answer says that is not what was asked for.

use std::time::SystemTime;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

#[cfg(feature = "interactive")]
use super::client::EntraClient;
use super::exchange::{Exchange, headline};
use super::reaction;
use crate::claims::merged;
use crate::{EntraError, Error, ErrorKind, http};
#[cfg(feature = "interactive")]
use crate::{Tenant, TokenRequest};

const LONGEST_DESCRIPTION: usize = 600;
const LONGEST_EXCERPT: usize = 200;
const LONGEST_NAME: usize = 100;

/// An answer that is not what was asked for.
pub(super) struct Refusal<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) host: &'a str,
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    /// What was sent in secret, and must not be shown if it comes back.
    pub(super) secrets: &'a [String],
}

/// Entra ID's error object (RFC 6749, 5.2, with Entra ID's additions).
#[derive(Deserialize)]
struct Wire {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
    #[serde(default)]
    error_codes: Value,
    #[serde(default)]
    suberror: Option<String>,
    #[serde(default)]
    claims: Option<String>,
    #[serde(default)]
    correlation_id: Option<String>,
    #[serde(default)]
    trace_id: Option<String>,
}

#[cfg(feature = "interactive")]
impl EntraClient {
    /// What the redirect of a sign-in says that brings an error instead of a code. Its text was cleaned already.
    pub(crate) fn refused_redirect(&self, tenant: &Tenant, request: &TokenRequest, error: &str, text: &str) -> Error {
        let exchange = self.exchange(tenant, request);
        let entra = EntraError {
            error: error.to_owned(),
            code: code_in(text),
            claims: request.requested_claims().map(str::to_owned),
            tenant: Some(tenant.clone()),
            scopes: Some(request.scopes().clone()),
            ..EntraError::default()
        };
        let said = match headline(text) {
            "" => error,
            headline => headline,
        };
        let (kind, what) = match reaction::kind(StatusCode::BAD_REQUEST, error, &entra) {
            ErrorKind::Cancelled => (ErrorKind::Cancelled, "declined"),
            // A person has just signed in; once more would end the same way.
            ErrorKind::Interaction => (ErrorKind::Rejected, "refused"),
            kind => (kind, "refused"),
        };
        let refusal = Error::new(kind, format!("the sign-in was {what}: {said}"));
        match reaction::help(kind, &entra, &exchange) {
            Some(help) => refusal.with_help(help).with_entra(entra),
            None => refusal.with_entra(entra),
        }
    }
}

impl Refusal<'_> {
    pub(super) fn into_error(self, now: SystemTime) -> Error {
        let wait = http::retry_after(self.headers, now);
        // An object, as a struct could be read from an array, too.
        let object = serde_json::from_slice::<Map<String, Value>>(self.body);
        let error = match object.and_then(|object| serde_json::from_value(object.into())) {
            Ok(wire) => self.refused(wire),
            Err(_) => self.not_entra(),
        };
        error.with_status(self.status.as_u16()).with_retry_after(wait)
    }

    fn refused(&self, wire: Wire) -> Error {
        let description = wire.error_description.unwrap_or_default();
        let code = wire.error_codes[0].as_u64().and_then(|code| u32::try_from(code).ok());
        let Exchange { tenant, request, .. } = self.exchange;
        // A challenge that was passed on and is not answered is what the next sign-in must carry, too.
        let demanded = wire.claims.filter(|claims| self.is_challenge(claims));
        let entra = EntraError {
            error: self.excerpt(&wire.error, LONGEST_NAME),
            code: code.or_else(|| code_in(&description)),
            suberror: wire.suberror.map(|text| self.excerpt(&text, LONGEST_NAME)),
            claims: merged(request.requested_claims(), demanded.as_deref()),
            trace_id: wire.trace_id.map(|text| self.excerpt(&text, LONGEST_NAME)),
            tenant: Some(tenant.clone()),
            scopes: Some(request.scopes().clone()),
        };
        let said = match headline(&description) {
            "" => &wire.error,
            headline => headline,
        };
        let said = self.excerpt(said, LONGEST_DESCRIPTION);
        // By what was said, not by what is shown of it.
        let kind = reaction::kind(self.status, &wire.error, &entra);
        let message = match kind {
            ErrorKind::Cancelled => format!("the sign-in at {} was declined: {said}", self.host),
            _ => format!("{} refused the request: {said}", self.host),
        };
        let error = Error::new(kind, message);
        let error = match reaction::help(kind, &entra, self.exchange) {
            Some(help) => error.with_help(help),
            None => error,
        };
        let error = match wire.correlation_id {
            Some(id) => error.with_correlation_id(self.excerpt(&id, LONGEST_NAME)),
            None => error,
        };
        error.with_entra(entra)
    }

    /// Something that is not Entra ID answered: a gateway, a proxy, a captive portal.
    fn not_entra(&self) -> Error {
        let (host, status) = (self.host, self.status);
        let text = String::from_utf8_lossy(self.body);
        let said = match text.trim() {
            _ if status.is_redirection() => self.redirection(),
            "" => "nothing".to_owned(),
            // What came with a success may be tokens, however it is labelled.
            _ if status.is_success() => "something that is not shown".to_owned(),
            text => format!("{:?}", self.excerpt(text, LONGEST_EXCERPT)),
        };
        let kind = match status {
            StatusCode::TOO_MANY_REQUESTS => ErrorKind::Throttled,
            StatusCode::REQUEST_TIMEOUT => ErrorKind::Network,
            status if status.is_server_error() => ErrorKind::Network,
            _ => ErrorKind::Protocol,
        };
        let message = format!(
            "{host} answered with status {} but not with a token or an error of Entra ID: {said}",
            status.as_u16()
        );
        Error::new(kind, message).with_help(match status {
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                "the proxy wants a login: put it into HTTPS_PROXY, as in http://user:password@proxy.example:8080"
            }
            StatusCode::TOO_MANY_REQUESTS => "wait before the next attempt; it would be refused too",
            _ => "a proxy or a captive portal may have answered: check the network, HTTPS_PROXY and the cloud",
        })
    }

    /// Where a redirect leads, which names a captive portal. It is not followed.
    fn redirection(&self) -> String {
        let location = self.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let target = location.and_then(|location| Url::parse(location).ok());
        match target.as_ref().and_then(Url::host_str) {
            Some(host) => format!("a redirect to {}", self.excerpt(host, LONGEST_NAME)),
            None => "a redirect".to_owned(),
        }
    }

    /// Whether claims are what they should be, a JSON object, and none of our secrets come back in it.
    fn is_challenge(&self, claims: &str) -> bool {
        let is_object = serde_json::from_str::<Map<String, Value>>(claims).is_ok();
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

/// The number in `AADSTS50076: ...`.
fn code_in(description: &str) -> Option<u32> {
    let (_, after) = description.split_once("AADSTS")?;
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    after[..digits].parse().ok()
}
