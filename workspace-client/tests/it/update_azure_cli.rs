//! Logins that the Azure CLI goes on with: `--update-azure-cli`.

use std::path::Path;

use auth_cli_bridge::{ConfigDir, Profile};
use auth_core::Cloud;
use xtask::emulator::Emulator;
use xtask::emulator::defaults::{
    ADA, CONTOSO, FABRIKAM_SUBSCRIPTION, GRACE, SERVICE_PRINCIPAL_ID, SERVICE_PRINCIPAL_SECRET, SUBSCRIPTION,
};

use crate::azml::{Home, Run};
use crate::emulator::{azml, json, login, login_with};
use crate::support::assert_no_secret;

const UPDATE: &str = "--update-azure-cli";

/// azml without a login of its own, which then answers from the Azure CLI's files.
fn by_the_files_of_az(home: &Home, azure: &Emulator, args: &[&str]) -> Run {
    let mut variables = azure.env();
    variables.push(("AZML_CONFIG_DIR".to_owned(), home.path().join("nothing").display().to_string()));
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    home.azml_with(args, &variables)
}

fn profile(home: &Home) -> Profile {
    Profile::load(&ConfigDir::at(home.path().join("azure"))).unwrap()
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn az_goes_on_with_a_login_a_choice_and_a_logout_of_azml() {
    let (home, azure) = (Home::new(), Emulator::start());
    let run = login(&home, &azure, &["--no-browser", UPDATE], None);
    assert_no_secret(&azure, "what login says", run.stderr.as_bytes());
    let told: Vec<_> = run.stderr.lines().filter(|line| line.contains("Azure CLI")).collect();
    insta::assert_snapshot!(told.join("\n").replace(&home.path().display().to_string(), "[home]"), @"the Azure CLI is signed in as ada@contoso.example, too; [home]/azure holds the login unencrypted, as az keeps it");
    let ours = json(run);
    assert_eq!(json(by_the_files_of_az(&home, &azure, &["account", "list"])), ours);

    azure.clear_requests();
    let token = ["account", "get-access-token", "-s", FABRIKAM_SUBSCRIPTION];
    let answer = json(by_the_files_of_az(&home, &azure, &token));
    assert!(azure.requests().is_empty(), "the tokens of the login came along");
    assert_eq!(answer["subscription"], FABRIKAM_SUBSCRIPTION);
    let other = ["account", "get-access-token", "--resource", "https://ml.azure.com"];
    by_the_files_of_az(&home, &azure, &other).success();
    assert!(azure.requests().iter().all(|it| it.form.get("grant_type").is_some_and(|kind| kind == "refresh_token")));

    azml(&home, &azure, &["account", "set", "-s", FABRIKAM_SUBSCRIPTION, UPDATE]).success();
    assert_eq!(profile(&home).select(&Cloud::public(), None).unwrap().id, FABRIKAM_SUBSCRIPTION);

    let told = json(azml(&home, &azure, &["logout", UPDATE, "-o", "json"]));
    assert_eq!((&told["removed"][0]["kind"], &told["removed"][0]["user"]), (&"azureCli".into(), &ADA.into()));
    assert!(profile(&home).subscriptions().is_empty());
    assert!(!text(&home.path().join("azure/msal_token_cache.json")).contains(ADA));
    assert_eq!(by_the_files_of_az(&home, &azure, &["account", "get-access-token"]).code, 3);
}

#[test]
fn az_goes_on_with_the_login_of_an_application() {
    let (home, azure) = (Home::new(), Emulator::start());
    home.write("secret", SERVICE_PRINCIPAL_SECRET);
    let secret = format!("@{}", home.path().join("secret").display());
    let application = ["--service-principal", "-u", SERVICE_PRINCIPAL_ID, "-t", CONTOSO, "-p", &secret];
    login_with(&home, &azure, &[&application[..], &[UPDATE]].concat(), &[]).success();
    let entries = text(&home.path().join("azure/service_principal_entries.json"));
    assert!(entries.contains(SERVICE_PRINCIPAL_ID) && entries.contains(SERVICE_PRINCIPAL_SECRET));
    let shown = json(by_the_files_of_az(&home, &azure, &["account", "show"]));
    assert_eq!(
        (&shown["user"]["name"], &shown["user"]["type"]),
        (&SERVICE_PRINCIPAL_ID.into(), &"servicePrincipal".into())
    );
    by_the_files_of_az(&home, &azure, &["account", "get-access-token"]).success();
    azml(&home, &azure, &["logout", UPDATE]).success();
    assert_eq!(text(&home.path().join("azure/service_principal_entries.json")), "[]");
}

#[test]
fn without_the_option_the_files_of_az_stay_as_they_are() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    azml(&home, &azure, &["account", "set", "-s", FABRIKAM_SUBSCRIPTION]).success();
    azml(&home, &azure, &["logout"]).success();
    assert!(!home.path().join("azure").exists());
}

#[test]
fn where_az_could_not_be_signed_in_nobody_is_asked_to() {
    let (home, azure) = (Home::new(), Emulator::start());
    home.write("azure/config", "[core]\nencrypt_token_cache = true\n");
    let run = login(&home, &azure, &["--no-browser", UPDATE], None);
    assert!(azure.requests().iter().all(|request| !request.path.ends_with("/authorize")));
    insta::assert_snapshot!(run.failure(), @"
    error: the Azure CLI keeps its tokens encrypted, which azml cannot write: its setting core.encrypt_token_cache says so
    next: az config set core.encrypt_token_cache=false, then run the command again
    ");
    assert_eq!(azml(&home, &azure, &["login", "--identity", UPDATE]).code, 2);
}

#[test]
fn a_login_that_az_cannot_be_given_is_a_login_of_azml_all_the_same() {
    let (home, azure) = (Home::new(), Emulator::start());
    home.write("azure/azureProfile.json", "canary");
    let run = login(&home, &azure, &["--no-browser", UPDATE], None);
    let told = run.failure();
    let told = &told[told.find("error:").unwrap()..];
    insta::assert_snapshot!(told.replace(&home.path().display().to_string(), "[home]"), @"
    error: Failed to connect to address `unix:path=/run/user/0/bus`: No such file or directory (os error 2)); tokens are encrypted with a key in a file, so whoever can read your files can read them (directory: [home]/azml/tokens)
    error: you are signed in with azml, but the Azure CLI is not: [home]/azure/azureProfile.json is not JSON (line 1, column 1)
    next: repair that file, or remove it, which signs the Azure CLI out; then run the command again
    ");
    assert_eq!(text(&home.path().join("azure/azureProfile.json")), "canary");
    assert_eq!(json(azml(&home, &azure, &["account", "show"]))["id"], SUBSCRIPTION);
}

#[test]
fn a_login_of_az_itself_need_not_be_written() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser", UPDATE], None).success();
    let files = || text(&home.path().join("azure/msal_token_cache.json"));
    let before = files();
    let again = by_the_files_of_az(&home, &azure, &["login", UPDATE]);
    assert!(again.stderr.contains("the Azure CLI is signed in as ada@contoso.example already"), "{}", again.stderr);
    assert_eq!(files(), before);
    let run = by_the_files_of_az(&home, &azure, &["logout", UPDATE]);
    assert!(run.stderr.contains("signed out of the Azure CLI: ada@contoso.example"), "{}", run.stderr);
}

#[test]
fn all_users_of_the_cloud_are_signed_out_of_az_together() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser", UPDATE], None).success();
    login(&home, &azure, &["--no-browser", "--username", GRACE, UPDATE], None).success();
    let users = || {
        let mut users: Vec<_> = profile(&home).subscriptions().iter().map(|it| it.user.name.clone()).collect();
        users.dedup();
        users
    };
    assert_eq!(users(), [ADA, GRACE]);
    azml(&home, &azure, &["logout", "--all", UPDATE]).success();
    assert!(users().is_empty());
}
