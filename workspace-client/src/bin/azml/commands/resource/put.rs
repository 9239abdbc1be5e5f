//! Creating and changing.

use auth_core::{Error, ErrorKind};
use serde::Serialize;
use serde_json::Value;
use workspace_client::arm::Poller;
use workspace_client::resources::Resource;

use super::{Operation, finish};

/// A resource that was sent to Azure.
pub(crate) enum Put<K> {
    /// Azure takes its time.
    Begun(Box<Poller<Resource<K>>>),
    Done(Resource<K>),
}

impl<K: 'static> Put<K> {
    /// Waits for the end, unless that is not wanted.
    pub(crate) async fn finish(self, no_wait: bool, operation: &Operation) -> Result<Option<Resource<K>>, Error> {
        match self {
            Self::Begun(poller) => finish(*poller, no_wait, operation).await,
            Self::Done(resource) => Ok(Some(resource)),
        }
    }
}

/// What Azure has, with what differs between the two descriptions, and what it did not tell, as the second one says it.
pub(crate) fn overlaid(mut base: Value, before: &Value, after: &Value) -> Value {
    let (Value::Object(members), Value::Object(old), Value::Object(new)) = (&mut base, before, after) else {
        return if before == after && !base.is_null() { base } else { after.clone() };
    };
    for (name, value) in new.iter().filter(|(_, value)| !value.is_null()) {
        let has = members.get_mut(name).map(Value::take).unwrap_or_default();
        members.insert(name.clone(), overlaid(has, old.get(name).unwrap_or(&Value::Null), value));
    }
    members.retain(|name, _| {
        new.get(name).is_some_and(|value| !value.is_null()) || old.get(name).is_none_or(Value::is_null)
    });
    base
}

/// What describes a resource, as JSON.
pub(crate) fn to_json(resource: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(resource)
        .map_err(|error| Error::new(ErrorKind::Protocol, "the resource cannot be described").with_source(error))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_changed_is_changed_and_what_nobody_knows_stays() {
        let base =
            json!({"properties": {"new": 1, "mode": "Key", "tags": {"a": "1", "b": "2"}}, "sku": {"capacity": 1}});
        let before =
            json!({"properties": {"mode": "Key", "tags": {"a": "1", "b": "2"}}, "sku": {"capacity": 1, "name": "x"}});
        let after =
            json!({"properties": {"mode": "Aad", "tags": {"a": "1", "c": "3"}}, "sku": {"capacity": 2, "name": "x"}});
        let expected = json!({"properties": {"new": 1, "mode": "Aad", "tags": {"a": "1", "c": "3"}}, "sku": {"capacity": 2, "name": "x"}});
        assert_eq!(overlaid(base, &before, &after), expected);
        assert_eq!(
            overlaid(json!({"a": {"b": 1}}), &json!({"a": null}), &json!({"a": {"c": 1}})),
            json!({"a": {"c": 1}})
        );
    }
}
