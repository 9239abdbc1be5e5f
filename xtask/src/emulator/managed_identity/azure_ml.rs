//! A compute instance of Azure Machine Learning, which speaks like App Service in 2017, with differences.

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
use super::{Parameters, Place, issue, person, select, shows_secret};

const PATH: &str = "/_msi/azure-ml/MSI/auth";

pub(super) fn env(place: &Place<'_>) -> Vec<(&'static str, String)> {
    let identity = select(place.world, &Parameters::new(), &[]);
    // Without an identity it is this word (observed: Azure/azure-sdk-for-python).
    let client_id = identity.map_or_else(|_| "clientid".to_owned(), |identity| identity.client_id);
    vec![
        ("DEFAULT_IDENTITY_CLIENT_ID", client_id),
        ("MSI_ENDPOINT", format!("{}{PATH}", place.http)),
        ("MSI_SECRET", place.secret.to_owned()),
    ]
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route(PATH, get(token))
}

/// Refusals are words, not JSON.
async fn token(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>, headers: HeaderMap) -> Response {
    match answer(&mut shared.lock(), &query, &headers) {
        Ok(body) => Json(body).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn answer(memory: &mut Memory, query: &Parameters, headers: &HeaderMap) -> Result<Value, (StatusCode, &'static str)> {
    let bad = |message| (StatusCode::BAD_REQUEST, message);
    if !shows_secret(memory, headers, "secret") {
        return Err((StatusCode::UNAUTHORIZED, "The secret header is missing or wrong"));
    }
    if query.get("api-version").is_none_or(|version| version != "2017-09-01") {
        return Err(bad("The api-version is missing or not supported"));
    }
    let resource = query.get("resource").ok_or(bad("The resource is missing"))?;
    if !memory.world.knows_resource(resource) {
        return Err(bad("SSO failure: unable to retrieve a token for the resource"));
    }
    let subject = subject(memory, query).map_err(bad)?;
    let issued = issue(memory, &subject, resource, false);
    Ok(json!({
        "access_token": issued.access_token,
        "client_id": subject.client_id,
        "expires_on": issued.expires,
        "resource": resource,
        "token_type": "Bearer",
    }))
}

/// The person who is signed in, unless an identity is named or single sign-on is off.
fn subject(memory: &Memory, query: &Parameters) -> Result<Subject, &'static str> {
    let named = query.get("clientid").filter(|id| Uuid::parse_str(id).is_ok());
    match (named, &memory.world.signed_in) {
        (None, Some(username)) => Ok(person(memory, username)),
        (None, None) => {
            let identity = select(&memory.world, query, &[]);
            let identity = identity.map_err(|_| "SSO failure: token not found for compute trainer")?;
            Ok(Subject::managed_identity(&identity))
        }
        (Some(_), _) => {
            let identity = select(&memory.world, query, &[("clientid", |it| &it.client_id)]);
            let identity = identity.map_err(
                |_| "{'Message': 'Failed to retrieve a token', 'Detail': 'Request failure status code: 404'}",
            )?;
            Ok(Subject::managed_identity(&identity))
        }
    }
}
