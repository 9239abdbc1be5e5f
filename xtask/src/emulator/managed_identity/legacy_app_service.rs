//! App Service, in the version of 2017, whose times are dates.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::super::state::{Shared, State as Memory};
use super::super::tokens::Subject;
use super::app_service::refused;
use super::{Parameters, Place, issue, select, shows_secret};

const PATH: &str = "/_msi/legacy-app-service/MSI/token/";

pub(super) fn env(place: &Place<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("APPSETTING_WEBSITE_SITE_NAME", "forecasts".into()),
        ("MSI_ENDPOINT", format!("{}{PATH}", place.http)),
        ("MSI_SECRET", place.secret.to_owned()),
        ("WEBSITE_SITE_NAME", "forecasts".into()),
    ]
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    // With a slash more, too (observed: msrestazure 0.6.4).
    Router::new().route(PATH, get(token)).route(&format!("{PATH}/"), get(token))
}

async fn token(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>, headers: HeaderMap) -> Response {
    match answer(&mut shared.lock(), &query, &headers) {
        Ok(body) => Json(body).into_response(),
        Err(refusal) => refused(refusal),
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
        return Err((StatusCode::INTERNAL_SERVER_ERROR, "An unexpected error occurred while fetching the AAD Token"));
    }
    let identity = select(&memory.world, query, &[("clientid", |it| &it.client_id)]);
    let identity = identity.map_err(|refusal| bad(refusal.message()))?;
    let issued = issue(memory, &Subject::managed_identity(&identity), resource, false);
    Ok(json!({
        "access_token": issued.access_token,
        "client_id": identity.client_id,
        "expires_on": american_time(issued.expires),
        "resource": resource,
        "token_type": "Bearer",
    }))
}

/// As on Linux; on Windows it has AM and PM.
fn american_time(seconds: i64) -> String {
    let format = format_description!("[month]/[day]/[year] [hour]:[minute]:[second] +00:00");
    let time = OffsetDateTime::from_unix_timestamp(seconds).expect("the emulator's clock is in range");
    time.format(format).expect("a time can be formatted")
}
