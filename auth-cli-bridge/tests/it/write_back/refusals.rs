//! Where nothing is written.

use std::fs;
use std::path::Path;

use auth_cli_bridge::write_back::{CliLogin, WriteBack};
use auth_core::{Account, Cloud, Credential, Env, Secret, Tenant};

use super::{CACHE, CREDENTIALS, HOME, PROFILE, application, user, write_back};
use crate::support::{contents, copy_of, shown};

/// The error, after which every file is as it was.
async fn refused(prepare: impl FnOnce(&Path), env: &Env, login: &CliLogin) -> String {
    let folder = copy_of("user-two-tenants");
    prepare(folder.path());
    let before = contents(folder.path());
    let error = WriteBack::new(env).directory(folder.path()).sign_in(login).await.unwrap_err();
    assert_eq!(contents(folder.path()), before, "{error}");
    let texts = format!("{}\n{error:?}", shown(&error, folder.path()));
    assert!(!["token of", "secret of", "canary"].iter().any(|secret| texts.contains(secret)), "{texts}");
    shown(&error, folder.path())
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_read_is_never_replaced() {
    let put =
        |file: &'static str, text: &'static [u8]| move |folder: &Path| fs::write(folder.join(file), text).unwrap();
    let (none, user) = (Env::fake::<&str, &str>([]), user("ada", &["s"]));
    let application = application("app", &["s"]);
    let errors = [
        refused(put(CACHE, b"{\"Account\": {\"canary\""), &none, &user).await,
        refused(put(CACHE, b"[]"), &none, &user).await,
        refused(put(CACHE, b"{\"RefreshToken\": [\"canary\"]}"), &none, &user).await,
        refused(put(CACHE, b"{\"a\": \"\xff\"}"), &none, &user).await,
        refused(put(PROFILE, b""), &none, &user).await,
        refused(put(PROFILE, b"{\"subscriptions\": {}}"), &none, &user).await,
        refused(put(PROFILE, b"[\"canary\"]"), &none, &user).await,
        refused(put(CREDENTIALS, b"{\"canary\": 1}"), &none, &application).await,
        refused(put(CREDENTIALS, b""), &none, &application).await,
        refused(put("config", b"[cloud]\nname\n"), &none, &user).await,
        refused(put("clouds.config", b"[AzureCloud\n"), &none, &user).await,
    ];
    insta::assert_snapshot!(errors.join("\n"), @"
    Store: [dir]/msal_token_cache.json ends too early (line 1, column 21)
      help: repair that file, or remove it, which signs the Azure CLI out; then run the command again
    Store: [dir]/msal_token_cache.json does not hold a JSON object
      help: repair that file, or remove it, which signs the Azure CLI out; then run the command again
    Store: [dir]/msal_token_cache.json holds no object named RefreshToken
      help: repair that file, or remove it, which signs the Azure CLI out; then run the command again
    Store: [dir]/msal_token_cache.json is not UTF-8 text
      help: remove that file, then run `az login` again
    Store: [dir]/azureProfile.json ends too early (line 1, column 0)
      help: repair that file, or remove it, which signs the Azure CLI out; then run the command again
    Store: [dir]/azureProfile.json holds no list of subscriptions
      help: repair that file, or remove it, which signs the Azure CLI out; then run the command again
    Store: [dir]/azureProfile.json does not hold a JSON object
      help: repair that file, or remove it, which signs the Azure CLI out; then run the command again
    Store: [dir]/service_principal_entries.json does not hold a JSON list
      help: repair that file, or remove it, which signs the Azure CLI out; then run the command again
    Store: [dir]/service_principal_entries.json ends too early (line 1, column 0)
      help: repair that file, or remove it, which signs the Azure CLI out; then run the command again
    Store: [dir]/config is not an INI file: a line of section [cloud] has neither `=` nor `:`
      help: correct that file, or remove it and set what you need with `az config set`
    Store: [dir]/clouds.config is not an INI file: line 1: Found opening bracket for section name but no closing bracket
      help: correct that file, or remove it and register your clouds again: az cloud register
    ");
}

#[tokio::test]
async fn where_tokens_are_encrypted_nothing_is_written() {
    let (none, user) = (Env::fake::<&str, &str>([]), user("ada", &["s"]));
    let touch = |file: &'static str| move |folder: &Path| fs::write(folder.join(file), "").unwrap();
    let set = |value: &'static str| {
        move |folder: &Path| {
            fs::write(folder.join("config"), format!("[core]\nencrypt_token_cache = {value}\n")).unwrap();
        }
    };
    let variable = Env::fake([("AZURE_CORE_ENCRYPT_TOKEN_CACHE", "true")]);
    let errors = [
        refused(touch("msal_token_cache.bin"), &none, &user).await,
        refused(touch("msal_token_cache.sig"), &none, &user).await,
        refused(touch("service_principal_entries.bin"), &none, &user).await,
        refused(set("True"), &none, &user).await,
        refused(set("perhaps"), &none, &user).await,
        refused(|_| (), &variable, &user).await,
    ];
    insta::assert_snapshot!(errors.join("\n"), @"
    Configuration: the Azure CLI keeps its tokens encrypted, which azml cannot write: [dir]/msal_token_cache.bin is there
      help: az config set core.encrypt_token_cache=false, then run the command again
    Configuration: the Azure CLI keeps its tokens encrypted, which azml cannot write: [dir]/msal_token_cache.sig is there
      help: az config set core.encrypt_token_cache=false, then run the command again
    Configuration: the Azure CLI keeps its tokens encrypted, which azml cannot write: [dir]/service_principal_entries.bin is there
      help: az config set core.encrypt_token_cache=false, then run the command again
    Configuration: the Azure CLI keeps its tokens encrypted, which azml cannot write: its setting core.encrypt_token_cache says so
      help: az config set core.encrypt_token_cache=false, then run the command again
    Configuration: the Azure CLI keeps its tokens encrypted, which azml cannot write: its setting core.encrypt_token_cache says so
      help: az config set core.encrypt_token_cache=false, then run the command again
    Configuration: the Azure CLI keeps its tokens encrypted, which azml cannot write: its setting core.encrypt_token_cache says so
      help: az config set core.encrypt_token_cache=false, then run the command again
    ");

    // Left from an earlier setting.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("msal_token_cache.bin"), "").unwrap();
    set("No")(folder.path());
    write_back(folder.path()).sign_in(&user).await.unwrap();
}

#[tokio::test]
async fn a_cloud_that_az_does_not_know_or_must_not_leave_is_told() {
    let none = Env::fake::<&str, &str>([]);
    let cloud =
        Cloud::custom("Rig", "https://login.rig.example", "https://arm.rig.example", "https://arm.rig.example/");
    let cloud = cloud.unwrap().build();
    let account = Account { home_account_id: Some("a.b".into()), username: Some("ada".into()), tenant: None };
    let login = |cloud: &Cloud| CliLogin::user(cloud.clone(), &account, Secret::new("canary")).unwrap();
    let other = "[Rig]\nendpoint_active_directory = https://login.other.example\nendpoint_resource_manager = https://arm.rig.example\nendpoint_active_directory_resource_id = https://arm.rig.example/\n";
    let pinned = Env::fake([("AZURE_CLOUD_NAME", "AzureCloud")]);
    let errors = [
        refused(|_| (), &none, &login(&cloud)).await,
        refused(|folder| fs::write(folder.join("clouds.config"), other).unwrap(), &none, &login(&cloud)).await,
        refused(|_| (), &pinned, &login(&Cloud::china())).await,
    ];
    insta::assert_snapshot!(errors.join("\n"), @r#"
    Configuration: the Azure CLI does not know cloud "Rig"
      help: az cloud register --name "Rig" --endpoint-resource-manager https://arm.rig.example/
    Configuration: the Azure CLI knows Rig at login.other.example, and this login to Rig is at login.rig.example
      help: give both the same endpoints: az cloud update, or azml cloud update
    Configuration: AZURE_CLOUD_NAME puts the Azure CLI at AzureCloud, and this login is to AzureChinaCloud
      help: unset AZURE_CLOUD_NAME
    "#);
}

#[test]
fn what_az_could_not_go_on_with_is_refused_before_anything_is_written() {
    let tenant = || Tenant::parse(HOME).unwrap();
    let keep = |credential| CliLogin::application(Cloud::public(), "app", tenant(), credential).unwrap_err();
    let nameless = Account { home_account_id: Some("a.b".into()), username: None, tenant: None };
    let errors = [
        keep(Credential::AssertionFile("/token".into())),
        keep(Credential::ManagedIdentity("MSI".into())),
        CliLogin::user(Cloud::public(), &nameless, Secret::new("canary")).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.map(|error| shown(&error, Path::new("/nowhere"))).join("\n"), @"
    Configuration: the Azure CLI cannot keep the federated token of app
      help: sign in with --password or --certificate, or leave --update-azure-cli away
    Configuration: the Azure CLI cannot keep the managed identity of app
      help: sign in with --password or --certificate, or leave --update-azure-cli away
    Configuration: the sign-in told neither an id nor a name of the account, by which the Azure CLI would know it
      help: sign in with az login
    ");
}

#[test]
fn no_secret_shows_in_what_a_login_looks_like() {
    let shown = format!("{:?} {:?}", user("ada", &["s"]), application("app", &["s"]));
    assert!(!shown.contains("token of") && !shown.contains("secret of"), "{shown}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_read_only_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let lock_it = |folder: &Path| {
        fs::set_permissions(folder.join(CACHE), fs::Permissions::from_mode(0o400)).unwrap();
    };
    let error = refused(lock_it, &Env::fake::<&str, &str>([]), &user("ada", &["s"])).await;
    insta::assert_snapshot!(error, @"
    Store: [dir]/msal_token_cache.json cannot be written: it is read-only
      help: make it writable, then run the command again
    ");
}
