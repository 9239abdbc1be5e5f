//! Logins that the Azure CLI is to go on with.

mod as_az;
mod concurrency;
mod keeping;
mod locking;
mod merging;
mod refusals;

use std::fs;
use std::path::Path;

use auth_cli_bridge::write_back::{CliLogin, WriteBack};
use auth_cli_bridge::{ConfigDir, Profile, Subscription};
use auth_core::clock::from_unix;
use auth_core::{AccessToken, Account, Cloud, Credential, Scope, Scopes, Secret, Tenant};
use serde_json::json;

use crate::support::{NOW, clock, offline};

const CACHE: &str = "msal_token_cache.json";
const CREDENTIALS: &str = "service_principal_entries.json";
const PROFILE: &str = "azureProfile.json";
const HOME: &str = "3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01";

fn write_back(directory: &Path) -> WriteBack {
    WriteBack::new(&offline()).directory(directory).clock(clock())
}

fn read(directory: &Path, file: &str) -> String {
    fs::read_to_string(directory.join(file)).unwrap()
}

fn profile(directory: &Path) -> Profile {
    Profile::load(&ConfigDir::at(directory)).unwrap()
}

fn subscription(id: &str, state: &str) -> Subscription {
    let entry = json!({"id": id, "name": format!("name of {id}"), "state": state, "isDefault": false,
        "tenantId": HOME, "environmentName": "AzureCloud", "homeTenantId": HOME, "managedByTenants": []});
    serde_json::from_value(entry).unwrap()
}

fn tenant() -> Tenant {
    Tenant::parse(HOME).unwrap()
}

fn scope(text: &str) -> Scopes {
    Scope::parse(text).unwrap().into()
}

/// A person's login, who is at home in one tenant.
fn user(name: &str, subscriptions: &[&str]) -> CliLogin {
    let account = Account {
        home_account_id: Some(format!("{name}.{HOME}")),
        username: Some(format!("{name}@contoso.example")),
        tenant: None,
    };
    let cloud = Cloud::public();
    let token = AccessToken::new(format!("access token of {name}"), from_unix(NOW + 3600));
    CliLogin::user(cloud.clone(), &account, Secret::new(format!("refresh token of {name}")))
        .unwrap()
        .token(tenant(), &cloud.arm_scope(), token, None)
        .subscriptions(subscriptions.iter().map(|id| subscription(id, "Enabled")))
}

/// An application's login.
fn application(client_id: &str, subscriptions: &[&str]) -> CliLogin {
    let credential = Credential::Secret(Secret::new(format!("secret of {client_id}")));
    let cloud = Cloud::public();
    let token = AccessToken::new(format!("access token of {client_id}"), from_unix(NOW + 3600));
    CliLogin::application(cloud.clone(), client_id, tenant(), credential)
        .unwrap()
        .token(tenant(), &cloud.arm_scope(), token, None)
        .subscriptions(subscriptions.iter().map(|id| subscription(id, "Enabled")))
}
