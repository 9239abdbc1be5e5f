//! Resources as `az ml` shows them, which is how its YAML files describe them.

use serde_json::{Map, Value};
use workspace_client::arm::ResourceId;
use workspace_client::resources::duration;

/// A member of what is shown, and where it comes from.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    /// Its own place, and the one in what Azure said (JSON pointers).
    place: &'static str,
    source: &'static str,
    shown: Shown,
}

#[derive(Clone, Copy)]
enum Shown {
    /// Whether it is this text.
    Equals(&'static str),
    /// A map of members, or a list of such maps.
    Inner(&'static [Member]),
    Milliseconds,
    Minutes,
    Seconds,
    Text(fn(&str) -> String),
    Unchanged,
}

/// A member that is shown as Azure says it.
pub(crate) const fn is(place: &'static str, source: &'static str) -> Member {
    Member { place, source, shown: Shown::Unchanged }
}

/// A member that is true where Azure says this text, however it is spelled.
pub(crate) const fn equals(place: &'static str, source: &'static str, text: &'static str) -> Member {
    Member { place, source, shown: Shown::Equals(text) }
}

/// A map of members, or a list of such maps.
pub(crate) const fn inner(place: &'static str, source: &'static str, members: &'static [Member]) -> Member {
    Member { place, source, shown: Shown::Inner(members) }
}

/// An ISO 8601 duration in whole milliseconds.
pub(crate) const fn milliseconds(place: &'static str, source: &'static str) -> Member {
    Member { place, source, shown: Shown::Milliseconds }
}

/// An ISO 8601 duration in whole minutes.
pub(crate) const fn minutes(place: &'static str, source: &'static str) -> Member {
    Member { place, source, shown: Shown::Minutes }
}

/// An ISO 8601 duration in whole seconds.
pub(crate) const fn seconds(place: &'static str, source: &'static str) -> Member {
    Member { place, source, shown: Shown::Seconds }
}

/// One of the API's names, as `az ml` spells it.
pub(crate) const fn snake_case(place: &'static str, source: &'static str) -> Member {
    written(place, source, to_snake_case)
}

/// A text that is spelled in another way.
pub(crate) const fn written(place: &'static str, source: &'static str, spell: fn(&str) -> String) -> Member {
    Member { place, source, shown: Shown::Text(spell) }
}

/// What every resource has.
const EVERY: &[Member] = &[
    is("/creation_context/created_at", "/systemData/createdAt"),
    is("/creation_context/created_by", "/systemData/createdBy"),
    is("/creation_context/created_by_type", "/systemData/createdByType"),
    is("/creation_context/last_modified_at", "/systemData/lastModifiedAt"),
    is("/creation_context/last_modified_by", "/systemData/lastModifiedBy"),
    is("/description", "/properties/description"),
    is("/id", "/id"),
    is("/name", "/name"),
];

/// A resource with what every one has, and these members beside it.
pub(crate) fn resource(raw: &Value, tags: &'static str, members: &[Member]) -> Value {
    let mut shown = of(raw, &[EVERY, &[is("/tags", tags)], members].concat());
    if let Some(identity) = identity(raw) {
        put(&mut shown, "/identity", identity);
    }
    if let Some(id) = raw["id"].as_str().and_then(|id| id.parse::<ResourceId>().ok()) {
        put(&mut shown, "/resourceGroup", id.resource_group());
    }
    shown
}

/// The members that are there.
pub(crate) fn of(raw: &Value, members: &[Member]) -> Value {
    let mut entity = Value::Object(Map::new());
    for member in members {
        let said = raw.pointer(member.source).filter(|value| !value.is_null());
        if let Some(value) = said.and_then(|value| member.shown.of(value)) {
            put(&mut entity, member.place, value);
        }
    }
    entity
}

impl Shown {
    fn of(self, value: &Value) -> Option<Value> {
        let duration = || duration::parse(value.as_str()?);
        Some(match self {
            Self::Equals(text) => value.as_str()?.eq_ignore_ascii_case(text).into(),
            Self::Inner(members) => match value {
                Value::Array(items) => items.iter().map(|item| of(item, members)).collect(),
                value => of(value, members),
            },
            Self::Milliseconds => u64::try_from(duration()?.as_millis()).ok()?.into(),
            Self::Minutes => (duration()?.as_secs() / 60).into(),
            Self::Seconds => duration()?.as_secs().into(),
            Self::Text(spell) => spell(value.as_str()?).into(),
            Self::Unchanged => value.clone(),
        })
    }
}

/// Writes a member; what it lies in is made where it is missing.
pub(crate) fn put(entity: &mut Value, place: &str, value: impl Into<Value>) {
    let mut at = entity;
    for name in place.split('/').skip(1) {
        at = &mut at[name];
    }
    *at = value.into();
}

/// `LowPriority` as `low_priority`, and `AADToken` as `aad_token` (observed: azure-ai-ml 1.35).
pub(crate) fn to_snake_case(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut snake = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied().unwrap_or('_');
        let is_before_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let begins_word = before.is_lowercase() || before.is_numeric() || (before.is_uppercase() && is_before_lower);
        if letter.is_uppercase() && begins_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// The identity as it is shown.
pub(crate) fn identity(raw: &Value) -> Option<Value> {
    let identity = raw.get("identity").filter(|identity| identity.is_object())?;
    let mut shown = of(identity, &[is("/principal_id", "/principalId"), is("/tenant_id", "/tenantId")]);
    put(&mut shown, "/type", to_snake_case(identity["type"].as_str().unwrap_or_default()));
    if let Some(ids) = identity["userAssignedIdentities"].as_object() {
        let members = [is("/client_id", "/clientId"), is("/principal_id", "/principalId")];
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
        const NODE: &[Member] = &[is("/node_id", "/nodeId")];
        let raw = json!({
            "properties": {"vmSize": "S", "subnet": {"id": "/s"}, "errors": null, "idle": "PT1H30M", "odd": "soon", "access": "enabled"},
            "nodes": [{"nodeId": "a"}, {"nodeId": "b", "x": 1}], "one": {"nodeId": "c"}, "priority": "LowPriority",
        });
        let members = [
            is("/size", "/properties/vmSize"),
            is("/network/subnet", "/properties/subnet/id"),
            is("/x", "/properties/errors"),
            minutes("/idle_minutes", "/properties/idle"),
            seconds("/idle", "/properties/idle"),
            seconds("/odd", "/properties/odd"),
            equals("/is_open", "/properties/access", "Enabled"),
            inner("/nodes", "/nodes", NODE),
            inner("/one", "/one", NODE),
            snake_case("/priority", "/priority"),
        ];
        let shown = json!({
            "size": "S", "network": {"subnet": "/s"}, "idle_minutes": 90, "idle": 5400, "is_open": true,
            "nodes": [{"node_id": "a"}, {"node_id": "b"}], "one": {"node_id": "c"}, "priority": "low_priority",
        });
        assert_eq!(of(&raw, &members), shown);
        assert_eq!(
            ["LowPriority", "SystemAssigned,UserAssigned", "AKS", "AADToken"].map(to_snake_case),
            ["low_priority", "system_assigned,user_assigned", "aks", "aad_token"]
        );
    }
}
