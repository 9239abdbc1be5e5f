//! The service that renews the tokens of runs (observed: azureml-core 1.61, `run.get_token`).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::state::{Shared, State as Memory};
use super::tokens;
use super::world::defaults;

/// Both ways to name the experiment.
pub(super) fn routes() -> Router<Arc<Shared>> {
    let path = |by: &str| {
        format!(
            "/history/v1.0/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/Microsoft.MachineLearningServices/workspaces/{{workspace}}/{by}/{{experiment}}/runs/{{run}}/token"
        )
    };
    Router::new().route(&path("experiments"), get(renew)).route(&path("experimentids"), get(renew))
}

/// A token of this run, and when it expires.
pub(super) fn issue(memory: &mut Memory, run_id: &str, lifetime: i64) -> (String, i64) {
    let (now, id) = (memory.now(), tokens::opaque(""));
    let claims = json!({
        "role": "Contributor",
        "scope": format!("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces/{}",
            defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE),
        "runId": run_id,
        "iss": "azureml",
        "aud": "azureml",
        "jti": id,
        "iat": now,
        "exp": now + lifetime,
    });
    let token = tokens::foreign_token(&claims);
    memory.secrets.push(token.clone());
    (token, now + lifetime)
}

async fn renew(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut memory = shared.lock();
    let run_id = &path["run"];
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let claims = bearer.and_then(tokens::verify);
    let is_good = claims.is_some_and(|claims| {
        claims["runId"] == run_id.as_str() && claims["exp"].as_i64().is_some_and(|ends| memory.now() < ends)
    });
    if !is_good {
        let body = json!({"error": {"code": "UserError", "message": "Token validation failed.", "innerError": {"code": "AuthorizationError"}}});
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    }
    let lifetime = memory.next_lifetime();
    let (token, expires) = issue(&mut memory, run_id, lifetime);
    let expires = OffsetDateTime::from_unix_timestamp(expires).expect("the emulator's clock is in range");
    let expires = expires.format(&Rfc3339).expect("a time can be formatted");
    Json(json!({"token": token, "expiryTimeUtc": expires})).into_response()
}
