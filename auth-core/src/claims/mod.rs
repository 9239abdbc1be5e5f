//! Claims: what a token says about itself, and what a service demands of the next one.
//!
//! Nothing here verifies a signature: the tokens come straight from the token endpoint over TLS (OpenID Connect Core, 3.1.3.7),
//! and access tokens are opaque to clients, so their claims serve for display and for the tenant check only.

#[cfg(feature = "oauth")]
mod capabilities;
#[cfg(feature = "http")]
mod challenge;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

#[cfg(feature = "oauth")]
pub(crate) use self::capabilities::{merged, with_capabilities};
#[cfg(feature = "http")]
pub use self::challenge::{Challenge, decode_challenge};

use crate::{Error, ErrorKind};

/// The claims that matter here; all are optional, unknown ones are ignored.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claims {
    /// The tenant that issued the token.
    #[serde(default)]
    pub tid: Option<String>,
    /// The object id of the person or application in that tenant.
    #[serde(default)]
    pub oid: Option<String>,
    /// The subject: the person or application, as this client knows it.
    #[serde(default)]
    pub sub: Option<String>,
    /// Who issued the token.
    #[serde(default)]
    pub iss: Option<String>,
    /// For whom it was issued.
    #[serde(default)]
    pub aud: Option<Audience>,
    /// When the token expires, in seconds since the Unix epoch.
    #[serde(default, deserialize_with = "whole_seconds")]
    pub exp: Option<u64>,
    /// The nonce of the sign-in, in an id token.
    #[serde(default)]
    pub nonce: Option<String>,
    /// The user principal name (v2 tokens).
    #[serde(default)]
    pub preferred_username: Option<String>,
    /// The user principal name (v1 tokens).
    #[serde(default)]
    pub upn: Option<String>,
    /// A name of the user for display (v1 tokens); of a guest `<provider>#<name>`.
    #[serde(default)]
    pub unique_name: Option<String>,
    /// The client id of an application (v1 tokens).
    #[serde(default)]
    pub appid: Option<String>,
    /// The same (v2 tokens).
    #[serde(default)]
    pub azp: Option<String>,
    /// `user` or `app` (Microsoft identity platform, optional claims; always in tokens for Azure Resource Manager).
    #[serde(default)]
    pub idtyp: Option<String>,
    /// The resource id of a managed identity (observed: tokens of IMDS).
    #[serde(default)]
    pub xms_mirid: Option<String>,
}

/// One audience or several (RFC 7519, 4.1.3).
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Audience {
    /// One audience.
    One(String),
    /// Several audiences.
    Many(Vec<String>),
}

impl Audience {
    /// Whether `audience` is among them.
    pub fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

impl Claims {
    /// Reads the claims of a JSON Web Token without verifying it.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] if it is not three segments with a JSON object in the middle. The token's text is not in the
    /// error.
    pub fn peek(token: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Error::new(ErrorKind::Protocol, format!("this is not a JSON Web Token: {why}"));
        let mut segments = token.split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return Err(refuse("it does not have three segments"));
        };
        let payload = URL_SAFE_NO_PAD
            .decode(payload.trim_end_matches('='))
            .map_err(|_| refuse("its payload is not base64url"))?;
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&payload).map_err(|_| refuse("its payload is not a JSON object"))?;
        serde_json::from_value(object.into()).map_err(|_| refuse("its payload does not hold claims"))
    }

    /// The user principal name, if the token names one.
    pub fn username(&self) -> Option<&str> {
        self.preferred_username.as_deref().or(self.upn.as_deref())
    }
}

/// A number of seconds, perhaps with a fraction (RFC 7519, 2: `NumericDate`); anything else says nothing.
fn whole_seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, as it should")]
    Ok(value.as_u64().or_else(|| value.as_f64().map(|seconds| seconds as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn claims_are_read_whether_there_is_one_audience_or_several() {
        let claims = Claims::peek(&token(r#"{"tid":"t","aud":["a","b"],"new":{"x":1}}"#)).unwrap();
        assert_eq!(claims.tid.as_deref(), Some("t"));
        assert!(claims.aud.is_some_and(|aud| aud.contains("b") && !aud.contains("c")));
        assert!(Claims::peek(&token(r#"{"aud":"a"}"#)).unwrap().aud.is_some_and(|aud| aud.contains("a")));
    }

    #[test]
    fn what_is_not_a_token_is_refused_without_being_shown() {
        for text in ["", "canary", "e30.canary", "e30.c!nary.x", &token("canary"), &token("[]"), "a.b.c.canary"] {
            let error = Claims::peek(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}", payload in ".{0,100}") {
            let _ = Claims::peek(&text);
            let _ = Claims::peek(&token(&payload));
        }
    }
}
