//! Who is asking: the checks of a bearer token.

use axum::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::super::state::State as Memory;
use super::super::tokens;
use super::error::ArmError;
use super::request::ArmRequest;

const AUDIENCES: &[&str] = &[
    "https://management.core.windows.net/",
    "https://management.core.windows.net",
    "https://management.azure.com/",
    "https://management.azure.com",
    "https://management.core.chinacloudapi.cn/",
    "https://management.core.chinacloudapi.cn",
    "https://management.chinacloudapi.cn/",
    "https://management.chinacloudapi.cn",
    "https://management.core.usgovcloudapi.net/",
    "https://management.core.usgovcloudapi.net",
    "https://management.usgovcloudapi.net/",
    "https://management.usgovcloudapi.net",
];

/// The bearer of a good token.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) tenant_id: String,
    /// The person, if it is one.
    pub(super) username: Option<String>,
}

impl Caller {
    /// Checks the token, and that its tenant is the one that the subscription trusts.
    pub(super) fn authenticate(
        memory: &Memory,
        request: &ArmRequest<'_>,
        subscription: Option<&str>,
    ) -> Result<Self, ArmError> {
        let subscription_tenant = subscription
            .and_then(|id| memory.world.subscription(id))
            .map(|subscription| subscription.tenant_id.as_str());
        let authority = format!("https://login.windows.net/{}", subscription_tenant.unwrap_or_default());
        let refused = |code, message: String| {
            let challenge = format!(
                r#"Bearer authorization_uri="{authority}", error="invalid_token", error_description="{}""#,
                message.replace('"', "'")
            );
            ArmError::unauthorized(code, message, challenge)
        };

        let Some(header) = request.headers.get(header::AUTHORIZATION) else {
            return Err(refused(
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.".into(),
            ));
        };
        let token = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        let Some(claims) = tokens::verify(token) else {
            return Err(refused("InvalidAuthenticationToken", "The access token is invalid.".into()));
        };
        let claim = |name: &str| claims[name].as_str().unwrap_or_default();

        let audience = claim("aud");
        if !AUDIENCES.contains(&audience) {
            let allowed: Vec<String> = AUDIENCES[..4].iter().map(|known| format!("'{known}'")).collect();
            let message = format!(
                "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match with one of \
                 the allowed audiences {}.",
                allowed.join(",")
            );
            return Err(refused("InvalidAuthenticationTokenAudience", message));
        }
        let (now, expires) = (memory.now(), claims["exp"].as_i64().unwrap_or_default());
        if now >= expires {
            let message = format!(
                "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
                american_time(expires),
                american_time(now)
            );
            return Err(refused("ExpiredAuthenticationToken", message));
        }
        if let Some(revoked_at) = memory.revoked_at(token) {
            return Err(revoked(&claims, revoked_at, &authority));
        }
        let tenant_id = claim("tid");
        if let Some(expected) = subscription_tenant.filter(|expected| !expected.eq_ignore_ascii_case(tenant_id)) {
            let message = format!(
                "The access token is from the wrong issuer '{}'. It must match the tenant 'https://sts.windows.net/{expected}/' \
                 associated with this subscription. Please use the authority (URL) '{authority}' to get the token. Note, if the \
                 subscription is transferred to another tenant there is no impact to the services, but information about new tenant \
                 could take time to propagate (up to an hour). If you just transferred your subscription and see this error message, \
                 please try back later.",
                claim("iss")
            );
            return Err(refused("InvalidAuthenticationTokenTenant", message));
        }
        let demanded = memory.world.authentication_contexts.iter().find(|context| {
            let has_it = claims["acrs"].as_array().is_some_and(|own| own.iter().any(|own| *own == *context.value));
            context.tenant_id.eq_ignore_ascii_case(tenant_id) && request.path.contains(&context.path) && !has_it
        });
        if let Some(context) = demanded {
            let wanted = json!({"access_token": {"acrs": {"essential": true, "value": context.value}}});
            let message = "The access token does not meet the authentication context that the resource demands.";
            return Err(ArmError::unauthorized("InvalidAuthenticationToken", message, insufficient_claims(&wanted)));
        }
        let username = claims["upn"].as_str().map(ToOwned::to_owned);
        Ok(Self { tenant_id: tenant_id.to_owned(), username })
    }
}

/// A client that said it understands claims challenges gets one; the others only learn that the token is no good.
fn revoked(claims: &Value, revoked_at: i64, authority: &str) -> ArmError {
    let message = "The access token has been revoked.";
    let challenge = if claims.get("xms_cc").is_some() {
        let wanted = json!({"access_token": {"nbf": {"essential": true, "value": revoked_at.to_string()}}});
        insufficient_claims(&wanted)
    } else {
        format!(r#"Bearer authorization_uri="{authority}", error="invalid_token", error_description="{message}""#)
    };
    ArmError::unauthorized("InvalidAuthenticationToken", message, challenge)
}

fn insufficient_claims(wanted: &Value) -> String {
    let wanted = STANDARD.encode(wanted.to_string());
    format!(
        r#"Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="{wanted}""#
    )
}

fn american_time(seconds: i64) -> String {
    let format = format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour repr:12 padding:none]:[minute]:[second] [period]"
    );
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(format).expect("a timestamp can be formatted")
}
