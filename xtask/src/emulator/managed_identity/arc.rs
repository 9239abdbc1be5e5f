//! The agent of Azure Arc: whoever can read its key file gets a token (Microsoft, Authenticate against Azure resources with Azure
//! Arc-enabled servers).

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::state::{Shared, State as Memory};
use super::super::tokens::{self, Subject};
use super::{Parameters, Place, Selector, has_metadata, issue, select};

const PATH: &str = "/_msi/arc/metadata/identity/oauth2/token";
const VERSIONS: &[&str] = &["2019-11-01", "2020-06-01", "2021-02-01"];
const SELECTORS: &[(&str, Selector)] =
    &[("client_id", |it| &it.client_id), ("msi_res_id", |it| &it.resource_id), ("object_id", |it| &it.object_id)];

pub(super) fn env(place: &Place<'_>) -> Vec<(&'static str, String)> {
    vec![("IDENTITY_ENDPOINT", format!("{}{PATH}", place.http)), ("IMDS_ENDPOINT", place.http.to_owned())]
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route(PATH, get(token))
}

async fn token(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>, headers: HeaderMap) -> Response {
    let mut memory = shared.lock();
    let refused = |message: &str| {
        (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_request", "error_description": message})))
            .into_response()
    };
    if !has_metadata(&headers) {
        return refused("Required metadata header not specified");
    }
    if query.get("api-version").is_none_or(|version| !VERSIONS.contains(&version.as_str())) {
        return refused("The api-version is missing or not supported");
    }
    let Some(resource) = query.get("resource").filter(|resource| memory.world.knows_resource(resource)) else {
        return refused("The resource is missing or not known");
    };
    if !shows_key(&mut memory, &headers) {
        return challenge(&mut memory);
    }
    match answer(&mut memory, &query, resource) {
        Ok(body) => Json(body).into_response(),
        Err(message) => refused(message),
    }
}

/// A key counts once.
fn shows_key(memory: &mut Memory, headers: &HeaderMap) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let file = shown.and_then(|key| memory.machine.arc_keys.remove(key));
    // Whoever read it may have deleted it.
    file.inspect(|file| drop(std::fs::remove_file(file))).is_some()
}

/// Puts a key where only those who may have a token can read it, and says where.
fn challenge(memory: &mut Memory) -> Response {
    let (key, folder) = (tokens::opaque(""), &memory.machine.arc_tokens);
    let file = folder.join(format!("{}.key", Uuid::new_v4()));
    if let Err(error) = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, &key)) {
        let message = format!("{}: {error}", file.display());
        return (StatusCode::INTERNAL_SERVER_ERROR, message).into_response();
    }
    let challenge = format!("Basic realm={}", file.display());
    memory.secrets.push(key.clone());
    memory.machine.arc_keys.insert(key, file);
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
}

fn answer(memory: &mut Memory, query: &Parameters, resource: &str) -> Result<Value, &'static str> {
    let identity = select(&memory.world, query, SELECTORS).map_err(super::Refusal::message)?;
    let issued = issue(memory, &Subject::managed_identity(&identity), resource, false);
    let lifetime = (issued.expires - issued.begins).to_string();
    let mut body = json!({
        "access_token": issued.access_token,
        "expires_in": lifetime,
        "expires_on": issued.expires.to_string(),
        "ext_expires_in": lifetime,
        "not_before": issued.begins.to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    // An agent that knows user-assigned identities confirms which one it is (observed: azure-identity 1.27 insists).
    if !identity.is_system_assigned {
        body["client_id"] = json!(identity.client_id);
        body["msi_res_id"] = json!(identity.resource_id);
        body["object_id"] = json!(identity.object_id);
    }
    Ok(body)
}
