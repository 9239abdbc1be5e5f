//! What identity endpoints answer; each has its own ideas of JSON.

use std::time::{Duration, SystemTime};

use auth_core::{AccessToken, Error, ErrorKind, Secret, clock};
use serde::Deserialize;
use serde_json::Value;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::{Host, Identity};

/// Tokens that live this long are renewed at half of it (observed: MSAL).
const LONG_LIFE: Duration = Duration::from_secs(7200);
const LONGEST_TEXT: usize = 300;

#[derive(Deserialize)]
struct Wire {
    access_token: Option<Secret>,
    /// A number, or text: a number, or a date.
    expires_on: Option<Value>,
    /// A number, or text that is one.
    expires_in: Option<Value>,
}

/// Reads an endpoint's answer.
pub(crate) fn token(
    host: &Host,
    identity: &Identity,
    status: u16,
    body: &[u8],
    now: SystemTime,
) -> Result<AccessToken, Error> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if !(200..300).contains(&status) {
        return Err(failure(host, identity, status, body));
    }
    // Azure ML says what is wrong in plain text under any status.
    let kind = if matches!(host, Host::AzureMl { .. }) { ErrorKind::Unavailable } else { ErrorKind::Protocol };
    let refuse = |what: &str| Error::new(kind, format!("{} answered {what}", host.name()));
    let wire: Wire = serde_json::from_slice(body).map_err(|_| match message(host, body) {
        text if text.is_empty() => refuse("with nothing"),
        text => refuse(&format!("without a token: {text}")),
    })?;
    let Some(secret) = wire.access_token.filter(|token| !token.expose().is_empty()) else {
        return Err(refuse(&format!("without a token: {}", message(host, body))));
    };
    let is_token68 = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    if !secret.expose().bytes().all(is_token68) {
        return Err(refuse("with a token that cannot be sent in a header"));
    }
    let by_date = wire.expires_on.as_ref().and_then(instant);
    let by_lifetime = wire.expires_in.as_ref().and_then(seconds).map(|seconds| now + Duration::from_secs(seconds));
    // A cached token may come with the lifetime that it had when it was issued.
    let Some(expires_on) = by_date.into_iter().chain(by_lifetime).min() else {
        return Err(refuse("without the time at which the token expires"));
    };
    let lifetime = expires_on.duration_since(now).unwrap_or_default();
    if lifetime.is_zero() {
        return Err(refuse("with a token that has expired").with_transient(true));
    }
    let refresh_in = (lifetime >= LONG_LIFE).then_some(lifetime / 2);
    Ok(AccessToken::obtained(secret, now, lifetime, refresh_in))
}

fn failure(host: &Host, identity: &Identity, status: u16, body: &[u8]) -> Error {
    let text = message(host, body);
    let is_imds = matches!(host, Host::Imds { .. });
    // Somebody who named an identity is not to be served by another one.
    let absent = if *identity == Identity::SystemAssigned { ErrorKind::Unavailable } else { ErrorKind::Rejected };
    let kind = match status {
        429 => ErrorKind::Throttled,
        // The metadata service answers so while it is being updated (Microsoft, error handling).
        404 | 410 if is_imds => ErrorKind::Network,
        500..=599 => ErrorKind::Network,
        // A network that answers for the service, such as that of Docker Desktop.
        403 if is_imds && text.contains("unreachable") => ErrorKind::Unavailable,
        _ if ["invalid_resource", "AudienceNotSupported"].contains(&code(body).as_str()) => ErrorKind::Rejected,
        400 | 404 | 410 => absent,
        401 | 403 => ErrorKind::Rejected,
        _ => ErrorKind::Protocol,
    };
    let separator = if text.is_empty() { "" } else { ": " };
    let error = Error::new(kind, format!("{} answered {status}{separator}{text}", host.name()));
    match (identity, kind) {
        (Identity::SystemAssigned, ErrorKind::Unavailable) => {
            error.with_help("assign an identity to this machine, or name one of those that it has")
        }
        (_, ErrorKind::Rejected) => error.with_help("check that the identity is assigned to this machine"),
        _ => error,
    }
}

/// The error code in any of the shapes that occur: `{"error": "…"}`, `{"error": {"code": "…"}}`.
fn code(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    json["error"].as_str().or_else(|| json["error"]["code"].as_str()).unwrap_or_default().to_owned()
}

/// What the body says, for a person: from JSON its message, else its text; one line, not long, without secrets.
fn message(host: &Host, body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(json)) => {
            let error = json.get("error");
            let of_error = |name| error.and_then(|error| error.get(name));
            let candidates = [
                json.get("error_description"),
                of_error("message"),
                json.get("message"),
                json.get("Message"),
                json.get("ExceptionMessage"),
                of_error("code"),
                error,
            ];
            candidates.into_iter().flatten().find_map(Value::as_str).unwrap_or_default().to_owned()
        }
        // Other JSON is data, perhaps a token.
        Ok(_) => String::new(),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let text = match host.secret() {
        Some(secret) => text.replace(secret.expose(), "[redacted]"),
        None => text,
    };
    // Nothing that a person reads is a word of a hundred characters, but a token is.
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let words: Vec<&str> =
        words.map(|word| if word.len() > 100 || word.contains("eyJ") { "[redacted]" } else { word }).collect();
    words.join(" ").chars().take(LONGEST_TEXT).collect()
}

fn seconds(value: &Value) -> Option<u64> {
    let seconds = match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    // A hundred years are enough, and the sum with the present cannot overflow.
    seconds.filter(|seconds| (1..=100 * 365 * 86_400).contains(seconds))
}

fn instant(value: &Value) -> Option<SystemTime> {
    let seconds = match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.trim().parse().ok().or_else(|| date(text.trim())),
        _ => None,
    };
    seconds.filter(|seconds| *seconds > 0).map(clock::from_unix)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn whole(number: f64) -> Option<u64> {
    (1.0..1e15).contains(&number).then_some(number as u64)
}

const OFFSET_DATES: [&[BorrowedFormatItem<'_>]; 3] = [
    // App Service 2017 on Windows.
    format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour repr:12 padding:none]:[minute]:[second] [period case:upper] \
         [offset_hour sign:mandatory]:[offset_minute]"
    ),
    // App Service 2017 on Linux.
    format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour padding:none]:[minute]:[second] \
         [offset_hour sign:mandatory]:[offset_minute]"
    ),
    // RFC 3339 (accepted by MSAL Go and Node).
    format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second][optional [.[subsecond]]][offset_hour sign:mandatory]:[offset_minute]"
    ),
];
const PLAIN_DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// A date in one of the forms that occur, as seconds since the Unix epoch.
fn date(text: &str) -> Option<u64> {
    let text = match text.strip_suffix(['Z', 'z']) {
        Some(text) => format!("{text}+00:00"),
        None => text.to_owned(),
    };
    let with_offset = OFFSET_DATES.iter().find_map(|format| OffsetDateTime::parse(&text, format).ok());
    let date = with_offset.or_else(|| Some(PrimitiveDateTime::parse(&text, PLAIN_DATE).ok()?.assume_utc()))?;
    u64::try_from(date.unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use auth_core::Env;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn azure_ml() -> Host {
        let env = Env::fake([("MSI_ENDPOINT", "http://127.0.0.1/MSI/auth"), ("MSI_SECRET", "canary-secret")]);
        Host::detect(&env, |_| false).unwrap().unwrap()
    }

    fn read(host: &Host, status: u16, body: impl AsRef<[u8]>) -> Result<AccessToken, Error> {
        token(host, &Identity::SystemAssigned, status, body.as_ref(), clock::from_unix(1_000))
    }

    fn expiry(on: &Value, after: &Value) -> Option<u64> {
        let body = json!({"access_token": "a.b-c", "expires_on": on, "expires_in": after}).to_string();
        read(&Host::imds(), 200, body).ok().map(|token| clock::to_unix(token.expires_on()))
    }

    #[test]
    fn an_expiry_is_read_in_every_form() {
        for (form, expected) in [
            (json!(1_605_238_724), 1_605_238_724),
            (json!("1605238724"), 1_605_238_724),
            (json!(1_605_238_724.7), 1_605_238_724),
            (json!("06/20/2019 02:57:58 +00:00"), 1_560_999_478),
            (json!("1/16/2020 5:24:12 AM +00:00"), 1_579_152_252),
            (json!("1/16/2020 5:24:12 PM +00:00"), 1_579_195_452),
            (json!("11/10/2019 12:00:00 AM +00:00"), 1_573_344_000),
            (json!("11/10/2019 12:00:00 PM +00:00"), 1_573_387_200),
            (json!("11/05/2021 15:18:31 +00:00"), 1_636_125_511),
            (json!("11/05/2021 16:18:31 +01:00"), 1_636_125_511),
            (json!("2030-01-01T00:00:00+00:00"), 1_893_456_000),
            (json!("2030-01-01T00:00:00.123456Z"), 1_893_456_000),
            (json!("2030-01-01 00:00:00"), 1_893_456_000),
        ] {
            assert_eq!(expiry(&form, &Value::Null), Some(expected), "{form}");
        }
    }

    #[test]
    fn an_expiry_that_makes_no_sense_is_not_invented() {
        for form in [
            json!(""),
            json!(null),
            json!(true),
            json!(-1),
            json!(0),
            json!(1e30),
            json!("NaN"),
            json!("18446744073709551616"),
            json!("13:00:00 PM"),
            json!("31/12/2029 00:00:00 +00:00"),
            json!("11/10/2029 13:00:00 PM +00:00"),
            json!("\u{661}\u{662}"),
        ] {
            assert_eq!(expiry(&form, &Value::Null), None, "{form}");
        }
        assert_eq!(expiry(&json!(999), &Value::Null), None, "it has expired");
        assert_eq!(expiry(&Value::Null, &json!("86399")), Some(87_399));
        assert_eq!(expiry(&json!("nonsense"), &json!(60)), Some(1_060));
        assert_eq!(expiry(&json!("90000"), &json!("60")), Some(1_060), "the earlier one counts");
        assert_eq!(expiry(&json!("1060"), &json!("90000")), Some(1_060), "the earlier one counts");
    }

    #[test]
    fn a_long_lived_token_is_renewed_at_half_of_its_life() {
        let body = r#"{"access_token": "t", "expires_in": "86400"}"#;
        assert_eq!(clock::to_unix(read(&Host::imds(), 200, body).unwrap().refresh_on()), 1_000 + 43_200);
    }

    #[test]
    fn every_error_has_its_kind_and_its_message() {
        use ErrorKind::{Network, Protocol, Rejected, Throttled, Unavailable};
        let cases = [
            (
                400,
                r#"{"error":"invalid_request","error_description":"Identity not found"}"#,
                Unavailable,
                "Identity not found",
            ),
            (400, r#"{"error":"invalid_resource","error_description":"AADSTS500011"}"#, Rejected, "AADSTS500011"),
            (401, r#"{"error":"unknown_source"}"#, Rejected, "unknown_source"),
            (403, "network is unreachable", Unavailable, "network is unreachable"),
            (404, "", Network, "answered 404"),
            (410, "", Network, "answered 410"),
            (429, "{}", Throttled, "answered 429"),
            (500, r#"{"statusCode":500,"message":"resource not resolvable"}"#, Network, "resource not resolvable"),
            (400, r#"{"error":{"code":"AudienceNotSupported","message":"no"}}"#, Rejected, ": no"),
            (302, "", Protocol, "answered 302"),
            (200, "<html>", Protocol, "without a token: <html>"),
            (200, "[]", Protocol, "with nothing"),
            (200, r#"{"access_token":""}"#, Protocol, "without a token"),
            (200, r#"{"access_token":"t"}"#, Protocol, "without the time"),
            (200, "{\"access_token\":\"a\\nb\",\"expires_in\":60}", Protocol, "cannot be sent"),
        ];
        for (status, body, kind, text) in cases {
            let error = read(&Host::imds(), status, body).unwrap_err();
            assert_eq!(error.kind(), kind, "{status} {body}");
            assert!(error.to_string().contains(text), "{error}");
            assert_eq!(error.is_transient(), matches!(kind, Network | Throttled), "{status} {body}");
        }
    }

    #[test]
    fn whatever_azure_ml_says_without_a_token_means_that_there_is_no_identity() {
        let bodies = ["SSO failure: token not found", "<html>", "[]", "{}", r#"{"ExceptionMessage":"x"}"#, ""];
        for (status, body) in bodies.iter().flat_map(|body| [(200, body), (400, body)]) {
            let error = read(&azure_ml(), status, body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{status} {body}");
        }
    }

    #[test]
    fn an_identity_that_was_named_and_is_absent_does_not_let_a_chain_go_on() {
        let named = Identity::ClientId("x".into());
        let error = token(&Host::imds(), &named, 400, b"{}", clock::from_unix(0)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Rejected);
    }

    #[test]
    fn a_message_is_one_short_line_without_secrets() {
        let body = format!("bad\r\nsecret=canary-secret token=eyJcanary {} {}", "x".repeat(101), "word ".repeat(200));
        let error = read(&azure_ml(), 400, body).unwrap_err().to_string();
        assert!(
            error.starts_with("Azure ML compute answered 400: bad secret=[redacted] [redacted] [redacted] word"),
            "{error}"
        );
        assert!(!error.contains("canary") && error.len() < 400);
    }

    proptest! {
        #[test]
        fn arbitrary_answers_never_panic(status: u16, body: Vec<u8>, text: String, number: f64) {
            let _ = read(&Host::imds(), status, &body);
            let _ = read(&azure_ml(), 200, json!({"access_token": "t", "expires_on": text, "expires_in": number}).to_string());
            let _ = expiry(&json!(number), &json!(text));
        }
    }
}
