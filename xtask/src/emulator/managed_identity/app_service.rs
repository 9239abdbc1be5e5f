//! App Service, in the version of 2019 (Microsoft, How to use managed identities for App Service and Azure Functions).

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::state::{Shared, State as Memory};
use super::super::tokens::Subject;
use super::{Parameters, Place, Selector, issue, legacy_app_service, select, shows_secret};

const PATH: &str = "/_msi/app-service/token";
const SELECTORS: &[(&str, Selector)] = &[
    ("client_id", |it| &it.client_id),
    ("mi_res_id", |it| &it.resource_id),
    ("object_id", |it| &it.object_id),
    ("principal_id", |it| &it.object_id),
];

/// A modern App Service sets the variables of the version of 2017 too.
pub(super) fn env(place: &Place<'_>) -> Vec<(&'static str, String)> {
    let mut variables = legacy_app_service::env(place);
    variables.push(("IDENTITY_ENDPOINT", format!("{}{PATH}", place.http)));
    variables.push(("IDENTITY_HEADER", place.secret.to_owned()));
    variables
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route(PATH, get(token))
}

/// A refusal of either version.
pub(super) fn refused((status, message): (StatusCode, &str)) -> Response {
    let body = json!({"statusCode": status.as_u16(), "message": message, "correlationId": Uuid::new_v4().to_string()});
    (status, Json(body)).into_response()
}

async fn token(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>, headers: HeaderMap) -> Response {
    match answer(&mut shared.lock(), &query, &headers) {
        Ok(body) => Json(body).into_response(),
        Err(refusal) => refused(refusal),
    }
}

fn answer(memory: &mut Memory, query: &Parameters, headers: &HeaderMap) -> Result<Value, (StatusCode, &'static str)> {
    let bad = |message| (StatusCode::BAD_REQUEST, message);
    if !shows_secret(memory, headers, "x-identity-header") {
        return Err((StatusCode::UNAUTHORIZED, "The X-IDENTITY-HEADER header is missing or wrong"));
    }
    if query.get("api-version").is_none_or(|version| version != "2019-08-01") {
        return Err(bad("The api-version is missing or not supported"));
    }
    let resource = query.get("resource").ok_or(bad("The resource is missing"))?;
    if !memory.world.knows_resource(resource) {
        // Observed: msal 1.39, "wrong resource ends up with a vague statusCode=500".
        return Err((StatusCode::INTERNAL_SERVER_ERROR, "An unexpected error occurred while fetching the AAD Token"));
    }
    let identity = select(&memory.world, query, SELECTORS).map_err(|refusal| bad(refusal.message()))?;
    let issued = issue(memory, &Subject::managed_identity(&identity), resource, false);
    Ok(json!({
        "access_token": issued.access_token,
        "client_id": identity.client_id.to_uppercase(),
        "expires_on": issued.expires.to_string(),
        "not_before": issued.begins.to_string(),
        "resource": resource,
        "token_type": "Bearer",
    }))
}
