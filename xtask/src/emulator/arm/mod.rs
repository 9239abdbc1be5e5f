//! Azure Resource Manager: tenants, subscriptions, and Azure Machine Learning workspaces with what lies in them.

mod access;
mod computes;
mod error;
mod jobs;
mod kind;
mod metadata;
mod operation;
mod region;
mod reply;
mod resources;
mod store;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::data_plane;
use super::log::{Origin, REQUEST_ID, parameters};
use super::state::{Shared, State as Memory};
use super::world::Workspace;

pub(super) use self::computes::PASSWORD as COMPUTE_PASSWORD;
pub(super) use self::store::Store;

use self::access::Caller;
use self::error::ArmError;
use self::reply::Reply;

/// Every path of Azure Resource Manager.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/metadata/endpoints", get(metadata::endpoints))
        .route("/tenants", any(answer))
        .route("/subscriptions", any(answer))
        .route("/subscriptions/{*rest}", any(answer))
}

/// The workspace with this id.
pub(super) fn workspace(memory: &mut Memory, id: &str) -> Option<Value> {
    let found = memory.world.workspaces.iter().find(|known| workspace_id(known).eq_ignore_ascii_case(id))?;
    let subscription = memory.world.subscription(&found.subscription_id)?;
    Some(resources::workspace(found, subscription))
}

/// The registry of this name.
pub(super) fn registry(_: &mut Memory, _: &str) -> Option<Value> {
    None
}

/// The id of a workspace of the world.
pub(super) fn workspace_id(workspace: &Workspace) -> String {
    let Workspace { subscription_id, resource_group, name, .. } = workspace;
    format!(
        "/subscriptions/{subscription_id}/resourceGroups/{resource_group}/providers/Microsoft.MachineLearningServices/workspaces/{name}"
    )
}

/// A request, taken apart. Paths are compared without regard to case, as Azure does.
struct ArmRequest<'a> {
    method: &'a Method,
    origin: &'a str,
    path: &'a str,
    query: BTreeMap<String, String>,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(Origin(origin)): Extension<Origin>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let arm_request = ArmRequest {
        method: &method,
        origin: &origin,
        path: uri.path(),
        query: parameters(uri.query().unwrap_or_default()),
        headers: &headers,
        body: &body,
    };
    let answer = arm_request.answer(&mut shared.lock()).map(|mut reply| {
        data_plane::told_here(&mut reply.body, &origin);
        reply
    });
    let mut response = answer.into_response();
    arm_request.add_ids(response.headers_mut());
    response
}

impl ArmRequest<'_> {
    fn answer(&self, memory: &mut Memory) -> Result<Reply, ArmError> {
        let path = percent_decoded(self.path);
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        if !self.query.contains_key("api-version") {
            return Err(ArmError::missing_api_version());
        }
        let subscription = match segments.as_slice() {
            ["subscriptions", id, ..] => Some(*id),
            _ => None,
        };
        let caller = Caller::authenticate(memory, self, subscription)?;
        let is = |at: usize, wanted: &str| segments.get(at).is_some_and(|segment| segment.eq_ignore_ascii_case(wanted));
        memory.settle_operations();
        if segments.len() > 8 && is(6, "workspaces") {
            let workspace = resources::find(memory, self, &caller, &segments[..8])?;
            if is(8, "jobs") {
                return jobs::answer(memory, self, &workspace, &segments[9..]);
            }
            return store::answer(memory, self, &workspace, &segments[8..]);
        }
        if segments.len() > 5 && is(4, "locations") {
            resources::find(memory, self, &caller, &segments[..2])?;
            return region::answer(memory, self, segments[5], &segments[6..]);
        }
        if self.method != Method::GET {
            return Err(ArmError::method_not_allowed(self.method));
        }
        resources::find(memory, self, &caller, &segments).map(Reply::ok)
    }

    /// The body as JSON.
    fn json(&self) -> Result<Value, ArmError> {
        serde_json::from_slice(self.body).map_err(|error| ArmError::unreadable_body(&error))
    }

    /// One page of a list. The link to the next one goes to the host that was asked.
    fn page(&self, memory: &Memory, items: &[Value]) -> Result<Value, ArmError> {
        let start = match self.query.get("$skip").or_else(|| self.query.get("$skiptoken")) {
            Some(token) => {
                skipped(token).filter(|start| *start <= items.len()).ok_or_else(|| ArmError::bad_skip_token(token))?
            }
            None => 0,
        };
        let end = items.len().min(start + memory.world.page_size.max(1));
        let mut page = json!({"value": items[start..end]});
        if end < items.len() {
            let mut query = self.query.clone();
            query.insert("$skip".into(), URL_SAFE_NO_PAD.encode(format!("from:{end}")));
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&query).finish();
            page["nextLink"] = json!(format!("{}{}?{query}", self.origin, self.path));
        }
        Ok(page)
    }

    fn add_ids(&self, headers: &mut HeaderMap) {
        let fresh = || HeaderValue::from_str(&Uuid::new_v4().to_string()).expect("a UUID is a header value");
        let correlation = self.headers.get("x-ms-correlation-request-id").cloned().unwrap_or_else(fresh);
        headers.insert(REQUEST_ID, fresh());
        headers.insert("x-ms-correlation-request-id", correlation);
        headers.insert("x-ms-routing-request-id", fresh());
        headers.insert("x-ms-ratelimit-remaining-subscription-reads", HeaderValue::from_static("11999"));
        if self.headers.get("x-ms-return-client-request-id").is_some_and(|value| value == "true")
            && let Some(id) = self.headers.get("x-ms-client-request-id")
        {
            headers.insert("x-ms-client-request-id", id.clone());
        }
    }
}

fn skipped(token: &str) -> Option<usize> {
    let token = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    token.strip_prefix("from:")?.parse().ok()
}

fn percent_decoded(path: &str) -> String {
    // The form decoder does percent sequences; a plus in a path is a plus.
    let pair = path.replace('+', "%2B");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
