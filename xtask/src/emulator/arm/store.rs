//! What was made, whatever its kind.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::operation::Operation;
use super::seed::Seeds;
use super::vault::Vaults;

/// What was made, by its id in lower case, and what is still happening to it.
#[derive(Debug, Default)]
pub(in super::super) struct Store {
    pub(in super::super) resources: BTreeMap<String, Value>,
    pub(super) operations: BTreeMap<String, Operation>,
    pub(super) seeds: Seeds,
    pub(super) vaults: Vaults,
    /// How many times were told.
    ticks: u32,
}

impl Store {
    /// The resource with this id.
    pub(in super::super) fn find(&self, id: &str) -> Option<&Value> {
        self.resources.get(&id.to_lowercase())
    }

    /// The resources that lie directly in this list, such as `.../workspaces/ml-dev/models`.
    pub(in super::super) fn children(&self, list: &str) -> Vec<Value> {
        let within = self.below(list);
        within.filter(|(name, _)| !name.contains('/')).map(|(_, item)| item.clone()).collect()
    }

    /// Everything whose key begins with this one, and the rest of its key.
    pub(super) fn below<'a>(&'a self, key: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        let prefix = format!("{}/", key.to_lowercase());
        let start = self.resources.range(prefix.clone()..);
        start.map_while(move |(key, item)| Some((key.strip_prefix(&prefix)?, item)))
    }

    /// Removes a resource with all that lies in it.
    pub(super) fn remove(&mut self, key: &str) {
        let prefix = format!("{key}/");
        self.resources.retain(|known, _| known != key && !known.starts_with(&prefix));
    }

    /// A time that is later than all told before, so that what was made later sorts later.
    pub(super) fn tick(&mut self, now: i64) -> String {
        self.ticks += 1;
        let seconds = timestamp(now);
        format!("{}.{:07}Z", seconds.trim_end_matches('Z'), self.ticks)
    }
}

/// A time of the emulator's clock, as Azure writes it.
pub(super) fn timestamp(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).expect("a timestamp can be formatted")
}

/// RFC 7396.
pub(super) fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        if value.is_null() {
            target.as_object_mut().map(|target| target.remove(&name));
        } else {
            merge(&mut target[name], value);
        }
    }
}

/// Takes what lies at a JSON pointer away.
pub(super) fn take(value: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, name) = pointer.rsplit_once('/')?;
    value.pointer_mut(parent)?.as_object_mut()?.remove(name)
}

/// Puts something at a JSON pointer, if there is a place for it.
pub(super) fn place(value: &mut Value, pointer: &str, what: Value) {
    let mut target = value;
    for name in pointer.split('/').skip(1) {
        if target.is_null() {
            *target = json!({});
        }
        if !target.is_object() {
            return;
        }
        target = &mut target[name];
    }
    *target = what;
}

/// Adds the members that are missing.
pub(super) fn underlay(target: &mut Value, defaults: Value) {
    match (target, defaults) {
        (Value::Object(target), Value::Object(defaults)) => {
            for (name, default) in defaults {
                underlay(target.entry(name).or_insert(Value::Null), default);
            }
        }
        (target @ Value::Null, default) => *target = default,
        _ => {}
    }
}

/// Puts something where nothing is.
pub(super) fn fill(value: &mut Value, pointer: &str, what: impl Into<Value>) {
    if value.pointer(pointer).is_none_or(Value::is_null) {
        place(value, pointer, what.into());
    }
}
