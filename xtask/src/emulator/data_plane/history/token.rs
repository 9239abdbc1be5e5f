//! The tokens of runs, and who renews them (observed: azureml-core 1.61, `run.get_token`).

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::super::super::state::State as Memory;
use super::super::super::tokens;
use super::super::super::world::defaults;
use super::super::error::ServiceError;
use super::super::request::DataRequest;
use super::super::timestamp;

/// A token of this run, and when it expires.
pub(in super::super::super) fn issue(memory: &mut Memory, run_id: &str, lifetime: i64) -> (String, i64) {
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

/// Only the run's own token brings another one.
pub(super) fn renew(memory: &mut Memory, request: &DataRequest<'_>, run_id: &str) -> Result<Response, ServiceError> {
    if request.author != run_id || !request.is_run {
        return Err(ServiceError::unauthorized("Token validation failed."));
    }
    let lifetime = memory.next_lifetime();
    let (token, expires) = issue(memory, run_id, lifetime);
    Ok(Json(json!({"token": token, "expiryTimeUtc": timestamp(expires)})).into_response())
}
