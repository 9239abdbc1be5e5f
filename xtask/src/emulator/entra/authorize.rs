//! The authorize endpoint: checks the request, shows the sign-in page, and sends the answer back.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::super::log::parameters;
use super::super::state::{CodeGrant, Shared, State as Memory};
use super::super::tokens;
use super::super::world::{User, defaults};
use super::error::EntraError;
use super::scope::Scopes;
use super::token::demanded_contexts;
use super::{Audience, page};

const CODE_LIFETIME: i64 = 600;

type Parameters = BTreeMap<String, String>;

/// A request whose answer may be sent to its redirect URI.
struct AuthorizeRequest {
    audience: Audience,
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    form_post: bool,
    parameters: Parameters,
}

/// `GET`: the page, unless the request is wrong.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path(segment): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let memory = shared.lock();
    let request = match AuthorizeRequest::read(&memory, &segment, parameters(&query.unwrap_or_default())) {
        Ok(request) => request,
        Err(error) => return refused_page(error, &headers, memory.now()),
    };
    if let Err(error) = request.check(&memory) {
        return request.send_error(error, &headers, memory.now());
    }
    let users = request.users(&memory);
    let application =
        if request.client_id == defaults::AZURE_CLI_CLIENT_ID { "Microsoft Azure CLI" } else { &request.client_id };
    page::sign_in(&format!("/{segment}/oauth2/v2.0/authorize"), &request.parameters, &users, application)
}

/// `POST`: a button of the page was pressed.
pub(super) async fn click(
    State(shared): State<Arc<Shared>>,
    Path(segment): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let mut memory = shared.lock();
    let mut fields = parameters(&body);
    let (username, cancelled) = (fields.remove("user"), fields.remove("cancel").is_some());
    let now = memory.now();
    let request = match AuthorizeRequest::read(&memory, &segment, fields) {
        Ok(request) => request,
        Err(error) => return refused_page(error, &headers, now),
    };
    if let Err(error) = request.check(&memory) {
        return request.send_error(error, &headers, now);
    }
    if cancelled {
        return request.send_error(EntraError::cancelled(), &headers, now);
    }
    let Some(user) = username.and_then(|name| memory.world.user(&name).cloned()) else {
        return page::message(
            StatusCode::BAD_REQUEST,
            "Sorry, but we’re having trouble signing you in",
            "Pick an account.",
        );
    };
    match request.sign_in(&mut memory, &user) {
        Ok(answer) => request.send(answer),
        Err(error) => refused_page(error, &headers, now),
    }
}

impl AuthorizeRequest {
    /// What has to be right before anything may be sent to the redirect URI.
    fn read(memory: &Memory, segment: &str, parameters: Parameters) -> Result<Self, EntraError> {
        let audience = Audience::named(&memory.world, segment)?;
        let required = |name: &str| parameters.get(name).cloned().ok_or_else(|| EntraError::missing(name));
        let client_id = required("client_id")?;
        if !memory.world.public_clients.contains(&client_id) {
            return Err(EntraError::unknown_application(&client_id, segment));
        }
        let redirect_uri = required("redirect_uri")?;
        if !is_loopback(&redirect_uri) {
            return Err(EntraError::invalid_request(
                50_011,
                format!(
                    "The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs configured for the application '{client_id}'."
                ),
            ));
        }
        Ok(Self {
            audience,
            client_id,
            redirect_uri,
            state: parameters.get("state").cloned(),
            form_post: parameters.get("response_mode").is_some_and(|mode| mode == "form_post"),
            parameters,
        })
    }

    /// What may be wrong and is told to the application.
    fn check(&self, memory: &Memory) -> Result<(), EntraError> {
        let required = |name: &str| self.parameters.get(name).ok_or_else(|| EntraError::missing(name));
        let response_type = required("response_type")?;
        if response_type != "code" {
            let message = format!("The response type '{response_type}' is not enabled for the application.");
            return Err(EntraError::invalid_request(700_054, message));
        }
        if let Some(mode) = self.parameters.get("response_mode").filter(|mode| *mode != "form_post" && *mode != "query")
        {
            return Err(EntraError::invalid_request(
                900_971,
                format!("The response mode '{mode}' cannot reach a loopback address."),
            ));
        }
        required("state")?;
        // Several resources may be consented to at once, so each scope is looked at alone.
        for scope in required("scope")?.split_ascii_whitespace() {
            Scopes::parse(&memory.world, scope)?;
        }
        let challenge = self.parameters.get("code_challenge").ok_or_else(|| {
            EntraError::invalid_request(
                9_002_325,
                "Proof Key for Code Exchange is required for authorization code redemption.",
            )
        })?;
        let method = self.parameters.get("code_challenge_method").map(String::as_str);
        if method != Some("S256") || URL_SAFE_NO_PAD.decode(challenge).map_or(0, |bytes| bytes.len()) != 32 {
            return Err(EntraError::invalid_request(
                501_491,
                "The code_challenge must be an S256 challenge of 43 characters.",
            ));
        }
        if self.parameters.get("prompt").is_some_and(|prompt| prompt == "none") {
            return Err(EntraError::login_required());
        }
        Ok(())
    }

    /// Whom the page offers: everybody in the tenant; the hinted account first, or alone if no choice is wanted.
    fn users<'a>(&self, memory: &'a Memory) -> Vec<&'a User> {
        let in_tenant =
            |user: &&User| user.memberships.iter().any(|membership| self.audience.admits(&membership.tenant_id));
        let mut users: Vec<&User> = memory.world.users.iter().filter(in_tenant).collect();
        if let Some(hint) = self.parameters.get("login_hint") {
            users.sort_by_key(|user| !user.username.eq_ignore_ascii_case(hint));
            let is_known = users.first().is_some_and(|user| user.username.eq_ignore_ascii_case(hint));
            if is_known && !self.parameters.contains_key("prompt") {
                users.truncate(1);
            }
        }
        users
    }

    /// Issues the code.
    fn sign_in(&self, memory: &mut Memory, user: &User) -> Result<Parameters, EntraError> {
        let membership = match &self.audience {
            Audience::Everybody => user.home(),
            Audience::Tenant(tenant) => {
                user.membership(&tenant.id).ok_or_else(|| EntraError::not_a_member(&user.username, &tenant.name))?
            }
        };
        let parameter = |name: &str| self.parameters.get(name).cloned();
        let code = tokens::opaque("1.C");
        memory.secrets.push(code.clone());
        let grant = CodeGrant {
            username: user.username.clone(),
            tenant_id: membership.tenant_id.clone(),
            client_id: self.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            code_challenge: parameter("code_challenge").unwrap_or_default(),
            nonce: parameter("nonce"),
            scope: parameter("scope").unwrap_or_default(),
            contexts: demanded_contexts(self.parameters.get("claims").map(String::as_str)),
            expires: memory.now() + CODE_LIFETIME,
            redeemed: false,
        };
        memory.codes.insert(code.clone(), grant);
        let mut answer =
            Parameters::from([("code".into(), code), ("session_state".into(), Uuid::new_v4().to_string())]);
        if parameter("client_info").is_some_and(|value| value == "1") {
            answer.insert("client_info".into(), client_info(user));
        }
        Ok(answer)
    }

    fn send_error(&self, error: EntraError, headers: &HeaderMap, now: i64) -> Response {
        let rendered = error.render(headers, now);
        let mut answer = Parameters::from([
            ("error".into(), rendered.error.to_owned()),
            ("error_description".into(), rendered.description),
        ]);
        if let Some(suberror) = rendered.suberror {
            answer.insert("error_subcode".into(), suberror.to_owned());
        }
        self.send(answer)
    }

    /// Brings the answer to the redirect URI.
    fn send(&self, mut answer: Parameters) -> Response {
        if let Some(state) = &self.state {
            answer.insert("state".into(), state.clone());
        }
        if self.form_post {
            return page::form_post(&self.redirect_uri, &answer);
        }
        let mut location = Url::parse(&self.redirect_uri).expect("the redirect URI was checked");
        location.query_pairs_mut().extend_pairs(&answer);
        (StatusCode::FOUND, [(header::LOCATION, String::from(location))]).into_response()
    }
}

/// The `client_info` of a user: where the account is at home.
pub(super) fn client_info(user: &User) -> String {
    let home = user.home();
    URL_SAFE_NO_PAD.encode(json!({"uid": home.object_id, "utid": home.tenant_id}).to_string())
}

fn is_loopback(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| url.scheme() == "http" && matches!(url.host_str(), Some("localhost" | "127.0.0.1")))
}

fn refused_page(error: EntraError, headers: &HeaderMap, now: i64) -> Response {
    let rendered = error.render(headers, now);
    page::message(rendered.status, "Sorry, but we’re having trouble signing you in", &rendered.description)
}
