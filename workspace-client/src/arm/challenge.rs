//! What a 401 asks for, in its `WWW-Authenticate` header.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// The claims that the next token must be asked for with (Microsoft identity platform, continuous access evaluation).
pub(super) fn claims(headers: &HeaderMap) -> Option<String> {
    if parameter(headers, "error")? != "insufficient_claims" {
        return None;
    }
    let encoded = parameter(headers, "claims")?;
    let decoded =
        [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|way| way.decode(encoded).ok())?;
    let text = String::from_utf8(decoded).ok()?;
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).is_ok().then_some(text)
}

/// The tenant whose tokens are wanted: the last segment of `authorization_uri`.
pub(super) fn tenant(headers: &HeaderMap) -> Option<&str> {
    let uri = parameter(headers, "authorization_uri")?;
    uri.trim_end_matches('/').rsplit('/').find(|segment| segment.len() == 36)
}

/// One parameter of a bearer challenge. Values are quoted (RFC 6750, 3); a comma within the quotes is part of the value.
fn parameter<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let challenges = headers.get_all(WWW_AUTHENTICATE).into_iter().filter_map(|value| value.to_str().ok());
    challenges
        .filter_map(|text| text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer ")).map(|_| &text[7..]))
        .find_map(|mut rest| {
            loop {
                let (key, value) = rest.split_once("=\"")?;
                let (value, after) = value.split_once('"')?;
                if key.trim_matches([' ', ',']).eq_ignore_ascii_case(name) {
                    return Some(value);
                }
                rest = after;
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(challenge: &str) -> HeaderMap {
        HeaderMap::from_iter([(WWW_AUTHENTICATE, challenge.parse().unwrap())])
    }

    #[test]
    fn claims_are_taken_from_a_challenge_for_them() {
        let wanted = r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#;
        for encoded in [STANDARD.encode(wanted), URL_SAFE_NO_PAD.encode(wanted)] {
            let challenge = format!(
                r#"Bearer realm="", authorization_uri="https://login.example/common", error="insufficient_claims", claims="{encoded}""#
            );
            assert_eq!(claims(&headers(&challenge)).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn other_challenges_ask_for_no_claims() {
        for challenge in [
            r#"Bearer error="invalid_token", claims="e30=""#,
            r#"Bearer error="insufficient_claims", claims="!!!""#,
            r#"Bearer error="insufficient_claims", claims="W10=""#,
            r#"Bearer error="insufficient_claims""#,
            r#"Basic error="insufficient_claims", claims="e30=""#,
            "Bearer",
            "Bearer error=\"",
            "",
        ] {
            assert_eq!(claims(&headers(challenge)), None, "{challenge}");
        }
    }

    #[test]
    fn the_tenant_is_read_from_the_authority() {
        let id = "8c4d7b20-61fe-4f3a-b522-0000000fab02";
        for uri in
            [format!("https://login.windows.net/{id}"), format!("https://login.windows.net/{id}/oauth2/authorize")]
        {
            let challenge =
                format!(r#"Bearer authorization_uri="{uri}", error="invalid_token", error_description="a, b=c""#);
            assert_eq!(tenant(&headers(&challenge)), Some(id));
        }
        assert_eq!(tenant(&headers(r#"Bearer authorization_uri="https://login.windows.net/common""#)), None);
    }
}
