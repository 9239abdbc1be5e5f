//! What a program and a person should do about a refusal of Entra ID.
//!
//! Microsoft asks clients to go by `error` and `suberror`, as numbers and texts change (Microsoft identity platform, handling
//! errors). The numbers serve for what a person should do, and for the kind only where the two say too little.

use reqwest::StatusCode;

use super::exchange::Exchange;
use crate::{EntraError, ErrorKind, SignInCommand};

/// What a program should do.
pub(super) fn kind(status: StatusCode, error: &str, entra: &EntraError) -> ErrorKind {
    let suberror = entra.suberror.as_deref().unwrap_or_default();
    match (error, entra.code.unwrap_or_default()) {
        _ if status == StatusCode::TOO_MANY_REQUESTS => ErrorKind::Throttled,
        // A loop was noticed: whoever goes on is refused for minutes, though the refresh token is good.
        (_, 50196) => ErrorKind::Throttled,
        ("temporarily_unavailable" | "server_error", _)
        | (_, 50033 | 50087 | 90006 | 90012 | 90024 | 90033 | 90055) => ErrorKind::Network,
        ("access_denied" | "authorization_declined", _) => ErrorKind::Cancelled,
        ("expired_token" | "code_expired", _) => ErrorKind::Timeout,
        // Wrong password, locked, disabled: another attempt makes it worse. No consent by a person is enough.
        (_, 50053 | 50057 | 50126 | 90094 | 90095) => ErrorKind::Rejected,
        _ if suberror == "message_only" => ErrorKind::Rejected,
        ("consent_required" | "interaction_required" | "invalid_grant" | "login_required", _) => ErrorKind::Interaction,
        (
            "invalid_instance" | "invalid_request" | "invalid_resource" | "invalid_scope" | "unsupported_grant_type",
            _,
        ) => ErrorKind::Configuration,
        _ if status.is_server_error() => ErrorKind::Network,
        _ => ErrorKind::Rejected,
    }
}

/// What a person should do next.
pub(super) fn help(kind: ErrorKind, entra: &EntraError, exchange: &Exchange) -> Option<String> {
    let Exchange { cloud, tenant, request, .. } = exchange;
    let scopes = request.scopes();
    let sign_in = SignInCommand::new(cloud).tenant(tenant).scopes(scopes).claims(entra.claims.as_deref());
    Some(match (kind, entra.code.unwrap_or_default()) {
        (ErrorKind::Throttled, _) => "wait before the next attempt; it would be refused too".to_owned(),
        (ErrorKind::Network, _) => "Entra ID has a problem of its own: try again in a minute".to_owned(),
        (ErrorKind::Cancelled, _) => format!("to try once more: {sign_in}"),
        (_, 16000 | 50020 | 50034 | 51004 | 90072) => format!(
            "this account does not exist in tenant {tenant}: give the right tenant with --tenant, or ask its administrator for an invitation"
        ),
        (_, 50014) => format!("accept the invitation to tenant {tenant} first; it came by mail"),
        (_, 50105) => format!("ask the administrator of tenant {tenant} to assign this account to the application"),
        (_, 50053 | 50057 | 50126) => "reset the password, or ask the administrator to unlock the account".to_owned(),
        (_, 50097 | 50131 | 53000..=53003 | 530_032) => format!(
            "a policy of tenant {tenant} refuses this device, place or way of signing in: sign in through a browser on a managed \
             device ({sign_in}), or ask the tenant's administrator"
        ),
        (_, 65002 | 90094 | 90095) => {
            format!("an administrator of tenant {tenant} must consent to the application for {scopes}")
        }
        (_, 90002) => {
            format!("check the tenant {tenant} and the cloud {}: --tenant and --cloud name others", cloud.name())
        }
        (_, 90038 | 900_382 | 900_432) => {
            format!("tenant {tenant} is of another cloud than {}: name it with --cloud", cloud.name())
        }
        (_, 50194 | 90124 | 90130 | 9_001_023 | 9_002_332) => {
            format!("{tenant} stands for many tenants: name one with --tenant")
        }
        (_, 50049) => format!("check the authority of the cloud {}: azml cloud show", cloud.name()),
        (_, 500_011 | 650_056 | 650_057) => {
            format!("check that {} is right, and that it exists in tenant {tenant}", scopes.resource())
        }
        (_, 28002 | 70011 | 700_022 | 1_002_012) => {
            format!("check the scopes, {scopes}: one resource, such as https://ml.azure.com/.default")
        }
        (_, 700_011 | 700_016 | 7_000_112) => {
            format!("check the application's client id, and that it is enabled in tenant {tenant}")
        }
        (_, 50011 | 70004 | 900_971 | 7_000_218 | 700_025) => {
            "the application must be registered as a public client (mobile and desktop) with http://localhost"
                .to_owned()
        }
        (_, 7_000_215) => "give the secret's value, not its id".to_owned(),
        (_, 7_000_222) => "the secret has expired: make a new one for the application, and give that".to_owned(),
        (_, 700_024) => {
            "the assertion is not valid now: check this machine's clock, or renew the federated token".to_owned()
        }
        (_, 700_027) => "upload this certificate to the application, or give the one that is there".to_owned(),
        (_, 70021 | 700_211..=700_213) => {
            "add a federated credential with this issuer, subject and audience to the application".to_owned()
        }
        (ErrorKind::Interaction, _) if entra.suberror.as_deref() == Some("additional_action") => {
            format!("do what the message says, then sign in again: {sign_in}")
        }
        (ErrorKind::Interaction, _) => format!("sign in again: {sign_in}"),
        _ => return None,
    })
}
