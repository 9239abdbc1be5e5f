//! How Azure Blob Storage refuses (Microsoft, "Blob Storage error codes").

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A status, a code, and a sentence.
#[derive(Debug)]
pub(super) struct BlobError {
    status: StatusCode,
    code: &'static str,
    message: String,
    content_range: Option<String>,
}

impl BlobError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), content_range: None }
    }

    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(super) fn blob_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "BlobNotFound", "The specified blob does not exist.")
    }

    pub(super) fn condition_not_met() -> Self {
        let message = "The condition specified using HTTP conditional header(s) is not met.";
        Self::new(StatusCode::PRECONDITION_FAILED, "ConditionNotMet", message)
    }

    pub(super) fn unknown_operation() -> Self {
        let message = "Value for one of the query parameters specified in the request URI is invalid.";
        Self::bad_request("InvalidQueryParameterValue", message)
    }

    /// There is nothing in the range, as when a log has not grown.
    pub(super) fn beyond(length: usize) -> Self {
        let message = "The range specified is invalid for the current size of the resource.";
        let error = Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange", message);
        Self { content_range: Some(format!("bytes */{length}")), ..error }
    }
}

impl IntoResponse for BlobError {
    fn into_response(self) -> Response {
        let Self { status, code, message, content_range } = self;
        // This answer never has a body (RFC 9110, 15.4.5).
        if status == StatusCode::NOT_MODIFIED {
            return (status, [("x-ms-error-code", code)]).into_response();
        }
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        let mut response =
            (status, [("x-ms-error-code", code), ("content-type", "application/xml")], body).into_response();
        if let Some(range) = content_range.and_then(|range| HeaderValue::try_from(range).ok()) {
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
        response
    }
}
