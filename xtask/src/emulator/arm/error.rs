//! Azure Resource Manager's refusals.

use axum::Json;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// One refusal.
#[derive(Clone, Debug)]
pub(super) struct ArmError {
    status: StatusCode,
    code: String,
    message: String,
    challenge: Option<String>,
    details: Vec<Value>,
}

impl ArmError {
    fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), challenge: None, details: Vec::new() }
    }

    /// 401 with a `WWW-Authenticate` header.
    pub(super) fn unauthorized(code: &'static str, message: impl Into<String>, challenge: String) -> Self {
        Self { challenge: Some(challenge), ..Self::new(StatusCode::UNAUTHORIZED, code, message) }
    }

    pub(super) fn missing_api_version() -> Self {
        let message = "The api-version query parameter (?api-version=) is required for all requests.";
        Self::new(StatusCode::BAD_REQUEST, "MissingApiVersionParameter", message)
    }

    pub(super) fn method_not_allowed(method: &Method) -> Self {
        let message = format!("The resource does not support the HTTP method '{method}'.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "HttpMethodNotSupported", message)
    }

    pub(super) fn invalid_subscription_id(id: &str) -> Self {
        let message = format!("The provided subscription identifier '{id}' is malformed or invalid.");
        Self::new(StatusCode::BAD_REQUEST, "InvalidSubscriptionId", message)
    }

    pub(super) fn subscription_not_found(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "SubscriptionNotFound", format!("The subscription '{id}' could not be found."))
    }

    pub(super) fn resource_group_not_found(group: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ResourceGroupNotFound",
            format!("Resource group '{group}' could not be found."),
        )
    }

    pub(super) fn resource_not_found(resource: &str, group: &str) -> Self {
        let message = format!(
            "The Resource '{resource}' under resource group '{group}' was not found. For more details please go to \
             https://aka.ms/ARMResourceNotFoundFix"
        );
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    }

    pub(super) fn invalid_resource_type(path: &str) -> Self {
        let message = format!("The resource type of '{path}' could not be found for the api-version.");
        Self::new(StatusCode::NOT_FOUND, "InvalidResourceType", message)
    }

    /// 400 with a detail for each mistake: what it is about, and what is wrong with it.
    pub(super) fn invalid_request(mistakes: &[(&str, String)]) -> Self {
        let detail = |(target, message): &(&str, String)| json!({"code": "InvalidPropertyValue", "message": message, "target": target});
        let details = mistakes.iter().map(detail).collect();
        Self { details, ..Self::bad_request("The request is invalid.") }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    pub(super) fn unreadable_body(error: &serde_json::Error) -> Self {
        let message = format!("The request content was invalid and could not be deserialized: '{error}'.");
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequestContent", message)
    }

    pub(super) fn conflict(name: &str) -> Self {
        let message = format!("Another operation on '{name}' is still in progress.");
        Self::new(StatusCode::CONFLICT, "Conflict", message)
    }

    /// Something that can be set once only has another value already.
    pub(super) fn immutable(pointer: &str) -> Self {
        if pointer.ends_with("Uri") {
            // The Python SDK compares code and text (read: azure-ai-ml 1.35).
            return Self::new(StatusCode::BAD_REQUEST, "UserError", "Asset paths cannot be updated.");
        }
        let message = format!("The property '{}' cannot be changed.", pointer.trim_start_matches('/'));
        Self::new(StatusCode::CONFLICT, "Conflict", message)
    }

    /// What an operation ended with.
    pub(super) fn failed(error: &Value) -> Self {
        let text = |member: &str| error[member].as_str().unwrap_or_default();
        Self::new(StatusCode::BAD_REQUEST, text("code"), text("message"))
    }

    pub(super) fn operation_not_found(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", format!("The operation '{id}' could not be found."))
    }

    pub(super) fn bad_skip_token(token: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidSkipToken", format!("The skip token '{token}' is invalid."))
    }
}

impl IntoResponse for ArmError {
    fn into_response(self) -> Response {
        let mut body = json!({"error": {"code": self.code, "message": self.message}});
        if !self.details.is_empty() {
            body["error"]["details"] = self.details.into();
        }
        let body = Json(body);
        match self.challenge {
            Some(challenge) => (self.status, [(header::WWW_AUTHENTICATE, challenge)], body).into_response(),
            None => (self.status, body).into_response(),
        }
    }
}
