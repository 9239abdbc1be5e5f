//! Texts by name, such as tags.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Texts by name, of which a file may leave some empty.
pub(crate) type Texts = BTreeMap<String, Option<String>>;

/// As the API takes them.
pub(crate) fn texts(said: &Texts) -> Value {
    let texts = said.iter().map(|(name, text)| (name.clone(), text.clone().unwrap_or_default().into()));
    Value::Object(texts.collect::<Map<_, _>>())
}
