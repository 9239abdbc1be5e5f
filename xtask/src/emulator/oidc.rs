//! Platforms that give tokens to the jobs they run: GitHub Actions, Azure Pipelines.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::state::{Shared, State as Memory};
use super::tokens;
use super::world::defaults;

/// How long the platforms' tokens live.
const LIFETIME: i64 = 300;

/// The endpoints that `ACTIONS_ID_TOKEN_REQUEST_URL` and `SYSTEM_OIDCREQUESTURI` name.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/_oidc/github", get(github)).route("/_oidc/pipelines", post(pipelines))
}

/// A token of any issuer.
pub(super) fn issue(memory: &mut Memory, issuer: &str, subject: &str, audience: &str, lifetime: i64) -> String {
    let now = memory.now();
    let claims = json!({
        "iss": issuer, "sub": subject, "aud": audience, "iat": now, "nbf": now, "exp": now + lifetime, "jti": tokens::opaque(""),
    });
    let token = tokens::foreign_token(&claims);
    memory.secrets.push(token.clone());
    token
}

async fn github(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if !bears(&headers, defaults::GITHUB_REQUEST_TOKEN) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    // Without an audience it is the owner of the repository (GitHub, OpenID Connect reference).
    let audience = query.get("audience").map_or("https://github.com/contoso", String::as_str);
    let (issuer, subject) = (defaults::GITHUB_ISSUER, defaults::GITHUB_SUBJECT);
    let token = issue(&mut shared.lock(), issuer, subject, audience, LIFETIME);
    Json(json!({"count": token.len(), "value": token})).into_response()
}

async fn pipelines(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let is_asked_for = |name: &str, value: &str| query.get(name).is_some_and(|found| found == value);
    if !bears(&headers, defaults::PIPELINES_ACCESS_TOKEN) {
        // Azure DevOps sends people to a page to sign in at, and programs that say so a plain refusal.
        let is_program = headers.get("x-tfs-fedauthredirect").is_some_and(|value| value == "Suppress");
        return if is_program { StatusCode::UNAUTHORIZED } else { StatusCode::FOUND }.into_response();
    }
    if !is_asked_for("api-version", "7.1") || !is_asked_for("serviceConnectionId", defaults::SERVICE_CONNECTION) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let (issuer, subject) = (defaults::PIPELINES_ISSUER, defaults::PIPELINES_SUBJECT);
    let token = issue(&mut shared.lock(), issuer, subject, defaults::FEDERATION_AUDIENCE, LIFETIME);
    Json(json!({"oidcToken": token})).into_response()
}

fn bears(headers: &HeaderMap, token: &str) -> bool {
    headers.get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes() == format!("Bearer {token}").as_bytes())
}
