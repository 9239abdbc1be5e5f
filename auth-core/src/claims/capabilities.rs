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
        Some(text) => Value::Object(object(text)?),
        None if !answers_challenges => return Ok(None),
        None => json!({}),
    };
    if answers_challenges {
        merge(&mut claims, json!({"access_token": {"xms_cc": {"values": ["CP1"]}}}));
    }
    Ok(Some(claims.to_string()))
}

/// What two challenges demand together; none if neither is a JSON object of a sensible size.
pub(crate) fn merged(first: Option<&str>, second: Option<&str>) -> Option<String> {
    let objects = [first, second].into_iter().flatten().filter_map(|text| object(text).ok()).map(Value::Object);
    let all = objects.reduce(|mut all, more| {
        merge(&mut all, more);
        all
    });
    all.map(|all| all.to_string())
}

/// Objects are merged member by member and lists joined; of anything else the later one counts (observed: MSAL for Python).
fn merge(claims: &mut Value, more: Value) {
    match (claims, more) {
        (Value::Object(claims), Value::Object(more)) => {
            for (name, value) in more {
                match claims.get_mut(&name) {
                    Some(own) => merge(own, value),
                    None => drop(claims.insert(name, value)),
                }
            }
        }
        (Value::Array(claims), Value::Array(more)) => {
            for value in more {
                if !claims.contains(&value) {
                    claims.push(value);
                }
            }
        }
        (claims, more) => *claims = more,
    }
}

fn object(text: &str) -> Result<Map<String, Value>, Error> {
    let object = (text.len() <= LARGEST_CHALLENGE).then(|| serde_json::from_str(text).ok()).flatten();
    let is_sound =
        |object: &Map<String, Value>| object.get("access_token").is_none_or(|it| it.is_object() || it.is_null());
    object.filter(is_sound).ok_or_else(|| {
        Error::new(ErrorKind::Configuration, "the claims of the challenge are not a JSON object of at most 16 KiB")
            .with_help("give the claims as the service sent them, such as {\"access_token\":{...}}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(challenge: Option<&str>, answers_challenges: bool) -> Value {
        let claims = with_capabilities(challenge, answers_challenges).unwrap();
        claims.map_or(Value::Null, |claims| serde_json::from_str(&claims).unwrap())
    }

    #[test]
    fn the_capability_is_added_to_whatever_else_is_demanded() {
        let capability = json!({"values": ["CP1"]});
        assert_eq!(sent(None, true), json!({"access_token": {"xms_cc": capability}}));
        let challenge = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}},"id_token":{"auth_time":null}}"#;
        assert_eq!(
            sent(Some(challenge), true),
            json!({
                "access_token": {"acrs": {"essential": true, "value": "c1"}, "xms_cc": capability},
                "id_token": {"auth_time": null},
            })
        );
        for odd in [r#"{"access_token":null}"#, "{}"] {
            assert_eq!(sent(Some(odd), true)["access_token"]["xms_cc"], capability, "{odd}");
        }
    }

    #[test]
    fn what_two_challenges_demand_is_demanded_together() {
        let first = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"},"xms_cc":{"values":["a"]}}}"#;
        let second = r#"{"access_token":{"capolids":{"values":["p"]},"xms_cc":{"values":["b","a"]}}}"#;
        let both: Value = serde_json::from_str(&merged(Some(first), Some(second)).unwrap()).unwrap();
        let expected = json!({"access_token": {
            "acrs": {"essential": true, "value": "c1"},
            "capolids": {"values": ["p"]},
            "xms_cc": {"values": ["a", "b"]},
        }});
        assert_eq!(both, expected);
        assert_eq!(merged(None, Some("[]")), None);
        assert_eq!(merged(Some("{}"), Some("no")).as_deref(), Some("{}"));
    }

    #[test]
    fn without_the_capability_a_challenge_stays_as_it_is() {
        assert_eq!(sent(None, false), Value::Null);
        assert_eq!(sent(Some(r#"{"a":1}"#), false), json!({"a": 1}));
    }

    #[test]
    fn what_is_no_challenge_is_refused_without_being_shown() {
        let huge = format!(r#"{{"canary":"{}"}}"#, "x".repeat(LARGEST_CHALLENGE));
        for text in ["canary", r#"{"access_token":"canary"}"#, "[\"canary\"]", "\"canary\"", "", &huge] {
            let error = with_capabilities(Some(text), true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }
}
