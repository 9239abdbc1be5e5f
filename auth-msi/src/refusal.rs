//! What identity endpoints answer when they give no token.

use auth_core::{Error, ErrorKind, Secret};
use serde_json::Value;

use crate::scrub::{code, message};
use crate::{Host, HostKind};

/// The error that an answer stands for. `absent` is what a machine without the identity means, and no message shows `secrets`.
pub(crate) fn error(host: &Host, absent: ErrorKind, status: u16, body: &[u8], secrets: &[&Secret]) -> Error {
    let text = message(body, secrets);
    let separator = if text.is_empty() { "" } else { ": " };
    let kind = kind(host, absent, status, body, &text);
    let mut error = Error::new(kind, format!("{} answered {status}{separator}{text}", host.name())).with_status(status);
    if let Some(id) = correlation_id(body) {
        error = error.with_correlation_id(id);
    }
    match kind {
        ErrorKind::Rejected if is_about_resource(body) => error.with_help("check the resource that the token is for"),
        ErrorKind::Rejected | ErrorKind::Unavailable if [401, 403].contains(&status) => {
            error.with_help(host.0.remedy())
        }
        ErrorKind::Rejected | ErrorKind::Unavailable => {
            error.with_help("assign an identity to this machine, or name one of those that it has")
        }
        _ => error,
    }
}

fn kind(host: &Host, absent: ErrorKind, status: u16, body: &[u8], text: &str) -> ErrorKind {
    let is_imds = host.kind() == HostKind::Imds;
    match status {
        429 => ErrorKind::Throttled,
        _ if is_azure_ml_without_an_identity(host, status, body) => absent,
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

/// It says in plain text that there is no identity, or that nobody is signed in (azure-sdk-for-python 31032); a page of HTML is a
/// gateway's.
fn is_azure_ml_without_an_identity(host: &Host, status: u16, body: &[u8]) -> bool {
    let text = body.trim_ascii();
    let is_plain = !text.is_empty() && !text.starts_with(b"<") && serde_json::from_slice::<Value>(text).is_err();
    host.kind() == HostKind::AzureMl && is_plain && (400..=500).contains(&status)
}

fn is_about_resource(body: &[u8]) -> bool {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    code(&json).is_some_and(|code| ["invalid_resource", "AudienceNotSupported"].contains(&code))
}

fn correlation_id(body: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let id = [&json["correlationId"], &json["error"]["correlationId"], &json["correlation_id"]];
    let id = id.into_iter().find_map(Value::as_str)?;
    (id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')).then(|| id.to_owned())
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
        error(&Host::imds(), ErrorKind::Rejected, status, body.as_bytes(), &[])
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
            assert_eq!(error(&Host::imds(), absent, 400, body, &[]).kind(), absent);
            for said in ["SSO failure: token not found", "{ Request failure status code: 404 }"] {
                for status in [400, 404, 500] {
                    let error = error(&azure_ml(), absent, status, said.as_bytes(), &[]);
                    assert_eq!(error.kind(), absent, "{status} {said}");
                }
            }
        }
    }

    #[test]
    fn a_gateway_that_fails_says_nothing_about_identities() {
        for (status, body) in
            [(500, "<html>oops</html>"), (502, "<html>bad gateway</html>"), (503, "busy"), (500, "{}")]
        {
            let error = error(&azure_ml(), ErrorKind::Unavailable, status, body.as_bytes(), &[]);
            assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Network, true), "{status} {body}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_answers_never_panic(status: u16, body: Vec<u8>) {
            let _ = error(&azure_ml(), ErrorKind::Rejected, status, &body, &[]);
        }
    }
}
