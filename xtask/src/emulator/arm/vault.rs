//! The data plane of key vaults: `{vault}/secrets`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::log::Origin;
use super::super::state::{Shared, State as Memory};
use super::super::tokens;
use super::request::segments;

const AUDIENCE: &str = "https://vault.azure.net";
const DOMAIN: &str = ".vault.azure.net";

/// The versions of each secret, by vault and name; the last one counts.
#[derive(Debug, Default)]
pub(super) struct Vaults(BTreeMap<(String, String), Vec<Version>>);

#[derive(Clone, Debug)]
struct Version {
    id: String,
    value: String,
    description: Value,
    created: i64,
}

/// Of a vault on a host of its own, and of all of them on the emulator's.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/secrets", any(answer))
        .route("/secrets/{*rest}", any(answer))
        .route("/vaults/{vault}/secrets", any(answer))
        .route("/vaults/{vault}/secrets/{*rest}", any(answer))
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(Origin(origin)): Extension<Origin>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut memory = shared.lock();
    memory.seed();
    let segments = segments(uri.path());
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    let host = origin.split("//").nth(1).unwrap_or_default().to_lowercase();
    let (vault, base, rest) = match (host.strip_suffix(DOMAIN), segments.as_slice()) {
        (Some(vault), ["secrets", rest @ ..]) => (vault.to_owned(), origin.clone(), rest),
        (None, ["vaults", vault, "secrets", rest @ ..]) => {
            (vault.to_lowercase(), format!("{origin}/vaults/{vault}"), rest)
        }
        _ => return refusal(StatusCode::NOT_FOUND, "NotFound", "There is no such vault."),
    };
    let found = memory.store.resources.values().find(|item| {
        let is_vault = item["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.KeyVault/vaults"));
        is_vault && item["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(&vault))
    });
    let Some(id) = found.and_then(|found| found["id"].as_str()) else {
        return refusal(StatusCode::NOT_FOUND, "VaultNotFound", "There is no such vault.");
    };
    let tenant = id.split('/').nth(2).and_then(|subscription| memory.world.subscription(subscription));
    let tenant = tenant.map(|subscription| subscription.tenant_id.clone()).unwrap_or_default();
    if let Some(challenge) = challenge(&memory, &headers, &tenant) {
        return challenge;
    }
    memory.secret(&method, &(vault, base), rest, &body)
}

impl Memory {
    fn secret(&mut self, method: &Method, (vault, base): &(String, String), rest: &[&str], body: &[u8]) -> Response {
        let now = self.now();
        let missing = |name: &str| {
            let message = format!("A secret with (name/id) {name} was not found in this key vault.");
            refusal(StatusCode::NOT_FOUND, "SecretNotFound", &message)
        };
        let secrets = &mut self.store.vaults.0;
        let told = |name: &str, version: &Version, with_value: bool| {
            let mut told = version.description.clone();
            told["attributes"] = json!({"enabled": true, "created": version.created, "updated": version.created, "recoveryLevel": "Recoverable"});
            told["id"] = format!("{base}/secrets/{name}").into();
            if with_value {
                told["id"] = format!("{base}/secrets/{name}/{}", version.id).into();
                told["value"] = version.value.as_str().into();
            }
            told
        };
        match (method, rest) {
            (&Method::GET, []) => {
                let own = secrets.iter().filter(|((known, _), _)| known == vault);
                let all: Vec<_> = own.filter_map(|((_, name), all)| Some(told(name, all.last()?, false))).collect();
                Json(json!({"value": all, "nextLink": null})).into_response()
            }
            (&Method::PUT, [name]) => {
                let Ok(wanted) = serde_json::from_slice::<Value>(body) else {
                    return refusal(StatusCode::BAD_REQUEST, "BadParameter", "The request body is no JSON.");
                };
                let Some(value) = wanted["value"].as_str() else {
                    return refusal(StatusCode::BAD_REQUEST, "BadParameter", "The parameter 'value' is missing.");
                };
                let description = json!({"contentType": wanted["contentType"], "tags": wanted["tags"]});
                let id = Uuid::new_v4().simple().to_string();
                let version = Version { id, value: value.to_owned(), description, created: now };
                let told = told(name, &version, true);
                secrets.entry((vault.clone(), name.to_lowercase())).or_default().push(version);
                Json(told).into_response()
            }
            (&Method::GET, [name, version @ ..]) => {
                let all = secrets.get(&(vault.clone(), name.to_lowercase())).map(Vec::as_slice).unwrap_or_default();
                match version {
                    ["versions"] => {
                        let all: Vec<_> = all.iter().map(|version| told(name, version, false)).collect();
                        Json(json!({"value": all, "nextLink": null})).into_response()
                    }
                    [] | [""] => {
                        all.last().map_or_else(|| missing(name), |it| Json(told(name, it, true)).into_response())
                    }
                    [id, ..] => {
                        let found = all.iter().find(|version| version.id == *id);
                        found.map_or_else(|| missing(name), |it| Json(told(name, it, true)).into_response())
                    }
                }
            }
            (&Method::DELETE, [name]) => match secrets.remove(&(vault.clone(), name.to_lowercase())) {
                Some(all) => {
                    let mut told = all.last().map(|version| told(name, version, false)).unwrap_or_default();
                    told["recoveryId"] = format!("{base}/deletedsecrets/{name}").into();
                    Json(told).into_response()
                }
                None => missing(name),
            },
            _ => refusal(StatusCode::METHOD_NOT_ALLOWED, "BadMethod", "The method is not supported here."),
        }
    }
}

/// 401 for whoever has no token for vaults, with where to get one.
fn challenge(memory: &Memory, headers: &HeaderMap, tenant: &str) -> Option<Response> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let claims = header.and_then(tokens::verify);
    let is_good = claims.is_some_and(|claims| {
        claims["aud"].as_str().is_some_and(|audience| audience.trim_end_matches('/') == AUDIENCE)
            && claims["exp"].as_i64().is_some_and(|ends| memory.now() < ends)
            && claims["tid"] == tenant
    });
    if is_good {
        return None;
    }
    let challenge =
        format!(r#"Bearer authorization="https://login.microsoftonline.com/{tenant}", resource="{AUDIENCE}""#);
    let mut response = refusal(StatusCode::UNAUTHORIZED, "Unauthorized", "The request is missing a good token.");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.parse().expect("a URL is a header value"));
    Some(response)
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
}
