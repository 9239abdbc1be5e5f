//! Every request that arrived, what it was answered, and the faults that it met on the way.

use std::collections::BTreeMap;
use std::net::Shutdown;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use url::form_urlencoded;
use uuid::Uuid;

use super::fault::{self, Effect};
use super::state::Shared;
use crate::loopback::Connection;

/// The header that marks an answer as the emulator's own.
pub(super) const REQUEST_ID: &str = "x-ms-request-id";

/// Clients send 64 MiB of a blob at once (observed: azure-ai-ml 1.35).
pub(crate) const BODY_LIMIT: usize = 100 * 1024 * 1024;
/// What is larger is the content of a blob.
const LARGEST_KEPT: usize = 8 * 1024 * 1024;

/// One request, as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The host that was asked, with the port if there was one.
    pub host: String,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path, still percent-encoded.
    pub path: String,
    /// The query's parameters; of a repeated one the last.
    pub query: BTreeMap<String, String>,
    /// The parameters of a form in the body.
    pub form: BTreeMap<String, String>,
    /// The headers, with lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The body as text; nothing of one above 8 MiB.
    pub body: String,
    /// The status that it was answered with; 0 if there was no answer.
    pub status: u16,
}

/// The requests so far.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: Vec<(Uuid, LoggedRequest)>,
}

/// Scheme and host that the client asked, such as `https://management.azure.com`: what absolute URLs in answers start with.
#[derive(Clone, Debug)]
pub(super) struct Origin(pub(super) String);

impl LoggedRequest {
    /// A request that is not answered yet.
    pub(crate) fn new(parts: &Parts, body: &[u8]) -> Self {
        let headers = readable_headers(&parts.headers);
        let host = headers.get("host").cloned();
        let host = host.or_else(|| parts.uri.authority().map(ToString::to_string)).unwrap_or_default();
        let kept = if body.len() > LARGEST_KEPT { &[] } else { body };
        let text = String::from_utf8_lossy(kept).into_owned();
        let is_form =
            headers.get("content-type").is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        Self {
            host,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parameters(parts.uri.query().unwrap_or_default()),
            form: if is_form { parameters(&text) } else { BTreeMap::new() },
            headers,
            body: text,
            status: 0,
        }
    }
}

impl Log {
    pub(super) fn requests(&self) -> Vec<LoggedRequest> {
        self.entries.iter().map(|(_, request)| request.clone()).collect()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    fn begin(&mut self, request: LoggedRequest) -> Uuid {
        let id = Uuid::new_v4();
        self.entries.push((id, request));
        id
    }

    fn finish(&mut self, id: Uuid, status: u16) {
        if let Some((_, request)) = self.entries.iter_mut().rev().find(|(known, _)| *known == id) {
            request.status = status;
        }
    }
}

/// Wraps every handler.
pub(super) async fn record(
    State(shared): State<Arc<Shared>>,
    Extension(connection): Extension<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let entry = LoggedRequest::new(&parts, &body);
    parts.extensions.insert(Origin(format!("{}://{}", connection.scheme, entry.host)));
    let (id, effect) = {
        let mut state = shared.lock();
        let effect = fault::take(&mut state.faults, &entry.path, &entry.body);
        (state.log.begin(entry), effect)
    };

    match &effect {
        Some(Effect::CloseConnection) => {
            // A client that is gone already is as disconnected as one that is cut off now.
            let _ = connection.socket.shutdown(Shutdown::Both);
            std::future::pending::<()>().await;
        }
        Some(Effect::Delay(delay)) => tokio::time::sleep(*delay).await,
        Some(Effect::Hang) => std::future::pending().await,
        _ => {}
    }
    let response = match effect.and_then(|effect| effect.response()) {
        Some(response) => response,
        None => marked(next.run(Request::from_parts(parts, Body::from(body))).await),
    };
    shared.lock().log.finish(id, response.status().as_u16());
    response
}

/// The parameters of a query or a form.
pub(super) fn parameters(text: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

fn readable_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn marked(mut response: Response) -> Response {
    let id = HeaderValue::from_str(&Uuid::new_v4().to_string()).expect("a UUID is a header value");
    response.headers_mut().entry(REQUEST_ID).or_insert(id);
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store, no-cache"));
    response
}
