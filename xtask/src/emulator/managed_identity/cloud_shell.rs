//! The shell of the Azure portal. Its token is of the person who opened it.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

use super::super::state::Shared;
use super::{Parameters, Place, has_metadata, issue, person};

const PATH: &str = "/_msi/cloud-shell/oauth2/token";

pub(super) fn env(place: &Place<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("ACC_CLOUD", "PROD".into()),
        ("AZUREPS_HOST_ENVIRONMENT", "cloud-shell/1.0".into()),
        ("MSI_ENDPOINT", format!("{}{PATH}", place.http)),
    ]
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route(PATH, post(token))
}

async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, Form(form): Form<Parameters>) -> Response {
    let mut memory = shared.lock();
    let refused = |code: &str, message: &str| {
        let body = json!({"error": {"code": code, "message": message}});
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    };
    if !has_metadata(&headers) {
        return refused("BadRequest", "Required metadata header not specified");
    }
    let Some(resource) = form.get("resource") else {
        return refused("BadRequest", "The resource is missing");
    };
    if !memory.world.knows_resource(resource) {
        return refused("AudienceNotSupported", &format!("Audience {resource} is not a supported MSI token audience."));
    }
    // Nobody opens the portal without signing in, so the first user stands in where nobody is at the compute instance.
    let username = memory.world.signed_in.clone().or_else(|| Some(memory.world.users.first()?.username.clone()));
    let subject = person(&memory, &username.expect("a world with Cloud Shell has a user"));
    let issued = issue(&mut memory, &subject, resource, false);
    Json(json!({
        "access_token": issued.access_token,
        "expires_in": (issued.expires - issued.begins).to_string(),
        "expires_on": issued.expires.to_string(),
        "not_before": issued.begins.to_string(),
        "refresh_token": "",
        "resource": resource,
        "token_type": "Bearer",
    }))
    .into_response()
}
