//! The containers of the storage account, as Azure Blob Storage shows them: what runs have written, to be read and not changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use sha2::{Digest as _, Sha256};

use super::super::log::parameters;
use super::super::state::{Shared, State as Memory};
use super::request::{bearer, bearer_claims};
use super::runs::Run;
use super::secrets::BLOB_SIGNATURE;
use range::Range;

mod list;
mod range;

/// The account: a host of its own, or the first segment of a path.
pub(super) const ACCOUNT: &str = "emustorage";
/// The container of `workspaceartifactstore`.
const ARTIFACTS: &str = "azureml";
/// The container of `workspaceblobstore`.
const OUTPUTS: &str = "azureml-blobstore";
/// When everything was written, as nothing here remembers it.
const WRITTEN: &str = "Mon, 15 Jan 2029 09:30:00 GMT";

pub(super) fn routes() -> Router<Arc<Shared>> {
    let mut router = Router::new();
    for container in [ARTIFACTS, OUTPUTS] {
        for base in [format!("/{container}"), format!("/{ACCOUNT}/{container}")] {
            let root = async move |State(shared), request| answer(&shared, "", &request, container);
            let inside = async move |State(shared), Path(blob): Path<String>, request| {
                answer(&shared, &blob, &request, container)
            };
            router = router.route(&base, any(root)).route(&format!("{base}/{{*blob}}"), any(inside));
        }
    }
    router
}

impl Run {
    /// The link to one of its artifacts: here, or in the container that the world names.
    pub(super) fn artifact_url(&self, memory: &Memory, blobs: &str, path: &str) -> String {
        let path: Vec<String> = path.split('/').map(encoded).collect();
        let blob = format!("ExperimentRun/{}/{}", self.container(), path.join("/"));
        match &memory.world.artifact_container {
            Some(container) => format!("{}/{blob}?{}", container.url.trim_end_matches('/'), container.sas),
            None => format!("{blobs}/{ARTIFACTS}/{blob}?{}", signature(memory.now())),
        }
    }
}

/// A shared access signature for reading.
fn signature(now: i64) -> String {
    format!("sv=2021-08-06&sr=b&se={}&sp=r&sig={BLOB_SIGNATURE}", encoded(&super::timestamp(now + 3600)))
}

fn answer(shared: &Arc<Shared>, blob: &str, request: &Request, container: &str) -> Response {
    let query = parameters(request.uri().query().unwrap_or_default());
    let (method, headers) = (request.method(), request.headers());
    let mut memory = shared.lock();
    if let Some(refusal) = refusal(&memory, method, headers, &query) {
        return refusal;
    }
    if query.get("comp").is_some_and(|comp| comp == "list") {
        let prefix = query.get("prefix").map(String::as_str).unwrap_or_default();
        return list::answer(container, &query, &written(&mut memory, container, prefix));
    }
    match written(&mut memory, container, blob).into_iter().find(|(path, _)| path == blob) {
        Some((_, content)) => content_of(content, headers),
        None => error(StatusCode::NOT_FOUND, "BlobNotFound", "The specified blob does not exist."),
    }
}

fn refusal(
    memory: &Memory,
    method: &Method,
    headers: &HeaderMap,
    query: &BTreeMap<String, String>,
) -> Option<Response> {
    let of_storage =
        |token| bearer_claims(memory, token).is_ok_and(|claims| claims["aud"] == "https://storage.azure.com");
    let of_account = parameters(&memory.world.storage.sas).remove("sig");
    let is_signed = query.get("sig").is_some_and(|it| it == BLOB_SIGNATURE || Some(it) == of_account.as_ref());
    if !is_signed && !bearer(headers).is_some_and(of_storage) {
        let message = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.";
        return Some(error(StatusCode::FORBIDDEN, "AuthenticationFailed", message));
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        let message = "This request is not authorized to perform this operation using this permission.";
        return Some(error(StatusCode::FORBIDDEN, "AuthorizationPermissionMismatch", message));
    }
    None
}

/// What the run that this path leads to has written, in the order of names.
fn written(memory: &mut Memory, container: &str, path: &str) -> Vec<(String, Vec<u8>)> {
    let now = memory.now();
    let segment = path.split('/').nth(1).unwrap_or_default();
    let name = if container == ARTIFACTS { segment.strip_prefix("dcid.") } else { Some(segment) };
    let Some(run) = name.and_then(|name| memory.run_anywhere(name)) else { return Vec::new() };
    let mut files = if container == ARTIFACTS {
        let artifacts = run.artifacts(now).into_iter();
        artifacts.map(|(path, content)| (format!("ExperimentRun/{}/{path}", run.container()), content)).collect()
    } else {
        run.outputs(now)
    };
    files.sort();
    files
}

/// As much of it as was asked for, unless the client knows it already or means an earlier state.
fn content_of(content: Vec<u8>, headers: &HeaderMap) -> Response {
    let (etag, length) = (etag(&content), content.len());
    let of = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if of(header::IF_MATCH).is_some_and(|wanted| wanted != etag && wanted != "*") {
        let message = "The condition specified using HTTP conditional header(s) is not met.";
        return error(StatusCode::PRECONDITION_FAILED, "ConditionNotMet", message);
    }
    if of(header::IF_NONE_MATCH).is_some_and(|known| known == etag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let wanted = headers.get("x-ms-range").or_else(|| headers.get(header::RANGE));
    let wanted = wanted.and_then(|value| Range::read(value.to_str().ok()?));
    let facts = [
        (header::ETAG, etag),
        (header::LAST_MODIFIED, WRITTEN.to_owned()),
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::HeaderName::from_static("x-ms-blob-type"), "BlockBlob".to_owned()),
        (header::HeaderName::from_static("x-ms-version"), "2021-08-06".to_owned()),
    ];
    let Some(wanted) = wanted else { return (facts, content).into_response() };
    let Some((first, last)) = wanted.within(length) else { return beyond(length) };
    let shown = format!("bytes {first}-{last}/{length}");
    (StatusCode::PARTIAL_CONTENT, facts, [(header::CONTENT_RANGE, shown)], content[first..=last].to_vec())
        .into_response()
}

/// There is nothing in the range, as when a log has not grown.
fn beyond(length: usize) -> Response {
    let message = "The range specified is invalid for the current size of the resource.";
    let mut refusal = error(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange", message);
    let size = format!("bytes */{length}").parse().expect("a number is a header value");
    refusal.headers_mut().insert(header::CONTENT_RANGE, size);
    refusal
}

fn etag(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    format!(
        "\"0x{:02X}{:02X}{:02X}{:02X}{:02X}{:02X}\"",
        digest[0], digest[1], digest[2], digest[3], digest[4], digest[5]
    )
}

fn error(status: StatusCode, code: &'static str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, [("x-ms-error-code", code), ("content-type", "application/xml")], body).into_response()
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
