//! How a login is merged with what is there.

use std::fs;

use auth_core::clock::from_unix;
use auth_core::{AccessToken, Cloud, Tenant};
use serde_json::Value;

use super::{CACHE, CREDENTIALS, HOME, application, profile, read, scope, subscription, user, write_back};
use crate::support::NOW;

/// The ids, with a star at the default one.
fn listed(folder: &std::path::Path) -> String {
    let profile = profile(folder);
    let shown = profile.subscriptions().iter().map(|it| format!("{}{}", it.id, if it.is_default { "*" } else { "" }));
    shown.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_subscription_is_listed_once_and_one_of_all_is_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let write_back = write_back(folder.path());
    let disabled = user("ada", &[]).subscriptions([subscription("a", "Disabled"), subscription("b", "Enabled")]);
    write_back.sign_in(&disabled).await.unwrap();
    assert_eq!(listed(folder.path()), "a b*", "the first that is enabled");
    write_back.sign_in(&user("grace", &["c", "B"])).await.unwrap();
    assert_eq!(listed(folder.path()), "a B* c", "the earlier default, which is Grace's now");
    assert_eq!(profile(folder.path()).subscriptions()[1].user.name, "grace@contoso.example");
    write_back.sign_in(&application("app", &["d"])).await.unwrap();
    assert_eq!(listed(folder.path()), "a B c d*", "who signed in last");
    let mut chosen = subscription("f", "Enabled");
    chosen.is_default = true;
    write_back.sign_in(&user("ada", &["e"]).subscriptions([chosen])).await.unwrap();
    assert_eq!(listed(folder.path()), "a B c d e f*", "what the login itself says");
    assert_eq!(read(folder.path(), "clouds.config"), "[AzureCloud]\nsubscription = f\n\n");
}

#[tokio::test]
async fn a_choice_moves_the_one_default_and_is_remembered_for_the_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let write_back = write_back(folder.path());
    write_back.sign_in(&user("ada", &["a", "b"])).await.unwrap();
    write_back.select(&Cloud::public(), "B").await.unwrap();
    assert_eq!(listed(folder.path()), "a b*");
    assert_eq!(read(folder.path(), "clouds.config"), "[AzureCloud]\nsubscription = B\n\n");
    let error = write_back.select(&Cloud::public(), "c").await.unwrap_err();
    insta::assert_snapshot!(crate::support::shown(&error, folder.path()), @"
    Configuration: the Azure CLI does not list subscription c in AzureCloud
      help: sign it in first: azml login --update-azure-cli
    ");
}

#[tokio::test]
async fn a_later_login_replaces_the_tokens_of_the_earlier_one_and_of_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let write_back = write_back(folder.path());
    write_back.sign_in(&user("ada", &["a"])).await.unwrap();
    write_back.sign_in(&user("grace", &["b"])).await.unwrap();
    let before = read(folder.path(), CACHE);
    write_back.sign_in(&user("ada", &["a"])).await.unwrap();
    assert_eq!(read(folder.path(), CACHE), before);
    let ml = AccessToken::new("for ML", from_unix(NOW + 60));
    let tenant = Tenant::parse(HOME).unwrap();
    let login = user("ada", &["a"]).token(tenant, &scope("https://ml.azure.com/.default"), ml, None);
    write_back.sign_in(&login).await.unwrap();
    let cache: Value = serde_json::from_str(&read(folder.path(), CACHE)).unwrap();
    let count = |section: &str| cache[section].as_object().unwrap().len();
    assert_eq!(["AccessToken", "RefreshToken", "Account", "AppMetadata"].map(count), [3, 2, 2, 1]);
}

#[tokio::test]
async fn the_credential_of_the_same_application_and_tenant_is_replaced_and_moves_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let write_back = write_back(folder.path());
    for client in ["one", "two", "one"] {
        write_back.sign_in(&application(client, &["a"])).await.unwrap();
    }
    let clients: Vec<Value> = serde_json::from_str(&read(folder.path(), CREDENTIALS)).unwrap();
    assert_eq!(clients.iter().map(|entry| entry["client_id"].as_str().unwrap()).collect::<Vec<_>>(), ["two", "one"]);
}

#[tokio::test]
async fn a_logout_takes_one_user_and_leaves_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let write_back = write_back(folder.path());
    write_back.sign_in(&user("ada", &["a"])).await.unwrap();
    write_back.sign_in(&user("grace", &["b"])).await.unwrap();
    write_back.sign_in(&application("app", &["c"])).await.unwrap();
    write_back.sign_out(&Cloud::public(), "GRACE@contoso.example").await.unwrap();
    let texts = fs::read_to_string(folder.path().join(CACHE)).unwrap() + &read(folder.path(), CREDENTIALS);
    assert!(!texts.contains("grace") && texts.contains("refresh token of ada") && texts.contains("secret of app"));
    assert_eq!(listed(folder.path()), "a c*");
    write_back.sign_out(&Cloud::public(), "app").await.unwrap();
    assert_eq!(read(folder.path(), CREDENTIALS), "[]");
    assert!(!read(folder.path(), CACHE).contains("access token of app"));
    assert_eq!(listed(folder.path()), "a", "az chooses no other default either");
}
