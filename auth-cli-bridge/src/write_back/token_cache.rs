//! What a login and a logout change in `msal_token_cache.json`.

use auth_core::claims::Claims;
use auth_core::clock::to_unix;
use auth_core::{Cloud, Secret};

use super::cli_login::{CliLogin, Principal, Token};
use super::json::Json;

/// The family of Microsoft's clients to which the Azure CLI belongs (observed: az 2.91).
const FAMILY: &str = "1";

/// Files a login under the keys that MSAL makes, in the order in which it does (observed: msal 1.39).
pub(super) fn sign_in(cache: &mut Json, login: &CliLogin, now: u64) -> Result<(), String> {
    let host = login.cloud.authority_host();
    let client = login.client_id();
    let home = match &login.principal {
        Principal::Application { .. } => "",
        Principal::User { home_account_id, .. } => home_account_id,
    };
    for token in &login.tokens {
        let realm = token.realm.as_str();
        let target = login.target(&token.scopes);
        let key = format!("{home}-{host}-AccessToken-{client}-{realm}-{target}");
        add(cache, "AccessToken", &key, access_token(token, home, host, client, &target, now))?;
    }
    if let Principal::User { username, realm, with_device_code, .. } = &login.principal {
        let local = login.tokens.iter().find(|token| token.realm == *realm).and_then(object_id);
        let own = home.split('.').next().unwrap_or_default().to_owned();
        let source =
            if *with_device_code { "urn:ietf:params:oauth:grant-type:device_code" } else { "authorization_code" };
        let account = texts([
            ("home_account_id", home),
            ("environment", host),
            ("realm", realm.as_str()),
            ("local_account_id", &local.unwrap_or(own)),
            ("username", username),
            ("authority_type", "MSSTS"),
            ("account_source", source),
        ]);
        add(cache, "Account", &format!("{home}-{host}-{realm}"), account)?;
    }
    for token in &login.tokens {
        let Some(id_token) = &token.id else { continue };
        let realm = token.realm.as_str();
        let entry = texts([
            ("credential_type", "IdToken"),
            ("secret", id_token.expose()),
            ("home_account_id", home),
            ("environment", host),
            ("realm", realm),
            ("client_id", client),
        ]);
        add(cache, "IdToken", &format!("{home}-{host}-IdToken-{client}-{realm}-"), entry)?;
    }
    let mut metadata = texts([("client_id", client), ("environment", host)]);
    if let Principal::User { refresh_token, .. } = &login.principal {
        let target = login.target(&login.cloud.arm_scope());
        let entry = texts([
            ("credential_type", "RefreshToken"),
            ("secret", refresh_token.expose()),
            ("home_account_id", home),
            ("environment", host),
            ("client_id", client),
            ("target", &target),
            ("last_modification_time", &now.to_string()),
            ("family_id", FAMILY),
        ]);
        add(cache, "RefreshToken", &format!("{home}-{host}-RefreshToken-{client}--{target}"), entry)?;
        metadata.set("family_id", Json::text(FAMILY));
    }
    // The one kind of key that keeps its case (observed: msal 1.39).
    *section(cache, "AppMetadata")?
        .member_or(&format!("appmetadata-{host}-{client}"), Json::null())
        .ok_or("holds no object named AppMetadata")? = metadata;
    Ok(())
}

/// Removes what belongs to a user or to an application, and leaves the empty sections, as MSAL does (observed: msal 1.39).
pub(super) fn sign_out(cache: &mut Json, cloud: &Cloud, user: &str) -> Result<(), String> {
    let is = |entry: &Json, field: &str, text: &str| entry.text_of(field).is_some_and(|own| own.expose() == text);
    let is_of_cloud = |entry: &Json| cloud.authority_hosts().any(|host| is(entry, "environment", host));
    let mut homes: Vec<Secret> = Vec::new();
    if let Some(Json::Object(accounts)) = cache.member("Account") {
        let named = |entry: &Json| {
            entry.text_of("username").is_some_and(|own| own.expose().to_lowercase() == user.to_lowercase())
        };
        let found = accounts.iter().map(|(_, entry)| entry).filter(|entry| is_of_cloud(entry) && named(entry));
        homes.extend(found.filter_map(|entry| entry.text_of("home_account_id")));
    }
    let is_users =
        |entry: &Json| is_of_cloud(entry) && entry.text_of("home_account_id").is_some_and(|own| homes.contains(&own));
    let is_applications = |entry: &Json| {
        is_of_cloud(entry)
            && entry.text_of("client_id").is_some_and(|own| own.expose().eq_ignore_ascii_case(user))
            && entry.text_of("home_account_id").is_none()
    };
    // Another client's own refresh token stays, as MSAL signs out its own client and the family.
    let is_our_clients =
        |entry: &Json| is(entry, "family_id", FAMILY) || is(entry, "client_id", auth_core::oauth::AZURE_CLI_CLIENT_ID);
    retain(cache, "RefreshToken", |entry| !(is_users(entry) && is_our_clients(entry)))?;
    retain(cache, "AccessToken", |entry| !(is_users(entry) || is_applications(entry)))?;
    retain(cache, "IdToken", |entry| !is_users(entry))?;
    retain(cache, "Account", |entry| !is_users(entry))
}

fn access_token(token: &Token, home: &str, host: &str, client: &str, target: &str, now: u64) -> Json {
    let access_token = &token.access;
    let expires_on = to_unix(access_token.expires_on()).to_string();
    let mut entry = texts([
        ("credential_type", "AccessToken"),
        ("secret", access_token.secret().expose()),
        ("home_account_id", home),
        ("environment", host),
        ("client_id", client),
        ("target", target),
        ("realm", token.realm.as_str()),
        ("token_type", "Bearer"),
        ("cached_at", &access_token.obtained_on().map_or(now, to_unix).to_string()),
        ("expires_on", &expires_on),
        ("extended_expires_on", &expires_on),
    ]);
    if home.is_empty() {
        entry.set("home_account_id", Json::null());
    }
    entry
}

/// The id of the person in the tenant of this token.
fn object_id(token: &Token) -> Option<String> {
    Claims::peek(token.access.secret().expose()).ok()?.oid
}

fn texts<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> Json {
    Json::object(members.into_iter().map(|(name, text)| (name, Json::text(text))))
}

/// Replaces the whole entry, as MSAL does.
fn add(cache: &mut Json, name: &str, key: &str, entry: Json) -> Result<(), String> {
    section(cache, name)?.set(&key.to_lowercase(), entry);
    Ok(())
}

fn section<'a>(cache: &'a mut Json, name: &str) -> Result<&'a mut Json, String> {
    let section = cache.member_or(name, Json::object([]));
    section.filter(|section| matches!(section, Json::Object(_))).ok_or_else(|| format!("holds no object named {name}"))
}

fn retain(cache: &mut Json, name: &str, keeps: impl Fn(&Json) -> bool) -> Result<(), String> {
    if cache.member(name).is_none() {
        return Ok(());
    }
    if let Json::Object(entries) = section(cache, name)? {
        entries.retain(|(_, entry)| keeps(entry));
    }
    Ok(())
}
