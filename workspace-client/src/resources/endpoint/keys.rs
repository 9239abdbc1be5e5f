//! With what endpoints are asked.

use auth_core::{Error, Secret};
use serde::Deserialize;
use serde_json::json;

use crate::resources::Verb;

/// The keys of an endpoint. Each of them is good, so that one can be replaced while the other is in use.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EndpointKeys {
    /// The first one.
    pub primary_key: Option<Secret>,
    /// The second one.
    pub secondary_key: Option<Secret>,
}

/// A token for an endpoint, which ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EndpointToken {
    /// The token.
    pub access_token: Secret,
    /// `Bearer`.
    pub token_type: Option<String>,
    /// When it ends, in seconds since 1970.
    pub expiry_time_utc: Option<u64>,
    /// When another one should be asked for, in seconds since 1970.
    pub refresh_after_time_utc: Option<u64>,
}

/// Which of the two keys is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// The first one.
    Primary,
    /// The second one.
    Secondary,
}

/// Replaces a key, by this one if there is one.
pub(super) fn regenerate(name: &str, key: KeyType, value: Option<&Secret>) -> Result<Verb, Error> {
    let key = match key {
        KeyType::Primary => "Primary",
        KeyType::Secondary => "Secondary",
    };
    let mut body = json!({"keyType": key});
    if let Some(value) = value {
        body["keyValue"] = value.expose().into();
    }
    Verb::post(&[name, "regenerateKeys"]).body(&body)
}
