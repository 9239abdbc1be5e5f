//! The token endpoint.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::super::log::{Origin, parameters};
use super::super::state::{RefreshGrant, Shared, State as Memory};
use super::super::tokens::{self, Subject, Validity};
use super::super::world::{User, defaults};
use super::Audience;
use super::authorize::client_info;
use super::client_credentials;
use super::error::EntraError;
use super::grants;
use super::scope::Scopes;

/// What every grant looks at.
pub(super) struct TokenRequest<'a> {
    pub(super) segment: &'a str,
    pub(super) origin: &'a str,
    pub(super) audience: Audience,
    pub(super) form: BTreeMap<String, String>,
}

/// A person's grant that was found good.
pub(super) struct Granted {
    pub(super) user: User,
    /// The tenant that the token is for.
    pub(super) tenant_id: String,
    /// The tenant where the person signed in.
    pub(super) signed_in_at: String,
    pub(super) client_id: String,
    pub(super) scopes: Scopes,
    pub(super) nonce: Option<String>,
    /// The authentication contexts that the sign-in was made for.
    pub(super) contexts: Vec<String>,
}

/// `POST`.
pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(Origin(origin)): Extension<Origin>,
    Path(segment): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let mut memory = shared.lock();
    let now = memory.now();
    match grant(&mut memory, &origin, &segment, parameters(&body)) {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => error.response(&headers, now),
    }
}

fn grant(
    memory: &mut Memory,
    origin: &str,
    segment: &str,
    form: BTreeMap<String, String>,
) -> Result<Value, EntraError> {
    let audience = Audience::named(&memory.world, segment)?;
    let request = TokenRequest { segment, origin, audience, form };
    match request.required("grant_type")? {
        "authorization_code" => grants::authorization_code(memory, &request),
        "refresh_token" => grants::refresh_token(memory, &request),
        "client_credentials" => client_credentials::client_credentials(memory, &request),
        "urn:ietf:params:oauth:grant-type:device_code" => grants::device_code(memory, &request),
        other => Err(EntraError::unsupported_grant(other)),
    }
}

impl TokenRequest<'_> {
    pub(super) fn required(&self, name: &str) -> Result<&str, EntraError> {
        self.optional(name).ok_or_else(|| EntraError::missing(name))
    }

    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The client, which must be one that people may sign in to.
    pub(super) fn public_client(&self, memory: &Memory) -> Result<String, EntraError> {
        let client_id = self.required("client_id")?;
        if !memory.world.public_clients.iter().any(|known| known == client_id) {
            return Err(EntraError::unknown_application(client_id, self.segment));
        }
        if self.optional("client_secret").is_some() {
            let message = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
            return Err(EntraError::invalid_request(700_025, message));
        }
        Ok(client_id.to_owned())
    }

    /// Whether the client says in `claims` that it understands claims challenges.
    fn continuous_access(&self) -> bool {
        let claims = self.optional("claims").and_then(|claims| serde_json::from_str::<Value>(claims).ok());
        let capabilities = claims.as_ref().and_then(|claims| claims.pointer("/access_token/xms_cc/values")?.as_array());
        capabilities.is_some_and(|values| {
            values.iter().any(|value| value.as_str().is_some_and(|v| v.eq_ignore_ascii_case("cp1")))
        })
    }

    /// The answer for a person.
    pub(super) fn tokens(&self, memory: &mut Memory, granted: &Granted) -> Result<Value, EntraError> {
        let Granted { user, tenant_id, client_id, scopes, .. } = granted;
        let tenant = memory.world.tenant(tenant_id).cloned().ok_or_else(|| EntraError::tenant_not_found(tenant_id))?;
        let membership =
            user.membership(&tenant.id).ok_or_else(|| EntraError::not_a_member(&user.username, &tenant.name))?;
        let signed_in_here = granted.signed_in_at.eq_ignore_ascii_case(&tenant.id);
        if tenant.requires_mfa && !signed_in_here {
            return Err(EntraError::mfa_required(&scopes.resource, None));
        }
        let demanded = demanded_contexts(self.optional("claims"));
        if let Some(missing) = demanded.into_iter().find(|context| !granted.contexts.contains(context)) {
            return Err(EntraError::mfa_required(&scopes.resource, Some(&missing)));
        }
        let mut subject = Subject::person(user, membership, client_id, tenant.requires_mfa);
        if let Some(person) = &mut subject.person {
            person.contexts.clone_from(&granted.contexts);
        }
        let lifetime = memory.next_lifetime();
        let access_token = memory.access_token(&subject, &scopes.resource, lifetime, self.continuous_access());
        let mut answer = json!({
            "token_type": "Bearer",
            "scope": scopes.granted(),
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": access_token,
        });
        if let Some(refresh_in) = memory.refresh_in {
            answer["refresh_in"] = json!(refresh_in.as_secs());
        }
        if scopes.offline_access {
            let refresh_token = memory.refresh_token(RefreshGrant {
                username: user.username.clone(),
                client_id: Some(client_id.clone()),
                tenant_id: granted.signed_in_at.clone(),
                contexts: granted.contexts.clone(),
                revoked: false,
            });
            answer["refresh_token"] = json!(refresh_token);
        }
        if scopes.openid {
            let now = memory.now();
            let issuer = format!("{}/{}/v2.0", self.origin, tenant.id);
            let validity = Validity { issued: now, expires: now + 3600 };
            let id_token = tokens::id_token(&subject, &issuer, validity, granted.nonce.as_deref());
            memory.secrets.push(id_token.clone());
            answer["id_token"] = json!(id_token);
        }
        if self.optional("client_info") == Some("1") {
            answer["client_info"] = json!(client_info(user));
        }
        if client_id == defaults::AZURE_CLI_CLIENT_ID {
            answer["foci"] = json!("1");
        }
        Ok(answer)
    }
}

/// The authentication contexts that `claims` asks for.
pub(super) fn demanded_contexts(claims: Option<&str>) -> Vec<String> {
    let claims = claims.and_then(|claims| serde_json::from_str::<Value>(claims).ok()).unwrap_or_default();
    let acrs = &claims["access_token"]["acrs"];
    let several = acrs["values"].as_array().into_iter().flatten();
    several.chain([&acrs["value"]]).filter_map(Value::as_str).map(str::to_owned).collect()
}
