//! MLflow's tracking server and model registry: a real one that the world names, or the runs of the workspace in its words.

mod experiments;
mod forward;
mod models;
mod runs;
mod view;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::super::log::Origin;
use super::super::state::{Shared, State as Memory};
use super::error::ServiceError;
use super::request::DataRequest;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/mlflow/{version}/subscriptions/{*rest}", any(answer))
}

/// A refusal, as MLflow's clients read it.
#[derive(Debug)]
struct MlflowError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(origin): Extension<Origin>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (elsewhere, path) = {
        let memory = &mut shared.lock();
        let request = match DataRequest::read(memory, &origin, (&method, &uri, &headers, &body)) {
            Ok(request) => request,
            Err(error) => return MlflowError::from(error).into_response(),
        };
        match memory.world.mlflow_url.clone() {
            Some(url) => (url, request.rest.join("/")),
            None => {
                return here(memory, &request)
                    .map_or_else(IntoResponse::into_response, |told| Json(told).into_response());
            }
        }
    };
    forward::forward(&elsewhere, &path, (&method, &uri, &headers, body)).await
}

fn here(memory: &mut Memory, request: &DataRequest<'_>) -> Result<Value, MlflowError> {
    let segments = request.segments();
    let ["api", "2.0", "mlflow", subject, verb] = segments.as_slice() else {
        return Err(MlflowError::no_endpoint(&request.rest.join("/")));
    };
    let call = Call::read(request)?;
    match *subject {
        "experiments" => experiments::answer(memory, &call, verb),
        "runs" | "metrics" | "artifacts" => runs::answer(memory, &call, subject, verb),
        "registered-models" | "model-versions" => models::answer(memory, &call, subject, verb),
        _ => Err(MlflowError::no_endpoint(&request.rest.join("/"))),
    }
}

/// A request, whose parameters lie in the query or in the body.
struct Call<'a> {
    request: &'a DataRequest<'a>,
    parameters: Value,
}

impl<'a> Call<'a> {
    fn read(request: &'a DataRequest<'a>) -> Result<Self, MlflowError> {
        let mut parameters = request.json()?;
        if !parameters.is_object() {
            return Err(MlflowError::invalid("The body is no object."));
        }
        for (name, value) in &request.query {
            parameters[name] = value.as_str().into();
        }
        Ok(Self { request, parameters })
    }

    /// A text, or a number written as one.
    fn text(&self, name: &str) -> Option<String> {
        match &self.parameters[name] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn required(&self, name: &str) -> Result<String, MlflowError> {
        let text = self.text(name).filter(|text| !text.is_empty());
        text.ok_or_else(|| MlflowError::invalid(format!("Missing value for required parameter '{name}'.")))
    }

    /// One page of a list, and where the next one starts.
    fn page(&self, member: &str, items: &[Value]) -> Value {
        let number = |name: &str| self.text(name).and_then(|text| text.parse::<usize>().ok());
        let start = number("page_token").unwrap_or(0).min(items.len());
        let end = items.len().min(start.saturating_add(number("max_results").unwrap_or(1000).max(1)));
        let mut page = json!({member: items[start..end]});
        if end < items.len() {
            page["next_page_token"] = end.to_string().into();
        }
        page
    }
}

impl MlflowError {
    fn absent(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "RESOURCE_DOES_NOT_EXIST", message: message.into() }
    }

    fn exists(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "RESOURCE_ALREADY_EXISTS", message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "INVALID_PARAMETER_VALUE", message: message.into() }
    }

    fn no_endpoint(path: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "ENDPOINT_NOT_FOUND", message: format!("There is no {path}.") }
    }
}

impl From<ServiceError> for MlflowError {
    fn from(error: ServiceError) -> Self {
        let code = match error.status {
            StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
            StatusCode::FORBIDDEN => "PERMISSION_DENIED",
            StatusCode::NOT_FOUND => "RESOURCE_DOES_NOT_EXIST",
            _ => "INVALID_PARAMETER_VALUE",
        };
        Self { status: error.status, code, message: error.message }
    }
}

impl IntoResponse for MlflowError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"error_code": self.code, "message": self.message}))).into_response()
    }
}
