//! A Service Fabric cluster, over https with a certificate that programs know by its thumbprint (Microsoft, How to leverage a
//! Service Fabric application's managed identity).

use std::sync::Arc;

use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::state::{Shared, State as Memory};
use super::super::tls::authority;
use super::super::tokens::Subject;
use super::{Parameters, Place, issue, select, shows_secret};
use crate::loopback::Connection;

const PATH: &str = "/_msi/service-fabric/metadata/identity/oauth2/token";
const VERSION: &str = "2019-07-01-preview";

pub(super) fn env(place: &Place<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("IDENTITY_API_VERSION", VERSION.into()),
        ("IDENTITY_ENDPOINT", format!("{}{PATH}", place.https)),
        ("IDENTITY_HEADER", place.secret.to_owned()),
        ("IDENTITY_SERVER_THUMBPRINT", authority().thumbprint.clone()),
    ]
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route(PATH, get(token))
}

async fn token(
    State(shared): State<Arc<Shared>>,
    Extension(connection): Extension<Connection>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    if connection.scheme != "https" {
        return StatusCode::NOT_FOUND.into_response();
    }
    match answer(&mut shared.lock(), &query, &headers) {
        Ok(body) => Json(body).into_response(),
        Err((status, code, message)) => {
            let correlation = Uuid::new_v4().to_string();
            let body = json!({"error": {"correlationId": correlation, "code": code, "message": message}});
            (status, Json(body)).into_response()
        }
    }
}

/// The cluster decides which identity it is.
fn answer(
    memory: &mut Memory,
    query: &Parameters,
    headers: &HeaderMap,
) -> Result<Value, (StatusCode, &'static str, &'static str)> {
    let bad = |code, message| (StatusCode::BAD_REQUEST, code, message);
    if !shows_secret(memory, headers, "secret") {
        return Err(bad("SecretHeaderNotFound", "Secret is not found in the request headers."));
    }
    if query.get("api-version").is_none_or(|version| version != VERSION) {
        return Err(bad("InvalidApiVersion", "The api-version is missing or not supported."));
    }
    let missing = bad("ArgumentNullOrEmpty", "The resource is missing.");
    let resource = query.get("resource").filter(|resource| !resource.is_empty()).ok_or(missing)?;
    if !memory.world.knows_resource(resource) {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return Err((status, "InternalServerError", "The token could not be fetched."));
    }
    let identity = select(&memory.world, &Parameters::new(), &[]).map_err(|_| {
        (StatusCode::NOT_FOUND, "ManagedIdentityNotFound", "Managed identity not found for the specified application.")
    })?;
    let is_capable = query.get("xms_cc").is_some_and(|all| all.split(',').any(|one| one.eq_ignore_ascii_case("cp1")));
    let issued = issue(memory, &Subject::managed_identity(&identity), resource, is_capable);
    Ok(json!({
        "access_token": issued.access_token,
        "expires_on": issued.expires,
        "resource": resource,
        "token_type": "Bearer",
    }))
}
