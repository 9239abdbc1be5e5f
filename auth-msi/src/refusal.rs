//! What identity endpoints answer when they give no token.

use auth_core::{Error, ErrorKind};
use serde_json::Value;

use crate::{Host, HostKind};

/// As much as the services say (observed: Azure ML passes whole answers of its own back end on).
const LONGEST_TEXT: usize = 1024;

/// The error that an answer stands for. `absent` is what a machine without the identity means.
pub(crate) fn error(host: &Host, absent: ErrorKind, status: u16, body: &[u8]) -> Error {
    let text = message(host, body);
    let separator = if text.is_empty() { "" } else { ": " };
    let kind = kind(host, absent, status, body, &text);
    let mut error = Error::new(kind, format!("{} answered {status}{separator}{text}", host.name())).with_status(status);
    if let Some(id) = correlation_id(body) {
        error = error.with_correlation_id(id);
    }
    match kind {
        ErrorKind::Rejected if is_about_resource(body) => error.with_help("check the resource that the token is for"),
        ErrorKind::Rejected if [401, 403].contains(&status) => {
            error.with_help("start this program anew, so that it gets the variables that the host sets now")
        }
        ErrorKind::Rejected | ErrorKind::Unavailable => {
            error.with_help("assign an identity to this machine, or name one of those that it has")
        }
        _ => error,
    }
}

fn kind(host: &Host, absent: ErrorKind, status: u16, body: &[u8], text: &str) -> ErrorKind {
    let is_imds = host.kind() == HostKind::Imds;
    let is_plain = serde_json::from_slice::<Value>(body).is_err();
    match status {
        429 => ErrorKind::Throttled,
        // It speaks in plain text where there is no identity, or nobody is signed in (azure-sdk-for-python 31032).
        _ if host.kind() == HostKind::AzureMl && is_plain && !text.is_empty() => absent,
        408 | 500..=599 => ErrorKind::Network,
        // The metadata service answers so while it is being updated (Microsoft, error handling).
        404 | 410 if is_imds => ErrorKind::Network,
        // A network that answers for the service, such as that of Docker Desktop (observed: azure-identity 1.27).
        403 if is_imds && text.contains("unreachable") => ErrorKind::Unavailable,
        _ if is_about_resource(body) => ErrorKind::Rejected,
        400 | 404 | 410 => absent,
        401 | 403 => ErrorKind::Rejected,
        _ => ErrorKind::Protocol,
    }
}

fn is_about_resource(body: &[u8]) -> bool {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    code(&json).is_some_and(|code| ["invalid_resource", "AudienceNotSupported"].contains(&code))
}

/// The error code in any of the shapes that occur: `{"error": "..."}`, `{"error": {"code": "..."}}`.
fn code(json: &Value) -> Option<&str> {
    json["error"].as_str().or_else(|| json["error"]["code"].as_str())
}

fn correlation_id(body: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let id = [&json["correlationId"], &json["error"]["correlationId"], &json["correlation_id"]];
    let id = id.into_iter().find_map(Value::as_str)?;
    (id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')).then(|| id.to_owned())
}

/// What the body says, for a person: from JSON its code and its message, else its text; one line, without secrets.
pub(crate) fn message(host: &Host, body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(json @ Value::Object(_)) => {
            let said = [
                &json["error_description"],
                &json["error"]["message"],
                &json["message"],
                &json["Message"],
                &json["ExceptionMessage"],
            ];
            let said = said.into_iter().find_map(Value::as_str).filter(|said| !said.trim().is_empty());
            let code = code(&json).filter(|code| said.is_none_or(|said| !said.contains(code)));
            [code, said].into_iter().flatten().collect::<Vec<_>>().join(": ")
        }
        // Other JSON is data, perhaps a token.
        Ok(_) => String::new(),
        // So is what resembles it.
        Err(_) if body.windows(12).any(|window| window == b"access_token") => String::new(),
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

#[cfg(test)]
mod tests {
    use auth_core::Env;
    use proptest::prelude::*;

    use super::*;
    use crate::Machine;

    fn azure_ml() -> Host {
        let env = Env::fake([("MSI_ENDPOINT", "http://127.0.0.1/MSI/auth"), ("MSI_SECRET", "canary-secret")]);
        Machine::new(env).host().unwrap()
    }

    fn of_imds(status: u16, body: &str) -> Error {
        error(&Host::imds(), ErrorKind::Rejected, status, body.as_bytes())
    }

    #[test]
    fn every_error_has_its_kind_and_its_message() {
        use ErrorKind::{Network, Protocol, Rejected, Throttled, Unavailable};
        let cases = [
            (
                400,
                r#"{"error":"invalid_request","error_description":"Identity not found"}"#,
                Rejected,
                ": invalid_request: Identity not found",
            ),
            (
                400,
                r#"{"error":"invalid_resource","error_description":"AADSTS500011"}"#,
                Rejected,
                ": invalid_resource: AADSTS500011",
            ),
            (
                400,
                r#"{"error":"bad_request_102","error_description":"Required metadata header not specified"}"#,
                Rejected,
                "102: Required metadata header not specified",
            ),
            (401, r#"{"error":"unknown_source"}"#, Rejected, ": unknown_source"),
            (403, "network is unreachable", Unavailable, ": network is unreachable"),
            (404, "", Network, " answered 404"),
            (408, "", Network, " answered 408"),
            (410, "", Network, " answered 410"),
            (429, "{}", Throttled, " answered 429"),
            (
                500,
                r#"{"error":"unknown","error_description":"Failed to retrieve token"}"#,
                Network,
                ": unknown: Failed to retrieve token",
            ),
            (500, r#"{"statusCode":500,"message":"resource not resolvable"}"#, Network, ": resource not resolvable"),
            (
                400,
                r#"{"error":{"code":"AudienceNotSupported","message":"no"}}"#,
                Rejected,
                ": AudienceNotSupported: no",
            ),
            (302, "", Protocol, " answered 302"),
        ];
        for (status, body, kind, text) in cases {
            let error = of_imds(status, body);
            assert_eq!(error.kind(), kind, "{status} {body}");
            assert!(error.to_string().ends_with(text), "{error}");
            assert_eq!(error.is_transient(), matches!(kind, Network | Throttled), "{status} {body}");
            assert_eq!(error.status(), Some(status));
        }
    }

    #[test]
    fn the_service_s_own_id_of_the_request_is_kept() {
        for body in [r#"{"correlationId":"c-1"}"#, r#"{"error":{"code":"x","correlationId":"c-1"}}"#] {
            assert_eq!(of_imds(400, body).correlation_id(), Some("c-1"));
        }
        assert_eq!(of_imds(400, r#"{"correlationId":"c 1\n"}"#).correlation_id(), None);
    }

    #[test]
    fn a_machine_without_the_identity_is_what_the_caller_takes_it_for() {
        let body = br#"{"error":"invalid_request","error_description":"Identity not found"}"#;
        for absent in [ErrorKind::Rejected, ErrorKind::Unavailable] {
            assert_eq!(error(&Host::imds(), absent, 400, body).kind(), absent);
            for said in ["SSO failure: token not found", "{ Request failure status code: 404 }", "<html>"] {
                for status in [400, 404, 500] {
                    assert_eq!(error(&azure_ml(), absent, status, said.as_bytes()).kind(), absent, "{status} {said}");
                }
            }
        }
    }

    #[test]
    fn a_message_is_one_line_of_at_most_a_kibibyte_without_secrets() {
        let body = format!("bad\r\nsecret=canary-secret token=eyJcanary {} {}", "x".repeat(101), "word ".repeat(2000));
        let error = error(&azure_ml(), ErrorKind::Unavailable, 400, body.as_bytes()).to_string();
        assert!(
            error.starts_with("Azure ML compute answered 400: bad secret=[redacted] [redacted] [redacted] word"),
            "{error}"
        );
        assert!(!error.contains("canary") && error.len() < 1100);
    }

    proptest! {
        #[test]
        fn arbitrary_answers_never_panic(status: u16, body: Vec<u8>) {
            let _ = error(&azure_ml(), ErrorKind::Rejected, status, &body);
        }
    }
}
