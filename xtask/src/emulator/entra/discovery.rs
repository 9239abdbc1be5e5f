//! The documents that clients look up first.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::super::log::Origin;
use super::super::state::Shared;
use super::super::tokens;
use super::error::EntraError;
use super::{Audience, is_shared_endpoint};

const ALIASES: &[(&str, &str, &[&str])] = &[
    (
        "login.microsoftonline.com",
        "login.windows.net",
        &["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
    ),
    (
        "login.partner.microsoftonline.cn",
        "login.partner.microsoftonline.cn",
        &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
    ),
    ("login.microsoftonline.us", "login.microsoftonline.us", &["login.microsoftonline.us", "login.usgovcloudapi.net"]),
];

#[derive(Deserialize)]
pub(super) struct InstanceQuery {
    authorization_endpoint: Option<String>,
}

/// Which host names are the same authority.
pub(super) async fn instance(
    State(shared): State<Arc<Shared>>,
    Extension(origin): Extension<Origin>,
    Query(query): Query<InstanceQuery>,
    headers: HeaderMap,
) -> Response {
    let asked = query.authorization_endpoint.as_deref().and_then(|url| Url::parse(url).ok());
    let host = asked.as_ref().and_then(Url::host_str).unwrap_or_default();
    let is_own = asked.as_ref().is_some_and(|url| url.origin().ascii_serialization() == origin.0);
    let is_known = ALIASES.iter().any(|(_, _, aliases)| aliases.contains(&host));
    let Some(asked) = asked.as_ref().filter(|_| is_own || is_known) else {
        let now = shared.lock().now();
        return EntraError::invalid_instance().response(&headers, now);
    };
    let tenant = asked.path_segments().and_then(|mut segments| segments.next()).unwrap_or("common");
    let metadata: Vec<Value> = ALIASES
        .iter()
        .map(|(network, cache, aliases)| json!({"preferred_network": network, "preferred_cache": cache, "aliases": aliases}))
        .collect();
    Json(json!({
        "tenant_discovery_endpoint":
            format!("{}/{tenant}/v2.0/.well-known/openid-configuration", asked.origin().ascii_serialization()),
        "api-version": "1.1",
        "metadata": metadata,
    }))
    .into_response()
}

/// The endpoints of one authority.
pub(super) async fn openid_configuration(
    State(shared): State<Arc<Shared>>,
    Extension(Origin(origin)): Extension<Origin>,
    Path(segment): Path<String>,
    headers: HeaderMap,
) -> Response {
    let state = shared.lock();
    let (path, issuer) = match Audience::named(&state.world, &segment) {
        Ok(Audience::Everybody) => (segment, "{tenantid}".to_owned()),
        Ok(Audience::Tenant(tenant)) => (tenant.id.clone(), tenant.id),
        Err(error) => return error.response(&headers, state.now()),
    };
    Json(json!({
        "token_endpoint": format!("{origin}/{path}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{origin}/{path}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{origin}/{issuer}/v2.0"),
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": format!("{origin}/{path}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{origin}/{path}/oauth2/v2.0/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{origin}/{path}/oauth2/v2.0/logout"),
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "email",
        ],
        "tenant_region_scope": if is_shared_endpoint(&path) { Value::Null } else { json!("EU") },
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    }))
    .into_response()
}

/// The key that signs the tokens.
pub(super) async fn keys(
    State(shared): State<Arc<Shared>>,
    Extension(Origin(origin)): Extension<Origin>,
    Path(segment): Path<String>,
    headers: HeaderMap,
) -> Response {
    let state = shared.lock();
    match Audience::named(&state.world, &segment) {
        Ok(Audience::Everybody) => Json(tokens::key_set(&format!("{origin}/{{tenantid}}/v2.0"))).into_response(),
        Ok(Audience::Tenant(tenant)) => Json(tokens::key_set(&format!("{origin}/{}/v2.0", tenant.id))).into_response(),
        Err(error) => error.response(&headers, state.now()),
    }
}
