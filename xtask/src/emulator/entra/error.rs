//! Entra ID's refusals, in the shape that it sends them.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;
use uuid::Uuid;

/// One refusal.
#[derive(Clone, Debug)]
pub(super) struct EntraError {
    status: StatusCode,
    error: &'static str,
    number: u32,
    message: String,
    suberror: Option<&'static str>,
    claims: Option<String>,
}

/// A refusal with its ids and time.
pub(super) struct Rendered {
    pub(super) status: StatusCode,
    pub(super) error: &'static str,
    pub(super) description: String,
    pub(super) suberror: Option<&'static str>,
    number: u32,
    claims: Option<String>,
    timestamp: String,
    trace_id: String,
    correlation_id: String,
}

impl EntraError {
    fn new(error: &'static str, number: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, number, message: message.into(), suberror: None, claims: None }
    }

    pub(super) fn invalid_client(number: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::new("invalid_client", number, message) }
    }

    pub(super) fn invalid_request(number: u32, message: impl Into<String>) -> Self {
        Self::new("invalid_request", number, message)
    }

    pub(super) fn invalid_grant(number: u32, message: impl Into<String>) -> Self {
        Self::new("invalid_grant", number, message)
    }

    pub(super) fn invalid_scope(number: u32, message: impl Into<String>) -> Self {
        Self::new("invalid_scope", number, message)
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::invalid_request(900_144, format!("The request body must contain the following parameter: '{parameter}'."))
    }

    pub(super) fn tenant_not_found(segment: &str) -> Self {
        let message = format!(
            "Tenant '{segment}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. \
             Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
        );
        Self::invalid_request(90_002, message)
    }

    pub(super) fn invalid_instance() -> Self {
        Self::new("invalid_instance", 50_049, "Unknown or invalid instance.")
    }

    pub(super) fn unknown_application(client_id: &str, directory: &str) -> Self {
        let message = format!(
            "Application with identifier '{client_id}' was not found in the directory '{directory}'. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in the tenant. \
             You may have sent your authentication request to the wrong tenant."
        );
        Self::new("unauthorized_client", 700_016, message)
    }

    pub(super) fn unknown_resource(resource: &str) -> Self {
        let message = format!(
            "The resource principal named {resource} was not found in the tenant. This can happen if the application has not been \
             installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your \
             authentication request to the wrong tenant."
        );
        Self::new("invalid_resource", 500_011, message)
    }

    pub(super) fn wrong_secret(client_id: &str) -> Self {
        let message = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client \
             secret ID, for a secret added to app '{client_id}'."
        );
        Self::invalid_client(7_000_215, message)
    }

    /// `context` is the authentication context that the sign-in was not made for, if that is the reason.
    pub(super) fn mfa_required(resource: &str, context: Option<&str>) -> Self {
        let message = format!(
            "Due to a configuration change made by your administrator, or because you moved to a new location, you must use \
             multi-factor authentication to access '{resource}'."
        );
        let policy = Uuid::new_v4().to_string();
        let mut claims = json!({"access_token": {"capolids": {"essential": true, "values": [policy]}}});
        if let Some(context) = context {
            claims["access_token"]["acrs"] = json!({"essential": true, "value": context});
        }
        Self {
            suberror: Some("basic_action"),
            claims: Some(claims.to_string()),
            ..Self::new("interaction_required", 50_076, message)
        }
    }

    pub(super) fn not_a_member(username: &str, tenant: &str) -> Self {
        let message = format!(
            "User account '{username}' from identity provider 'live.com' does not exist in tenant '{tenant}' and cannot access the \
             application in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign \
             in again with a different Microsoft Entra user account."
        );
        Self::invalid_grant(50_020, message)
    }

    pub(super) fn cancelled() -> Self {
        Self {
            suberror: Some("cancel"),
            ..Self::new("access_denied", 65_004, "User declined to consent to access the app.")
        }
    }

    pub(super) fn login_required() -> Self {
        Self::new(
            "login_required",
            50_058,
            "A silent sign-in request was sent but no user is signed in. The cookies used to represent the user's session were not sent.",
        )
    }

    pub(super) fn of_device_flow(error: &'static str, number: u32, message: &str) -> Self {
        Self::new(error, number, message)
    }

    pub(super) fn unsupported_grant(grant_type: &str) -> Self {
        Self::new(
            "unsupported_grant_type",
            70_003,
            format!("The app requested an unsupported grant type '{grant_type}'."),
        )
    }

    /// With ids and time, as it goes onto the wire.
    pub(super) fn render(self, headers: &HeaderMap, now: i64) -> Rendered {
        let correlation_id = headers.get("client-request-id").and_then(|value| value.to_str().ok());
        let correlation_id = correlation_id.map_or_else(|| Uuid::new_v4().to_string(), ToOwned::to_owned);
        let trace_id = Uuid::new_v4().to_string();
        let timestamp = OffsetDateTime::from_unix_timestamp(now).expect("the emulator's clock is in range");
        let timestamp = timestamp
            .format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z"))
            .expect("a timestamp can be formatted");
        let description = format!(
            "AADSTS{}: {} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}",
            self.number, self.message
        );
        Rendered {
            status: self.status,
            error: self.error,
            description,
            suberror: self.suberror,
            number: self.number,
            claims: self.claims,
            timestamp,
            trace_id,
            correlation_id,
        }
    }

    /// The JSON answer of the token, device code and metadata endpoints.
    pub(super) fn response(self, headers: &HeaderMap, now: i64) -> Response {
        let rendered = self.render(headers, now);
        (rendered.status, Json(rendered.json())).into_response()
    }
}

impl Rendered {
    fn json(&self) -> Value {
        let mut body = json!({
            "error": self.error,
            "error_description": self.description,
            "error_codes": [self.number],
            "timestamp": self.timestamp,
            "trace_id": self.trace_id,
            "correlation_id": self.correlation_id,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.number),
        });
        if let Some(suberror) = self.suberror {
            body["suberror"] = json!(suberror);
        }
        if let Some(claims) = &self.claims {
            body["claims"] = json!(claims);
        }
        body
    }
}
