//! Resources as `az ml` shows them, which is how its YAML files describe them.

use serde_json::{Map, Value};

/// Where a member of what is shown comes from: its own place, and the one in what Azure said (JSON pointers).
pub(crate) type Member = (&'static str, &'static str);

/// The members that are there.
pub(crate) fn of(raw: &Value, members: &[Member]) -> Value {
    let mut entity = Value::Object(Map::new());
    for (place, source) in members {
        if let Some(value) = raw.pointer(source).filter(|value| !value.is_null()) {
            put(&mut entity, place, value.clone());
        }
    }
    entity
}

/// Writes a member; what it lies in is made where it is missing.
pub(crate) fn put(entity: &mut Value, place: &str, value: impl Into<Value>) {
    let mut at = entity;
    for name in place.split('/').skip(1) {
        at = &mut at[name];
    }
    *at = value.into();
}

/// `LowPriority` as `low_priority` (observed: azure-ai-ml 1.35).
pub(crate) fn snake_case(text: &str) -> String {
    let mut snake = String::new();
    let mut before = '_';
    for letter in text.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        before = letter;
    }
    snake
}

/// The identity as it is shown.
pub(crate) fn identity(raw: &Value) -> Option<Value> {
    let identity = raw.get("identity").filter(|identity| identity.is_object())?;
    let mut shown = of(identity, &[("/principal_id", "/principalId"), ("/tenant_id", "/tenantId")]);
    put(&mut shown, "/type", snake_case(identity["type"].as_str().unwrap_or_default()));
    if let Some(ids) = identity["userAssignedIdentities"].as_object() {
        let members = [("/client_id", "/clientId"), ("/principal_id", "/principalId")];
        let assigned = ids.iter().map(|(id, about)| {
            let mut assigned = of(about, &members);
            put(&mut assigned, "/resource_id", id.as_str());
            assigned
        });
        put(&mut shown, "/user_assigned_identities", assigned.collect::<Vec<_>>());
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_go_where_az_shows_them_and_what_is_missing_is_left_out() {
        let raw = json!({"properties": {"vmSize": "S", "subnet": {"id": "/s"}, "errors": null}});
        let members = [
            ("/size", "/properties/vmSize"),
            ("/network/subnet", "/properties/subnet/id"),
            ("/x", "/properties/errors"),
        ];
        assert_eq!(of(&raw, &members), json!({"size": "S", "network": {"subnet": "/s"}}));
        assert_eq!(
            ["LowPriority", "SystemAssigned,UserAssigned", "AKS"].map(snake_case),
            ["low_priority", "system_assigned,user_assigned", "aks"]
        );
    }
}
