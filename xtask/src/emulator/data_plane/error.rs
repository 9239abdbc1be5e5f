//! The data plane's refusals.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

/// One refusal, in the words of the services behind run history (observed: azureml-core 1.61).
#[derive(Clone, Debug)]
pub(super) struct ServiceError {
    pub(super) status: StatusCode,
    pub(super) message: String,
    inner: &'static str,
}

impl ServiceError {
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into(), inner: "BadArgument" }
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, message: message.into(), inner: "AuthorizationError" }
    }

    pub(super) fn not_found(what: &str, name: &str) -> Self {
        let message = format!("{what} {name} was not found.");
        Self { status: StatusCode::NOT_FOUND, message, inner: "NotFound" }
    }

    pub(super) fn unauthorized(message: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, message: message.into(), inner: "AuthorizationError" }
    }

    pub(super) fn unknown_path(path: &str) -> Self {
        Self::not_found("The path", path)
    }
}

impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        let body = json!({
            "error": {
                "code": "UserError",
                "severity": null,
                "message": self.message,
                "messageFormat": null,
                "messageParameters": {},
                "referenceCode": null,
                "detailsUri": null,
                "target": null,
                "details": [],
                "innerError": {"code": self.inner, "innerError": null},
                "debugInfo": null,
                "additionalInfo": null,
            },
            "correlation": {"operation": Uuid::new_v4().simple().to_string(), "request": "0000000000000001"},
            "environment": "emulator",
            "location": "loopback",
            "componentName": "run-history",
            "statusCode": self.status.as_u16(),
        });
        (self.status, Json(body)).into_response()
    }
}
