//! What identity endpoints answer when they give a token; each has its own ideas of JSON.

use std::time::SystemTime;

use auth_core::{AccessToken, Error, ErrorKind, Secret};
use serde::Deserialize;
use serde_json::Value;

use crate::{Host, HostKind, expiry, scrub};

#[derive(Deserialize)]
struct Wire {
    access_token: Option<Secret>,
    token_type: Option<String>,
    /// A number, or text: a number, or a date.
    expires_on: Option<Value>,
    /// A number, or text that is one.
    expires_in: Option<Value>,
    /// As the last.
    refresh_in: Option<Value>,
    client_id: Option<Value>,
    object_id: Option<Value>,
    msi_res_id: Option<Value>,
    /// How App Service spells the last.
    mi_res_id: Option<Value>,
}

/// Whose token it is by its ids, as far as the answer tells.
#[derive(Debug, Default)]
pub(crate) struct Echo {
    pub(crate) client: Option<String>,
    pub(crate) object: Option<String>,
    pub(crate) resource: Option<String>,
}

/// Reads the token that an endpoint gives. `absent` is what a machine without the identity means, and no message shows `secrets`.
pub(crate) fn token(
    host: &Host,
    absent: ErrorKind,
    body: &[u8],
    now: SystemTime,
    secrets: &[&Secret],
) -> Result<(AccessToken, Echo), Error> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let refuse = |what: &str| Error::new(ErrorKind::Protocol, format!("{} answered {what}", host.name()));
    let without_a_token = || {
        let error = match scrub::message(body, secrets) {
            text if text.is_empty() => refuse("without a token"),
            text => refuse(&format!("without a token: {text}")),
        };
        // Azure ML says under any status that there is no identity.
        if host.kind() == HostKind::AzureMl { error.with_kind(absent) } else { error }
    };
    let wire: Wire = serde_json::from_slice(body).map_err(|_| without_a_token())?;
    let secret = wire.access_token.filter(|token| !token.expose().is_empty()).ok_or_else(without_a_token)?;
    if !secret.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b)) {
        return Err(refuse("with a token that cannot be sent in a header"));
    }
    if wire.token_type.is_some_and(|kind| !kind.trim().is_empty() && !kind.eq_ignore_ascii_case("bearer")) {
        return Err(refuse("with a token that is not a bearer token"));
    }
    let by_date = wire.expires_on.as_ref().and_then(expiry::instant);
    let by_lifetime = wire.expires_in.as_ref().and_then(expiry::lifetime).map(|lifetime| now + lifetime);
    // A cached token may come with the lifetime that it had when it was issued.
    let Some(expires_on) = by_date.into_iter().chain(by_lifetime).min() else {
        return Err(refuse("without the time at which the token expires"));
    };
    let lifetime = expires_on.duration_since(now).unwrap_or_default();
    if lifetime.is_zero() {
        return Err(refuse("with a token that has expired").with_transient(true));
    }
    let refresh_in = wire.refresh_in.as_ref().and_then(expiry::lifetime);
    let text = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    let resource = text(wire.msi_res_id).or_else(|| text(wire.mi_res_id));
    let echo = Echo { client: text(wire.client_id), object: text(wire.object_id), resource };
    Ok((AccessToken::obtained(secret, now, lifetime, refresh_in), echo))
}

#[cfg(test)]
mod tests {
    use auth_core::clock;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(body: impl AsRef<[u8]>) -> Result<AccessToken, Error> {
        token(&Host::imds(), ErrorKind::Rejected, body.as_ref(), clock::from_unix(1_000), &[]).map(|(token, _)| token)
    }

    #[test]
    fn of_two_expiries_the_earlier_one_counts() {
        let expiry = |on: Value, after: Value| {
            let body = json!({"access_token": "a.b-c", "expires_on": on, "expires_in": after}).to_string();
            read(body).ok().map(|token| clock::to_unix(token.expires_on()))
        };
        assert_eq!(expiry(Value::Null, json!("86399")), Some(87_399));
        assert_eq!(expiry(json!("nonsense"), json!(60)), Some(1_060));
        assert_eq!(expiry(json!("90000"), json!("60")), Some(1_060));
        assert_eq!(expiry(json!("1060"), json!("90000")), Some(1_060));
        assert_eq!(expiry(json!(999), json!(60)), None, "it has expired");
        assert_eq!(expiry(Value::Null, Value::Null), None);
    }

    #[test]
    fn a_token_is_renewed_when_the_endpoint_says_so_and_else_at_half_of_a_long_life() {
        let renewal = |body: &str| clock::to_unix(read(body).unwrap().refresh_on()) - 1_000;
        assert_eq!(renewal(r#"{"access_token": "t", "expires_in": "86400"}"#), 43_200);
        assert_eq!(renewal(r#"{"access_token": "t", "expires_in": "86400", "refresh_in": "600"}"#), 600);
    }

    #[test]
    fn an_echo_in_both_spellings_or_of_another_type_does_no_harm() {
        let echo = |body: &str| {
            token(&Host::imds(), ErrorKind::Rejected, body.as_bytes(), clock::from_unix(0), &[]).unwrap().1
        };
        let both = r#"{"access_token":"t","expires_in":60,"msi_res_id":"/x","mi_res_id":"/x","client_id":7}"#;
        assert_eq!((echo(both).resource.as_deref(), echo(both).client), (Some("/x"), None));
        let other = r#"{"access_token":"t","expires_in":60,"mi_res_id":"/x"}"#;
        assert_eq!(echo(other).resource.as_deref(), Some("/x"));
    }

    #[test]
    fn what_is_not_a_token_is_refused_without_being_shown() {
        let big = format!(r#"{{"access_token":"{}","expires_in":60}}"#, "x".repeat(1 << 20));
        assert!(read(&big).is_ok(), "a long token is a token");
        let utf16: Vec<u8> =
            r#"{"access_token":"canary","expires_in":60}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bodies: &[&[u8]] = &[
            br#"{"access_token":"canary\n","expires_in":60}"#,
            br#"{"access_token":"canary\u0000","expires_in":60}"#,
            br#"{"access_token":"canary\u00e4","expires_in":60}"#,
            br#"{"access_token":"canary","access_token":"canary","expires_in":60}"#,
            br#"{"access_token":"canary","expires_in":60} trailing eyJcanary"#,
            br#"{"access_token":"canary","expires_in":60,"token_type":"pop"}"#,
            br#"{"access_token":["canary"],"expires_in":60}"#,
            br#"{"access_token":"canary"}"#,
            br#"["canary"]"#,
            &utf16,
        ];
        for body in bodies {
            let error = read(body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
        let marked = b"\xef\xbb\xbf{\"access_token\":\"t\",\"expires_in\":60,\"token_type\":\"bearer\"}";
        assert!(read(marked).is_ok(), "a byte order mark is passed over");
    }

    proptest! {
        #[test]
        fn arbitrary_answers_never_panic(body: Vec<u8>, text: String, number: f64) {
            let _ = read(&body);
            let _ = read(json!({"access_token": "t", "expires_on": text, "expires_in": number}).to_string());
        }
    }
}
