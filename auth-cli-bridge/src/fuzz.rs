//! What the fuzzer calls: a parser for each file, and what must hold of whatever it accepts. Compiled for the fuzzer alone.

use std::path::Path;
use std::time::SystemTime;

use auth_core::{Clock, Cloud, Tenant, TokenRequest};

use crate::ini::Ini;
use crate::msal_cache::{self, Owner};
use crate::{ConfigDir, profile, service_principals};

/// `config` and `clouds.config`.
pub fn ini(text: &str) {
    let Ok(ini) = Ini::parse(text, Path::new("config"), "") else { return };
    for section in ini.sections() {
        for option in ["name", "endpoint_active_directory", "subscription"] {
            let _ = ini.get(section, option);
        }
    }
}

/// `msal_token_cache.json`.
pub fn msal_cache(text: &str) {
    let directory = ConfigDir::at(".");
    let Ok(cache) = msal_cache::parse(text, Path::new("cache"), &directory) else { return };
    let (cloud, tenant) = (Cloud::public(), Tenant::parse("contoso.example").expect("it is a tenant"));
    let account = cache.account(&cloud, "ada@contoso.example").ok().flatten();
    for home_account_id in [account.as_deref(), None] {
        let owner = Owner { client_id: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", home_account_id };
        let token = cache.token(&cloud, owner, &tenant, &TokenRequest::arm(&cloud), Clock::system().now());
        assert!(token.is_none_or(|token| token.expires_on() > SystemTime::UNIX_EPOCH), "a token ends some day");
        let _ = cache.refresh_tokens(&cloud, owner);
    }
}

/// `azureProfile.json`.
pub fn profile(text: &str) {
    let Ok(subscriptions) = profile::parse(text, Path::new("profile")) else { return };
    let written =
        serde_json::to_string(&serde_json::json!({"subscriptions": subscriptions})).expect("it can be written");
    let again = profile::parse(&written, Path::new("profile")).expect("what was written can be read");
    assert_eq!(again, subscriptions, "nothing is lost");
}

/// `service_principal_entries.json`.
pub fn service_principals(text: &str) {
    let tenant = Tenant::parse("contoso.example").expect("it is a tenant");
    for client_id in ["", "app"] {
        let _ = service_principals::entry(text, Path::new("entries"), client_id, &tenant);
    }
}
