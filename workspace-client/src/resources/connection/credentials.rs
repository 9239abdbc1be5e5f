//! With what connections sign in.

use std::collections::BTreeMap;

use auth_core::Secret;
use serde_json::Value;

/// With what a connection signs in: texts by name, such as `key`, or `username` and `password`. Keys of one's own have the names that
/// they were given.
#[derive(Clone, Debug)]
pub struct ConnectionCredentials(BTreeMap<String, Secret>);

impl ConnectionCredentials {
    pub(super) fn of(connection: &Value) -> Self {
        let credentials = &connection["properties"]["credentials"];
        let own = credentials["keys"].as_object();
        let texts = own.or(credentials.as_object()).into_iter().flatten();
        Self(texts.filter_map(|(name, text)| Some((name.clone(), Secret::new(text.as_str()?)))).collect())
    }

    /// The one of this name.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.0.iter().map(|(name, secret)| (name.as_str(), secret))
    }
}
