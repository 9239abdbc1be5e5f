//! What az 2.91 wrote is what is written of the same login, to the byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use auth_cli_bridge::write_back::{CliLogin, WriteBack};
use auth_cli_bridge::{ConfigDir, Profile, Subscription, configured_cloud};
use auth_core::clock::from_unix;
use auth_core::{AccessToken, Account, Clock, Cloud, Credential, Env, Scope, Secret, Tenant};
use serde_json::Value;

use super::{CACHE, CREDENTIALS, PROFILE, read, write_back};
use crate::support::{case, copy_of, offline};

/// The files of a login whose every entry came from that one login.
const LOGINS: [&str; 9] = [
    "china-default",
    "device-code",
    "guest-tenant-needs-mfa",
    "login-tenant",
    "service-principal",
    "service-principal-certificate",
    "service-principal-federated",
    "tenant-level-account",
    "user-two-tenants",
];

#[tokio::test]
async fn a_login_is_written_as_az_writes_it_to_the_byte() {
    for name in LOGINS {
        let written = tempfile::tempdir().unwrap();
        let theirs = case(name).join("azure");
        // What another program has put there, and az has kept.
        if read(&theirs, PROFILE).contains("installationId") {
            let identified = r#"{"subscriptions": [], "installationId": "5d1c0a52-0000-4000-8000-00000000f00d"}"#;
            fs::write(written.path().join(PROFILE), format!("\u{feff}{identified}")).unwrap();
        }
        let cloud = cloud_of(&theirs);
        if cloud == Cloud::public() {
            fs::copy(theirs.join("config"), written.path().join("config")).unwrap();
        }
        let (login, now) = login_of(&theirs, &cloud);
        WriteBack::new(&offline())
            .directory(written.path())
            .clock(Clock::fixed(from_unix(now)))
            .sign_in(&login)
            .await
            .unwrap();
        assert_same(name, written.path(), &theirs);
    }
}

#[tokio::test]
async fn two_clouds_lie_in_one_cache_as_az_leaves_them() {
    let theirs = case("two-clouds").join("azure");
    let written = tempfile::tempdir().unwrap();
    for cloud in [Cloud::public(), Cloud::us_government()] {
        let (login, now) = login_of(&theirs, &cloud);
        let write_back = WriteBack::new(&offline()).directory(written.path()).clock(Clock::fixed(from_unix(now)));
        let outcome = write_back.sign_in(&login).await.unwrap();
        let before = (cloud != Cloud::public()).then(|| "AzureCloud".to_owned());
        assert_eq!(outcome.switched_from, before);
    }
    assert_eq!(read(written.path(), CACHE), read(&theirs, CACHE));
    assert_eq!(read(written.path(), "config"), "[cloud]\nname = AzureUSGovernment\n\n");
}

#[tokio::test]
async fn a_logout_leaves_what_az_leaves() {
    let folder = copy_of("device-code");
    write_back(folder.path()).sign_out(&Cloud::public(), "Adele.V@contoso-research.example").await.unwrap();
    assert_same("logged-out", folder.path(), &case("logged-out").join("azure"));

    let folder = copy_of("service-principal");
    write_back(folder.path()).sign_out(&Cloud::public(), "6b7c8d9e-0f1a-4b2c-8d3e-4f5a6b7c8d14").await.unwrap();
    insta::assert_snapshot!([CACHE, CREDENTIALS, PROFILE].map(|file| read(folder.path(), file)).join("\n"), @r#"
    {
        "AccessToken": {},
        "AppMetadata": {
            "appmetadata-login.microsoftonline.com-6b7c8d9e-0f1a-4b2c-8d3e-4f5a6b7c8d14": {
                "client_id": "6b7c8d9e-0f1a-4b2c-8d3e-4f5a6b7c8d14",
                "environment": "login.microsoftonline.com"
            }
        }
    }
    []
    ﻿{"subscriptions": []}
    "#);
}

/// What is written serves as what az wrote.
#[tokio::test]
async fn a_login_that_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    write_back(folder.path()).sign_in(&super::user("ada", &["s"])).await.unwrap();
    let auth = crate::support::builder(folder.path()).build();
    let token = auth_core::Authentication::token(&auth, &auth_core::TokenRequest::arm(&Cloud::public())).await.unwrap();
    assert_eq!(token.secret().expose(), "access token of ada");
}

#[cfg(unix)]
#[tokio::test]
async fn new_files_have_the_modes_that_az_gives_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    write_back(folder.path()).sign_in(&super::application("app", &["s"])).await.unwrap();
    let mode = |file: &str| folder.path().join(file).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(CACHE), mode(CREDENTIALS)), (0o600, 0o600));
    let umask = {
        let plain = folder.path().join("plain");
        fs::File::create(&plain).unwrap().metadata().unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode(PROFILE), mode("clouds.config")), (umask, umask));
}

fn assert_same(name: &str, ours: &Path, theirs: &Path) {
    let files = |folder: &Path| -> BTreeMap<String, String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
            .collect()
    };
    let (ours, theirs) = (files(ours), files(theirs));
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{name}");
    for (file, text) in &theirs {
        assert!(ours[file] == *text, "{name}: {file}:\n{}\n\n{text}", ours[file]);
    }
}

fn cloud_of(directory: &Path) -> Cloud {
    let env = Env::fake([("AZURE_CONFIG_DIR", directory.to_str().unwrap())]);
    configured_cloud(&env).unwrap().unwrap_or_else(Cloud::public)
}

/// The login to this cloud that led to these files, and when it was.
fn login_of(directory: &Path, cloud: &Cloud) -> (CliLogin, u64) {
    let cache: Value = serde_json::from_str(&read(directory, CACHE)).unwrap();
    let host = cloud.authority_host();
    let entries = |section: &str| -> Vec<Value> {
        let entries = cache[section].as_object().into_iter().flat_map(serde_json::Map::values);
        entries.filter(|entry| entry["environment"] == host).cloned().collect()
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let number = |value: &Value| text(value).parse::<u64>().unwrap();
    let (mut login, now) = match (entries("Account").first(), entries("RefreshToken").first()) {
        (Some(account), Some(refresh_token)) => {
            let who = Account {
                home_account_id: Some(text(&account["home_account_id"])),
                username: Some(text(&account["username"])),
                tenant: None,
            };
            let login = CliLogin::user(cloud.clone(), &who, text(&refresh_token["secret"]).into()).unwrap();
            let login = login.tenant(Tenant::parse(&text(&account["realm"])).unwrap());
            let login = login.device_code(text(&account["account_source"]).ends_with("device_code"));
            (login, number(&refresh_token["last_modification_time"]))
        }
        _ => (application_of(directory, cloud), 0),
    };
    // The map that was read has lost the order, in which the login without a tenant came first.
    let mut tokens = entries("AccessToken");
    tokens.sort_by_key(|token| (token["realm"] != "organizations", place_of(directory, &text(&token["secret"]))));
    for token in tokens {
        let secret = Secret::new(text(&token["secret"]));
        let access_token = AccessToken::new(secret, from_unix(number(&token["expires_on"])))
            .with_obtained_on(Some(from_unix(number(&token["cached_at"]))));
        let id_token = entries("IdToken").into_iter().find(|id_token| id_token["realm"] == token["realm"]);
        let scopes = Scope::parse(text(&token["target"]).split(' ').next().unwrap()).unwrap().into();
        let realm = Tenant::parse(&text(&token["realm"])).unwrap();
        login = login.token(realm, &scopes, access_token, id_token.map(|id_token| text(&id_token["secret"]).into()));
    }
    (login.subscriptions(subscriptions_of(directory, cloud)), now)
}

fn application_of(directory: &Path, cloud: &Cloud) -> CliLogin {
    let entries: Value = serde_json::from_str(&read(directory, CREDENTIALS)).unwrap();
    let text = |name: &str| entries[0][name].as_str().map(str::to_owned);
    let credential = text("client_secret")
        .map(|secret| Credential::Secret(secret.into()))
        .or_else(|| Some(Credential::Assertion(text("client_assertion")?.into())))
        .or_else(|| Some(Credential::Certificate { path: text("certificate")?.into(), sends_chain: false }));
    let tenant = Tenant::parse(&text("tenant").unwrap()).unwrap();
    CliLogin::application(cloud.clone(), text("client_id").unwrap(), tenant, credential.unwrap()).unwrap()
}

/// As a login finds them: none is the default one yet.
fn subscriptions_of(directory: &Path, cloud: &Cloud) -> Vec<Subscription> {
    let profile = Profile::load(&ConfigDir::at(directory)).unwrap();
    let mut subscriptions: Vec<_> = profile.subscriptions_of(cloud).cloned().collect();
    for subscription in &mut subscriptions {
        subscription.is_default = false;
    }
    subscriptions
}

fn place_of(directory: &Path, text: &str) -> usize {
    read(directory, CACHE).find(text).unwrap()
}
