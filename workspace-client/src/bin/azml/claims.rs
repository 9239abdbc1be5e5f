//! Claims on the command line.

use auth_core::claims::decode_challenge;
use serde_json::{Map, Value};

/// Takes claims as a JSON object, or in either alphabet of base64.
pub(crate) fn parse(text: &str) -> Result<String, String> {
    let text = text.trim();
    if serde_json::from_str::<Map<String, Value>>(text).is_ok() {
        return Ok(text.to_owned());
    }
    decode_challenge(text).ok_or_else(|| "it is neither a JSON object nor the base64 of one".to_owned())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    #[test]
    fn claims_are_a_json_object_or_its_base64() {
        let wanted = r#"{"access_token":{"acrs":{"essential":true,"value":"c1?>"}}}"#;
        let padded = base64::engine::general_purpose::STANDARD.encode(wanted);
        let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(wanted);
        assert!(padded.contains(['+', '/', '=']) && url_safe.contains(['-', '_']), "{padded} {url_safe}");
        for text in [wanted, &format!(" {wanted}\n"), &padded, &url_safe] {
            assert_eq!(parse(text).as_deref(), Ok(wanted));
        }
        for text in ["", "[]", "W10=", "claims", "{", "/w=="] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
