//! The device code endpoint, and the page where a person enters the code.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::log::{Origin, parameters};
use super::super::state::{Decision, DeviceGrant, Shared, State as Memory};
use super::super::tokens;
use super::super::world::User;
use super::error::EntraError;
use super::scope::Scopes;
use super::token::TokenRequest;
use super::{Audience, page};

const LIFETIME: i64 = 900;

/// `POST …/devicecode`.
pub(super) async fn start(
    State(shared): State<Arc<Shared>>,
    Extension(Origin(origin)): Extension<Origin>,
    Path(segment): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let mut memory = shared.lock();
    let now = memory.now();
    match issue(&mut memory, &origin, &segment, &body) {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => error.response(&headers, now),
    }
}

/// `GET /devicelogin`: the page, with the code filled in if `otc` has it.
pub(super) async fn show(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    let memory = shared.lock();
    let users: Vec<&User> = memory.world.users.iter().collect();
    let code = parameters(&query.unwrap_or_default()).remove("otc").unwrap_or_default();
    page::device(&code, &users)
}

/// `POST /devicelogin`: the person has decided.
pub(super) async fn click(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let mut memory = shared.lock();
    let mut fields = parameters(&body);
    let code = fields.remove("otc").unwrap_or_default();
    let decision = match fields.remove("user") {
        Some(username) if memory.world.user(&username).is_some() => Decision::Approved(username),
        _ => Decision::Declined,
    };
    let grant = memory.device_codes.values_mut().find(|grant| grant.user_code.eq_ignore_ascii_case(code.trim()));
    let Some(grant) = grant.filter(|grant| grant.decision == Decision::Pending) else {
        return page::message(StatusCode::OK, "Enter code", "That code didn't work. Check the code and try again.");
    };
    grant.decision = decision;
    page::message(StatusCode::OK, "All done", "You may now close this window.")
}

fn issue(memory: &mut Memory, origin: &str, segment: &str, body: &str) -> Result<Value, EntraError> {
    let audience = Audience::named(&memory.world, segment)?;
    let request = TokenRequest { segment, origin, audience, form: parameters(body) };
    let client_id = request.public_client(memory)?;
    let scope = request.required("scope")?.to_owned();
    Scopes::parse(&memory.world, &scope)?;

    let device_code = tokens::opaque("1.D");
    let user_code = Uuid::new_v4().simple().to_string()[..9].to_ascii_uppercase();
    memory.secrets.push(device_code.clone());
    let expires = memory.now() + LIFETIME;
    let (user, interval, decision) = (user_code.clone(), memory.device_code_interval, Decision::Pending);
    let grant = DeviceGrant { user_code: user, client_id, scope, expires, interval, asked_at: None, decision };
    memory.device_codes.insert(device_code.clone(), grant);
    let page = format!("{origin}/devicelogin");
    Ok(json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": page,
        "expires_in": LIFETIME,
        "interval": interval,
        "message": format!("To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."),
    }))
}
