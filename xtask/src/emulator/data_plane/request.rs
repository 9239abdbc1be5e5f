//! A request to a service of the data plane, taken apart: who asks, for which workspace, and for what in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};

use super::super::arm;
use super::super::log::{Origin, parameters};
use super::super::state::{Shared, State as Memory};
use super::super::tokens;
use super::error::ServiceError;
use super::{AUDIENCE, blobs, hosts};

/// Resource Manager's audiences and its own (observed: azure-ai-ml 1.35 sends tokens of Resource Manager).
const AUDIENCES: &[&str] = &["https://management.azure.com", "https://management.core.windows.net", AUDIENCE];

/// A request about a workspace.
pub(super) struct DataRequest<'a> {
    pub(super) method: &'a Method,
    /// The base URL of the data plane, which links in answers start with.
    pub(super) api: String,
    /// Where blobs are.
    pub(super) blobs: String,
    pub(super) workspace: Value,
    /// Who asks: a name, or the id of an application.
    pub(super) author: String,
    /// Whether that is a run, with the token of its own.
    pub(super) is_run: bool,
    /// What follows the workspace in the path.
    pub(super) rest: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: &'a [u8],
}

/// Answers the requests of one service.
pub(super) type Handler = fn(&mut Memory, &DataRequest<'_>) -> Result<Response, ServiceError>;

/// The paths of a service, such as `history/v1.0`.
pub(super) fn service(name: &str, handler: Handler) -> Router<Arc<Shared>> {
    let answer = move |State(shared): State<Arc<Shared>>,
                       Extension(origin): Extension<Origin>,
                       method: Method,
                       uri: Uri,
                       headers: HeaderMap,
                       body: Bytes| async move {
        let memory = &mut shared.lock();
        let request = DataRequest::read(memory, &origin, (&method, &uri, &headers, &body));
        request.and_then(|request| handler(memory, &request)).unwrap_or_else(IntoResponse::into_response)
    };
    Router::new().route(&format!("/{name}/{{version}}/subscriptions/{{*rest}}"), any(answer))
}

/// The claims of a token that is good by itself.
pub(in super::super) fn bearer_claims(memory: &Memory, token: &str) -> Result<Value, &'static str> {
    let claims = tokens::verify(token).ok_or("The token is invalid.")?;
    if claims["exp"].as_i64().is_none_or(|ends| memory.now() >= ends) {
        return Err("The token has expired.");
    }
    if memory.revoked_at(token).is_some() {
        return Err("The token has been revoked.");
    }
    Ok(claims)
}

/// The bearer token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

impl<'a> DataRequest<'a> {
    pub(super) fn read(
        memory: &mut Memory,
        Origin(origin): &Origin,
        (method, uri, headers, body): (&'a Method, &Uri, &HeaderMap, &'a [u8]),
    ) -> Result<Self, ServiceError> {
        let segments: Vec<String> = uri.path().split('/').skip(3).map(decoded).collect();
        if segments.len() < 8 {
            return Err(ServiceError::unknown_path(uri.path()));
        }
        let (place, rest) = segments.split_at(8);
        let id = format!("/{}", place.join("/"));
        let token =
            bearer(headers).ok_or_else(|| ServiceError::unauthorized("The 'Authorization' header is missing."))?;
        let claims = bearer_claims(memory, token).map_err(ServiceError::unauthorized)?;
        check(memory, &claims, &id)?;
        let workspace =
            arm::workspace(memory, &id).ok_or_else(|| ServiceError::not_found("The workspace", &place[7]))?;
        let location = workspace["location"].as_str().unwrap_or_default();
        let author = ["upn", "appid", "runId"].iter().find_map(|name| claims[*name].as_str()).unwrap_or_default();
        Ok(Self {
            method,
            api: hosts::api(origin, location),
            blobs: hosts::blobs(origin, blobs::ACCOUNT),
            author: author.to_owned(),
            is_run: claims["aud"] == "azureml",
            rest: rest.to_vec(),
            query: parameters(uri.query().unwrap_or_default()),
            body,
            workspace,
        })
    }

    /// The segments behind the workspace.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.rest.iter().map(String::as_str).collect()
    }

    /// The id of the workspace.
    pub(super) fn workspace_id(&self) -> &str {
        self.workspace["id"].as_str().unwrap_or_default()
    }

    /// The body as JSON; none is an empty object.
    pub(super) fn json(&self) -> Result<Value, ServiceError> {
        if self.body.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(self.body)
            .map_err(|error| ServiceError::bad_request(format!("The body is no JSON: {error}.")))
    }
}

/// The token is for this service, and of the tenant that the subscription trusts; or it is that of a run in this workspace.
fn check(memory: &Memory, claims: &Value, id: &str) -> Result<(), ServiceError> {
    let audience = claims["aud"].as_str().unwrap_or_default().trim_end_matches('/');
    if audience == "azureml" {
        let is_its = claims["scope"].as_str().is_some_and(|scope| scope.eq_ignore_ascii_case(id));
        return if is_its { Ok(()) } else { Err(ServiceError::forbidden("The run is of another workspace.")) };
    }
    if !AUDIENCES.contains(&audience) {
        return Err(ServiceError::unauthorized(format!("The audience '{audience}' is not one of this service.")));
    }
    let subscription = memory.world.subscription(id.split('/').nth(2).unwrap_or_default());
    let tenant = claims["tid"].as_str().unwrap_or_default();
    if subscription.is_some_and(|known| !known.tenant_id.eq_ignore_ascii_case(tenant)) {
        return Err(ServiceError::unauthorized(format!("The tenant {tenant} is not the one of this subscription.")));
    }
    Ok(())
}

/// A part of a path, as it is meant.
pub(super) fn decoded(segment: &str) -> String {
    // The form decoder does percent sequences; the signs of a form are signs in a path.
    let pair = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
