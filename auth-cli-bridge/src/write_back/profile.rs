//! What a login, a choice and a logout change in `azureProfile.json`.

use auth_core::{Cloud, Credential};
use serde_json::{Map, Value};

use super::cli_login::{CliLogin, Principal};
use super::json::Json;
use crate::Subscription;

/// The order in which the Azure CLI writes the members of a subscription (observed: az 2.91). Whatever else there is follows.
const MEMBERS: [&str; 11] = [
    "id",
    "name",
    "state",
    "user",
    "isDefault",
    "tenantId",
    "environmentName",
    "homeTenantId",
    "tenantDefaultDomain",
    "tenantDisplayName",
    "managedByTenants",
];

/// Takes in the subscriptions of a login, each id once, and says which one is the default now (observed: az 2.91).
pub(super) fn sign_in(profile: &mut Json, login: &CliLogin) -> Result<Option<String>, String> {
    let entries = subscriptions(profile)?;
    let default = default_of(entries, &login.subscriptions);
    for subscription in &login.subscriptions {
        let entry = entry(subscription, login);
        let mut place = None;
        entries.retain_mut(|old| {
            if !has_id(old, &subscription.id) {
                return true;
            }
            *old = entry.clone();
            place.replace(()).is_none()
        });
        if place.is_none() {
            entries.push(entry);
        }
    }
    if let Some(default) = &default {
        make_default(entries, default);
    }
    Ok(default)
}

/// Makes a subscription the default one, of all clouds, and says whether it is there.
pub(super) fn select(profile: &mut Json, cloud: &Cloud, id: &str) -> Result<bool, String> {
    let entries = subscriptions(profile)?;
    let is_of_cloud = |entry: &Json| entry.text_of("environmentName").is_some_and(|name| name.expose() == cloud.name());
    let is_there = entries.iter().any(|entry| has_id(entry, id) && is_of_cloud(entry));
    if is_there {
        make_default(entries, id);
    }
    Ok(is_there)
}

/// Removes the subscriptions of a user, of all clouds, as the Azure CLI does. None of the others becomes the default one.
pub(super) fn sign_out(profile: &mut Json, user: &str) -> Result<(), String> {
    let is_users = |entry: &Json| {
        let name = entry.member("user").and_then(|own| own.text_of("name"));
        name.is_some_and(|name| name.expose().to_lowercase() == user.to_lowercase())
    };
    if profile.member("subscriptions").is_some() {
        subscriptions(profile)?.retain(|entry| !is_users(entry));
    }
    Ok(())
}

fn subscriptions(profile: &mut Json) -> Result<&mut Vec<Json>, String> {
    let list = profile.member_or("subscriptions", Json::null());
    match list {
        Some(list) if list.is_null() => {
            *list = Json::Array(Vec::new());
            let Json::Array(entries) = list else { return Err("holds no list of subscriptions".to_owned()) };
            Ok(entries)
        }
        Some(Json::Array(entries)) => Ok(entries),
        _ => Err("holds no list of subscriptions".to_owned()),
    }
}

/// The earlier default if it is among the new ones, else what those say, else the first that is enabled, else the first.
fn default_of(entries: &[Json], new: &[Subscription]) -> Option<String> {
    let earlier = entries.iter().find(|entry| entry.member("isDefault").is_some_and(Json::is_true));
    let is_earlier = |new: &&Subscription| earlier.is_some_and(|earlier| has_id(earlier, &new.id));
    let chosen = (new.iter().find(is_earlier))
        .or_else(|| new.iter().find(|new| new.is_default))
        .or_else(|| new.iter().find(|new| new.state.as_deref() == Some("Enabled")))
        .or(new.first());
    chosen.map(|chosen| chosen.id.clone())
}

fn make_default(entries: &mut [Json], id: &str) {
    for entry in entries {
        let is_it = has_id(entry, id);
        entry.set("isDefault", Json::boolean(is_it));
    }
}

fn has_id(entry: &Json, id: &str) -> bool {
    entry.text_of("id").is_some_and(|own| own.expose().eq_ignore_ascii_case(id))
}

/// The subscription as the Azure CLI writes it, for whoever signed in.
fn entry(subscription: &Subscription, login: &CliLogin) -> Json {
    let Ok(Value::Object(mut members)) = serde_json::to_value(subscription) else { return Json::object([]) };
    let (name, kind, sends_chain) = match &login.principal {
        Principal::Application { client_id, credential, .. } => {
            let sends_chain = matches!(credential, Credential::Certificate { sends_chain: true, .. });
            (client_id, "servicePrincipal", sends_chain)
        }
        Principal::User { username, .. } => (username, "user", false),
    };
    let mut user = Json::object([("name", Json::text(name)), ("type", Json::text(kind))]);
    if sends_chain {
        user.set("useCertSNIssuerAuth", Json::boolean(true));
    }
    members.remove("user");
    let mut entry = Json::object([]);
    for name in MEMBERS {
        match members.remove(name) {
            _ if name == "user" => entry.set(name, user.clone()),
            Some(value) => entry.set(name, json(&value)),
            None => {}
        }
    }
    for (name, value) in &members {
        entry.set(name, json(value));
    }
    entry
}

fn json(value: &Value) -> Json {
    match value {
        Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        Value::Object(members) => object(members),
        Value::String(text) => Json::text(text),
        scalar => Json::Scalar(scalar.to_string().into()),
    }
}

fn object(members: &Map<String, Value>) -> Json {
    Json::object(members.iter().map(|(name, value)| (name.as_str(), json(value))))
}
