//! A login of the Azure CLI.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use xtask::emulator::defaults;

/// What its token is for.
pub(super) const RESOURCE: &str = "https://management.core.windows.net/";
/// How long that lives: a year.
pub(super) const LIFETIME: Duration = Duration::from_secs(365 * 24 * 3600);

/// Leaves a login of Ada in this home, with these tokens.
pub(super) fn write(home: &Path, access_token: &str, refresh_token: &str) -> Result<(), String> {
    let folder = home.join(".azure");
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text);
    std::fs::create_dir_all(&folder)
        .and_then(|()| write("azureProfile.json", profile().to_string()))
        .and_then(|()| write("msal_token_cache.json", token_cache(access_token, refresh_token).to_string()))
        .and_then(|()| write("config", "[cloud]\nname = AzureCloud\n".to_owned()))
        .map_err(|error| format!("the login of the Azure CLI cannot be written: {error}"))
}

fn profile() -> serde_json::Value {
    json!({"subscriptions": [{
        "id": defaults::SUBSCRIPTION, "name": "Bench", "state": "Enabled", "isDefault": true,
        "user": {"name": defaults::ADA, "type": "user"}, "tenantId": defaults::CONTOSO,
        "environmentName": "AzureCloud", "homeTenantId": defaults::CONTOSO, "managedByTenants": [],
    }]})
}

/// What `az login` would have written.
fn token_cache(access_token: &str, refresh_token: &str) -> serde_json::Value {
    let (home, host, client) = ("bench-user.bench-tenant", "login.microsoftonline.com", defaults::AZURE_CLI_CLIENT_ID);
    let target = format!("{RESOURCE}/.default {RESOURCE}/user_impersonation");
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let expires_on = (now + LIFETIME).as_secs().to_string();
    let entry = |fields: serde_json::Value| {
        let mut entry = json!({"home_account_id": home, "environment": host, "client_id": client});
        entry
            .as_object_mut()
            .into_iter()
            .for_each(|entry| entry.extend(fields.as_object().cloned().unwrap_or_default()));
        entry
    };
    json!({
        "AccessToken": {format!("{home}-{host}-accesstoken-{client}-{}-{target}", defaults::CONTOSO): entry(json!({
            "credential_type": "AccessToken", "realm": defaults::CONTOSO, "target": target, "token_type": "Bearer",
            "secret": access_token,
            "cached_at": now.as_secs().to_string(), "expires_on": expires_on, "extended_expires_on": expires_on,
        }))},
        "Account": {format!("{home}-{host}-{}", defaults::CONTOSO): {
            "home_account_id": home, "environment": host, "realm": defaults::CONTOSO, "local_account_id": "bench-user",
            "username": defaults::ADA, "authority_type": "MSSTS", "account_source": "authorization_code",
        }},
        "RefreshToken": {format!("{home}-{host}-refreshtoken-{client}--{target}"): entry(json!({
            "credential_type": "RefreshToken", "target": target, "family_id": "1",
            "secret": refresh_token, "last_modification_time": now.as_secs().to_string(),
        }))},
    })
}
