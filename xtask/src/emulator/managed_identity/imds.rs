//! The metadata service of virtual machines (Microsoft, How to use managed identities on an Azure VM to acquire an access token).

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::super::state::{Shared, State as Memory};
use super::super::tokens::Subject;
use super::{Parameters, Place, Selector, has_metadata, issue, select};

const PATH: &str = "/metadata/identity/oauth2/token";
const OLDEST: &str = "2018-02-01";
const SELECTORS: &[(&str, Selector)] =
    &[("client_id", |it| &it.client_id), ("msi_res_id", |it| &it.resource_id), ("object_id", |it| &it.object_id)];

pub(super) fn env(place: &Place<'_>) -> Vec<(&'static str, String)> {
    vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", place.http.to_owned())]
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route(PATH, get(token))
}

async fn token(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>, headers: HeaderMap) -> Response {
    match answer(&mut shared.lock(), &query, &headers) {
        Ok(body) => Json(body).into_response(),
        Err((code, message)) => {
            (StatusCode::BAD_REQUEST, Json(json!({"error": code, "error_description": message}))).into_response()
        }
    }
}

fn answer(memory: &mut Memory, query: &Parameters, headers: &HeaderMap) -> Result<Value, (&'static str, String)> {
    let invalid = |message: &str| ("invalid_request", message.to_owned());
    if !has_metadata(headers) {
        return Err(("bad_request_102", "Required metadata header not specified".into()));
    }
    // Somebody else's request, that a proxy on the machine passed on.
    if headers.contains_key("x-forwarded-for") {
        return Err(invalid("The request was forwarded"));
    }
    // Versions are dates.
    if query.get("api-version").is_none_or(|version| version.len() != OLDEST.len() || version.as_str() < OLDEST) {
        return Err(invalid("The api-version is missing or not supported"));
    }
    let resource = query.get("resource").ok_or_else(|| invalid("Required query variable 'resource' is missing"))?;
    if !memory.world.knows_resource(resource) {
        let message = format!(
            "AADSTS500011: The resource principal named {resource} was not found in the tenant. This can happen if the application \
             has not been installed by the administrator of the tenant or consented to by any user in the tenant."
        );
        return Err(("invalid_resource", message));
    }
    let identity = select(&memory.world, query, SELECTORS).map_err(|refusal| invalid(refusal.message()))?;
    let issued = issue(memory, &Subject::managed_identity(&identity), resource, false);
    let lifetime = (issued.expires - issued.begins).to_string();
    Ok(json!({
        "access_token": issued.access_token,
        "client_id": identity.client_id,
        "expires_in": lifetime,
        "expires_on": issued.expires.to_string(),
        "ext_expires_in": lifetime,
        "not_before": issued.begins.to_string(),
        "refresh_token": "",
        "resource": resource,
        "token_type": "Bearer",
    }))
}
