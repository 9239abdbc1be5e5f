//! Azure Resource Manager's refusals.

use axum::Json;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// One refusal.
#[derive(Clone, Debug)]
pub(super) struct ArmError {
    status: StatusCode,
    code: &'static str,
    message: String,
    challenge: Option<String>,
}

impl ArmError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), challenge: None }
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

    pub(super) fn bad_skip_token(token: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidSkipToken", format!("The skip token '{token}' is invalid."))
    }
}

impl IntoResponse for ArmError {
    fn into_response(self) -> Response {
        let body = Json(json!({"error": {"code": self.code, "message": self.message}}));
        match self.challenge {
            Some(challenge) => (self.status, [(header::WWW_AUTHENTICATE, challenge)], body).into_response(),
            None => (self.status, body).into_response(),
        }
    }
}
