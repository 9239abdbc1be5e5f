//! What this client can do, told to the authority in every request.

use serde_json::{Map, Value, json};

use crate::{Error, ErrorKind};

/// More than any policy asks for.
const LARGEST_CHALLENGE: usize = 16 << 10;

/// The `claims` parameter: the capability to answer claims challenges (`CP1`; observed: az 2.91 sends it with every grant),
/// merged with the claims of a challenge. None if there is nothing to say.
///
/// # Errors
/// [`ErrorKind::Configuration`] if the challenge is not a JSON object. Its text is not in the error.
pub(crate) fn with_capabilities(challenge: Option<&str>, answers_challenges: bool) -> Result<Option<String>, Error> {
    let mut claims = match challenge {
        Some(text) => object(text)?,
        None if !answers_challenges => return Ok(None),
        None => Map::new(),
    };
    if answers_challenges {
        let access_token = claims.entry("access_token").or_insert_with(|| json!({}));
        match access_token {
            Value::Object(access_token) => {
                access_token.insert("xms_cc".to_owned(), json!({"values": ["CP1"]}));
            }
            other => *other = json!({"xms_cc": {"values": ["CP1"]}}),
        }
    }
    Ok(Some(Value::Object(claims).to_string()))
}

fn object(text: &str) -> Result<Map<String, Value>, Error> {
    let object = (text.len() <= LARGEST_CHALLENGE).then(|| serde_json::from_str(text).ok()).flatten();
    object.ok_or_else(|| {
        Error::new(ErrorKind::Configuration, "the claims of the challenge are not a JSON object of at most 16 KiB")
            .with_help("give the claims as the service sent them, such as {\"access_token\":{...}}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(challenge: Option<&str>, answers_challenges: bool) -> Value {
        let claims = with_capabilities(challenge, answers_challenges).unwrap();
        claims.map_or(Value::Null, |claims| serde_json::from_str(&claims).unwrap())
    }

    #[test]
    fn the_capability_is_added_to_whatever_else_is_demanded() {
        let capability = json!({"values": ["CP1"]});
        assert_eq!(merged(None, true), json!({"access_token": {"xms_cc": capability}}));
        let challenge = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}},"id_token":{"auth_time":null}}"#;
        assert_eq!(
            merged(Some(challenge), true),
            json!({
                "access_token": {"acrs": {"essential": true, "value": "c1"}, "xms_cc": capability},
                "id_token": {"auth_time": null},
            })
        );
        for odd in [r#"{"access_token":null}"#, r#"{"access_token":[]}"#, "{}"] {
            assert_eq!(merged(Some(odd), true)["access_token"]["xms_cc"], capability, "{odd}");
        }
    }

    #[test]
    fn without_the_capability_a_challenge_stays_as_it_is() {
        assert_eq!(merged(None, false), Value::Null);
        assert_eq!(merged(Some(r#"{"a":1}"#), false), json!({"a": 1}));
    }

    #[test]
    fn what_is_no_challenge_is_refused_without_being_shown() {
        let huge = format!(r#"{{"canary":"{}"}}"#, "x".repeat(LARGEST_CHALLENGE));
        for text in ["canary", "[\"canary\"]", "\"canary\"", "", &huge] {
            let error = with_capabilities(Some(text), true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }
}
