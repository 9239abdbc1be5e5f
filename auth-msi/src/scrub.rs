//! What an answer says, without what must not be seen.

use auth_core::Secret;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

/// As much as the services say (observed: Azure ML passes whole answers of its own back end on).
const LONGEST_TEXT: usize = 1024;
/// A secret is longer; a shorter word would be cut out of other words.
const SHORTEST_SECRET: usize = 8;
const REDACTED: &str = "[redacted]";

/// What a body says, for a person: from JSON its code and its message, else its text; in one line.
pub(crate) fn message(body: &[u8], secrets: &[&Secret]) -> String {
    let mut text = match serde_json::from_slice::<Value>(body) {
        Ok(json @ Value::Object(_)) => of_json(&json),
        // Other JSON is data, perhaps a token.
        Ok(_) => String::new(),
        // So is what resembles it.
        Err(_) if body.windows(12).any(|window| window == b"access_token") => String::new(),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    for secret in secrets.iter().map(|secret| secret.expose()).filter(|secret| secret.len() >= SHORTEST_SECRET) {
        let encoded: String = byte_serialize(secret.as_bytes()).collect();
        text = text.replace(secret, REDACTED).replace(&encoded, REDACTED);
    }
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.map(|word| if is_harmless(word) { word } else { REDACTED }).collect();
    words.join(" ").chars().take(LONGEST_TEXT).collect()
}

/// The error code in any of the shapes that occur: `{"error": "..."}`, `{"error": {"code": "..."}}`.
pub(crate) fn code(json: &Value) -> Option<&str> {
    json["error"].as_str().or_else(|| json["error"]["code"].as_str())
}

fn of_json(json: &Value) -> String {
    let said = [
        &json["error_description"],
        &json["error"]["message"],
        &json["message"],
        &json["Message"],
        &json["ExceptionMessage"],
    ];
    let said = said.into_iter().find_map(Value::as_str).filter(|said| !said.trim().is_empty());
    let code = code(json).filter(|code| said.is_none_or(|said| !said.contains(code)));
    [code, said].into_iter().flatten().collect::<Vec<_>>().join(": ")
}

/// Nothing that a person reads is a word of a hundred characters, except for the id of a resource; a token is.
fn is_harmless(word: &str) -> bool {
    !word.contains("eyJ") && (word.len() <= 100 || word.contains("/subscriptions/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let secrets = ["canary-secret", "canary+key/=", "s"].map(Secret::new);
        message(text.as_bytes(), &secrets.each_ref())
    }

    #[test]
    fn a_message_is_one_line_of_at_most_a_kibibyte() {
        assert_eq!(said("bad\r\n  request\t."), "bad request .");
        assert_eq!(said(&"word ".repeat(2000)).len(), 1024);
    }

    #[test]
    fn no_secret_is_shown_in_whatever_spelling() {
        let body =
            format!("secret=canary-secret key=canary+key/= canary%2Bkey%2F%3D eyJcanary {}", "canary".repeat(20));
        let redacted = "secret=[redacted] key=[redacted] [redacted] [redacted] [redacted]";
        assert_eq!(said(&body), redacted);
        assert_eq!(said(r#"["canary"]"#), "");
        assert_eq!(said(r#"{"access_token":"canary", oops"#), "");
    }

    #[test]
    fn what_a_person_needs_is_left() {
        let id = format!("/subscriptions/{}/userAssignedIdentities/ann", "x".repeat(100));
        assert_eq!(said(&format!("Identity {id} is not assigned")), format!("Identity {id} is not assigned"));
        assert_eq!(said(r#"{"error":{"code":"Unsupported","message":"resource"}}"#), "Unsupported: resource");
    }
}
