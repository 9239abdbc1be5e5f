//! Azure Resource Manager: tenants, subscriptions, resource groups, and Azure Machine Learning with what lies in it.

mod access;
mod assets;
mod call;
mod computes;
mod connections;
mod datastores;
mod deployments;
mod endpoints;
mod error;
mod groups;
mod jobs;
mod kind;
mod kinds;
mod metadata;
mod operation;
mod region;
mod registries;
mod reply;
mod request;
pub mod secrets;
mod seed;
mod store;
mod subscriptions;
mod template;
mod vault;
mod verbs;
mod workspaces;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use serde_json::Value;
use uuid::Uuid;

use super::data_plane;
use super::log::{Origin, REQUEST_ID, parameters};
use super::state::{Shared, State as Memory};

pub(super) use self::store::Store;
pub(super) use self::workspaces::id as workspace_id;

use self::access::Caller;
use self::call::{Call, Place};
use self::error::ArmError;
use self::kind::Action;
use self::reply::Reply;
use self::request::ArmRequest;

/// The resource provider of Azure Machine Learning.
const PROVIDER: &str = "Microsoft.MachineLearningServices";
/// Where the data plane offers the same resources under the same paths.
const FRONT_END: &str = "/mferp/managementfrontend";

/// Every path of Azure Resource Manager.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/metadata/endpoints", get(metadata::endpoints))
        .route("/tenants", any(answer))
        .route("/subscriptions", any(answer))
        .route("/subscriptions/{*rest}", any(answer))
        .route("/mferp/managementfrontend/subscriptions/{*rest}", any(answer))
        .merge(vault::routes())
}

/// The workspace with this id.
pub(super) fn workspace(memory: &mut Memory, id: &str) -> Option<Value> {
    memory.seed();
    memory.store.find(id).cloned()
}

/// The registry of this name.
pub(super) fn registry(memory: &Memory, name: &str) -> Option<Value> {
    let wanted = format!("/registries/{}", name.to_lowercase());
    let mut found = memory.store.resources.iter().filter(|(key, _)| key.ends_with(&wanted));
    found.next().map(|(_, registry)| registry.clone())
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(Origin(origin)): Extension<Origin>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (base, path) = match uri.path().strip_prefix(FRONT_END) {
        Some(path) => (format!("{origin}{FRONT_END}"), path),
        None => (origin.clone(), uri.path()),
    };
    let arm_request = ArmRequest {
        method: &method,
        origin: &base,
        path,
        query: parameters(uri.query().unwrap_or_default()),
        headers: &headers,
        body: &body,
    };
    let answer = arm_request.answer(&mut shared.lock()).map(|mut reply| {
        data_plane::told_here(&mut reply.body, &origin);
        if base != origin {
            registries::tell_without_group(&mut reply.body);
        }
        reply
    });
    let mut response = answer.into_response();
    arm_request.add_ids(response.headers_mut());
    response
}

impl ArmRequest<'_> {
    fn answer(&self, memory: &mut Memory) -> Result<Reply, ArmError> {
        let segments = request::segments(self.path);
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        if !self.query.contains_key("api-version") {
            return Err(ArmError::missing_api_version());
        }
        let subscription = match segments.as_slice() {
            ["subscriptions", id, ..] => Some(*id),
            _ => None,
        };
        let caller = Caller::authenticate(memory, self, subscription)?;
        memory.seed();
        memory.settle_operations();
        let is = |text: &str, wanted: &str| text.eq_ignore_ascii_case(wanted);
        let ["subscriptions", id, ref rest @ ..] = *segments else {
            return subscriptions::answer(memory, self, &caller, &segments);
        };
        let id = subscriptions::find(memory, id).map(|found| found.id.clone())?;
        match *rest {
            [] => subscriptions::answer(memory, self, &caller, &segments),
            [groups] if is(groups, "resourceGroups") => groups::list(memory, self, &id),
            [groups, group] if is(groups, "resourceGroups") => groups::one(memory, self, &id, group),
            [groups, group, providers, provider, ref rest @ ..]
                if is(groups, "resourceGroups") && is(providers, "providers") && !rest.is_empty() =>
            {
                let group = groups::find(memory, &id, group)?;
                groups::within(memory, self, &group, provider, rest)
            }
            // The steps of a deployment lie beside the providers.
            [groups, group, kind, _, _] if is(groups, "resourceGroups") && is(kind, "deployments") => {
                let group = groups::find(memory, &id, group)?;
                deployments::answer(memory, self, &group, &rest[2..])
            }
            [providers, provider, locations, location, ref rest @ ..]
                if is(providers, "providers") && is(provider, PROVIDER) && is(locations, "locations") =>
            {
                region::answer(memory, self, location, rest)
            }
            [providers, provider, kind] if is(providers, "providers") && is(provider, PROVIDER) => {
                self.everywhere(memory, &id, kind)
            }
            _ => Err(ArmError::invalid_resource_type(self.path)),
        }
    }

    /// What of Azure Machine Learning this is about.
    fn within_group(&self, memory: &mut Memory, group: &str, segments: &[&str]) -> Result<Reply, ArmError> {
        let unknown = || ArmError::invalid_resource_type(self.path);
        let kind_of = |segments: &[&str]| kind::find(&segments.iter().step_by(2).copied().collect::<Vec<_>>());
        let (pairs, last) = segments.split_at(segments.len() / 2 * 2);
        let at = |kind, segments: &[&str]| Place::new(kind, group, PROVIDER, segments);
        let is_get = self.method == Method::GET;

        if let [root @ .., labels, label] = segments
            && labels.eq_ignore_ascii_case("labels")
            && is_get
            && let Some(kind) = kind_of(&[root, &["versions"]].concat())
        {
            let container = at(kind, root);
            let found = assets::labelled(&memory.store, &container.key, label).ok_or_else(|| container.not_found())?;
            return Ok(Reply::ok(verbs::told(&memory.store, kind, &container.key, found)));
        }
        if segments.len() > 2 {
            let root = at(kind_of(&segments[..2]).ok_or_else(unknown)?, &segments[..2]);
            let found = memory.store.find(&root.key).ok_or_else(|| root.not_found())?;
            if root.kind.path == "workspaces" && segments[2].eq_ignore_ascii_case("jobs") {
                let workspace = found.clone();
                return jobs::answer(memory, self, workspace, &segments[3..]);
            }
        }
        if let [_, _, endpoints, _, of @ .., jobs] = segments
            && endpoints.eq_ignore_ascii_case("batchEndpoints")
            && jobs.eq_ignore_ascii_case("jobs")
            && is_get
            && let Some(deployment) = match of {
                [] => Some(None),
                [deployments, name] if deployments.eq_ignore_ascii_case("deployments") => Some(Some(*name)),
                _ => None,
            }
        {
            let endpoint = at(kind_of(&segments[..4]).ok_or_else(unknown)?, &segments[..4]);
            let found = memory.store.find(&endpoint.key).cloned().ok_or_else(|| endpoint.not_found())?;
            return jobs::of_endpoint(memory, self, &found, deployment);
        }
        let call = |memory, kind, segments: &[&str]| Call { memory, request: self, place: at(kind, segments) };
        let [last] = last else {
            return verbs::one(call(memory, kind_of(pairs).ok_or_else(unknown)?, pairs));
        };
        if let Some(kind) = kind_of(segments) {
            let method = if is_get { Ok(()) } else { Err(ArmError::method_not_allowed(self.method)) };
            return method.and_then(|()| verbs::list(&call(memory, kind, segments)));
        }
        let kind = kind_of(pairs).ok_or_else(unknown)?;
        // A list that is asked for with `POST` goes on with `GET`.
        let goes_on = is_get && self.parameter("$skip").is_some();
        let is_asked = |action: &Action| goes_on || matches!(action, Action::List(_) | Action::Show(_)) == is_get;
        let mut actions = kind.actions.iter().filter(|(name, _)| name.eq_ignore_ascii_case(last));
        let (_, action) = actions.clone().next().ok_or_else(unknown)?;
        let is_possible = self.method == Method::POST || is_get;
        if !is_possible || actions.all(|(_, action)| !is_asked(action)) {
            return Err(ArmError::method_not_allowed(self.method));
        }
        verbs::act(call(memory, kind, pairs), action)
    }

    /// Every workspace, or registry, of a subscription.
    fn everywhere(&self, memory: &mut Memory, subscription: &str, kind: &str) -> Result<Reply, ArmError> {
        let kind = kind::find(&[kind]).ok_or_else(|| ArmError::invalid_resource_type(self.path))?;
        if self.method != Method::GET {
            return Err(ArmError::method_not_allowed(self.method));
        }
        let wanted = format!("{PROVIDER}/{}", kind.path);
        let all = memory.store.below(&format!("/subscriptions/{subscription}/resourceGroups"));
        let of_kind = all.filter(|(_, item)| item["type"] == wanted.as_str() && (kind.shows)(item, self));
        let items: Vec<_> = of_kind.map(|(key, item)| verbs::told(&memory.store, kind, key, item.clone())).collect();
        self.page(memory, &items).map(Reply::ok)
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
