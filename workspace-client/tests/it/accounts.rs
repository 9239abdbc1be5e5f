//! Several accounts side by side.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use auth_cache::{FileStore, Protection};
use auth_core::claims::Claims;
use auth_core::interactive::Browser;
use auth_core::{Account, Authentication as _, Cloud, Env, ErrorKind, Partition, TokenRequest, TokenStore};
use tempfile::TempDir;
use workspace_client::auth::{InteractiveLoginAuthentication, InteractiveLoginBuilder};
use xtask::emulator::defaults::{ADA, GRACE};
use xtask::emulator::{Emulator, defaults};

use crate::azml::Home;
use crate::emulator::{azml, json, login};
use crate::support::{CHILD, Person, child, environment, tomorrow};

fn store(home: &Path) -> FileStore {
    FileStore::new(home.join("tokens")).with_protection(Protection::file())
}

fn builder(home: &Path, env: Env) -> InteractiveLoginBuilder {
    InteractiveLoginAuthentication::builder().env(env).store(Arc::new(store(home))).browser(Browser::None)
}

fn auth(home: &Path, azure: &Emulator) -> InteractiveLoginBuilder {
    builder(home, Env::fake(environment(home, azure)))
}

async fn sign_in(home: &Path, azure: &Emulator, user: &'static str) -> InteractiveLoginAuthentication {
    auth(home, azure).force(true).prompt(Person::named(azure, user)).login().await.unwrap()
}

async fn user_of(auth: &InteractiveLoginAuthentication) -> Result<String, auth_core::Error> {
    let token = auth.token(&TokenRequest::arm(&Cloud::public())).await?;
    Ok(Claims::peek(token.secret().expose()).unwrap().upn.unwrap())
}

fn username(account: &Account) -> &str {
    account.username.as_deref().unwrap()
}

#[tokio::test]
async fn two_accounts_lie_side_by_side_and_an_object_stays_with_its_own() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let ada = sign_in(home.path(), &azure, ADA).await;
    let first = auth(home.path(), &azure).clock(tomorrow()).build().unwrap();
    assert_eq!(user_of(&first).await.unwrap(), ADA);
    let grace = sign_in(home.path(), &azure, GRACE).await;
    assert_eq!(user_of(&ada).await.unwrap(), ADA);
    assert_eq!(user_of(&first).await.unwrap(), ADA, "whoever signs in elsewhere does not change who this is");
    assert_eq!(user_of(&grace).await.unwrap(), GRACE);
    assert_eq!(user_of(&auth(home.path(), &azure).build().unwrap()).await.unwrap(), GRACE, "who signed in last");
    let as_ada = auth(home.path(), &azure).login_hint("ADA@contoso.example").clock(tomorrow()).build().unwrap();
    assert_eq!(user_of(&as_ada).await.unwrap(), ADA);
    let id = as_ada.account().await.unwrap().unwrap().home_account_id.unwrap();
    assert_eq!(user_of(&auth(home.path(), &azure).login_hint(id).build().unwrap()).await.unwrap(), ADA);
    as_ada.make_current().await.unwrap();
    assert_eq!(user_of(&auth(home.path(), &azure).build().unwrap()).await.unwrap(), ADA);

    let stranger = auth(home.path(), &azure).login_hint("nobody@contoso.example").build().unwrap();
    let error = user_of(&stranger).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interaction);
    assert_eq!(error.help(), Some("azml login --username nobody@contoso.example"));
}

#[tokio::test]
async fn a_sign_out_of_one_account_leaves_the_others() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure, ADA).await;
    let grace = sign_in(home.path(), &azure, GRACE).await;
    let done = grace.sign_out().await.unwrap();
    assert_eq!(done.removed.iter().map(username).collect::<Vec<_>>(), [GRACE]);
    assert_eq!(done.remaining.iter().map(username).collect::<Vec<_>>(), [ADA]);
    assert_eq!(done.current.as_ref().map(username), Some(ADA));
    assert_eq!(user_of(&grace).await.unwrap_err().kind(), ErrorKind::Interaction, "it does not turn into Ada");
    let ada = auth(home.path(), &azure).build().unwrap();
    assert_eq!(user_of(&ada).await.unwrap(), ADA);
    assert!(ada.sign_out().await.unwrap().remaining.is_empty());
    assert!(store(home.path()).partitions().await.unwrap().is_empty(), "the last one takes the pointer with it");
    assert!(!home.path().join("tokens/key").exists(), "and the key");
}

#[tokio::test]
async fn where_no_account_is_the_current_one_nobody_is_picked_by_chance() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure, ADA).await;
    sign_in(home.path(), &azure, GRACE).await;
    let pointer = store(home.path()).partitions().await.unwrap().into_iter().min().unwrap();
    let wait = std::time::Duration::from_secs(5);
    store(home.path()).lock(&pointer, wait).await.unwrap().remove().await.unwrap();
    let error = user_of(&auth(home.path(), &azure).build().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interaction);
    insta::assert_snapshot!(format!("{error}\n{}", error.help().unwrap()), @r"
    2 accounts are signed in to AzureCloud, and none is the current one: ada@contoso.example, grace@fabrikam.example
    choose one with azml account set --subscription <id or name>, or sign in with azml login
    ");
    auth(home.path(), &azure).login_hint(ADA).build().unwrap().sign_out().await.unwrap();
    assert_eq!(user_of(&auth(home.path(), &azure).build().unwrap()).await.unwrap(), GRACE, "there is no choice");
}

#[tokio::test]
async fn a_login_of_the_earlier_layout_is_taken_over() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure, ADA).await;
    let (store, wait) = (store(home.path()), std::time::Duration::from_secs(5));
    let mut partitions = store.partitions().await.unwrap();
    partitions.sort();
    let [pointer, own]: [Partition; 2] = partitions.try_into().unwrap();
    assert!(own.is_within(&pointer));
    let record = store.load(&own).await.unwrap().unwrap();
    store.lock(&pointer, wait).await.unwrap().save(&record).await.unwrap();
    store.lock(&own, wait).await.unwrap().remove().await.unwrap();

    let later = auth(home.path(), &azure).clock(tomorrow()).build().unwrap();
    assert_eq!(user_of(&later).await.unwrap(), ADA);
    let named = store.load(&pointer).await.unwrap().unwrap();
    assert!(named.refresh_token.is_none() && named.tokens.is_empty() && named.account == record.account);
    assert!(store.load(&own).await.unwrap().unwrap().refresh_token.is_some());
}

#[tokio::test]
async fn a_login_hint_reaches_the_sign_in_page_and_another_user_is_told() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let page = |azure: &Emulator| {
        azure.requests().into_iter().find(|request| request.path.ends_with("/authorize")).unwrap().query
    };
    let grace = auth(home.path(), &azure).login_hint(GRACE).prompt(Person::new(&azure)).login().await.unwrap();
    assert_eq!(user_of(&grace).await.unwrap(), GRACE);
    let asked = page(&azure);
    assert_eq!((asked.get("login_hint").map(String::as_str), asked.get("prompt")), (Some(GRACE), None));

    azure.clear_requests();
    let (log, _guard) = xtask::log::Log::of_this_thread();
    let other = auth(home.path(), &azure).login_hint("new@contoso.example").prompt(Person::named(&azure, ADA));
    let other = other.login().await.unwrap();
    assert_eq!(username(&other.account().await.unwrap().unwrap()), ADA);
    assert!(log.text().contains("the sign-in was made as ada@contoso.example, not as new@contoso.example"));
    assert_eq!(other.accounts().await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_are_two_accounts_at_the_same_time() {
    if let Some(home) = std::env::var_os(CHILD) {
        let user = Env::process().var("AZML_TEST_USER").unwrap();
        let auth = builder(Path::new(&home), Env::process()).login_hint(&user).clock(tomorrow()).build().unwrap();
        for _ in 0..20 {
            assert_eq!(user_of(&auth).await.unwrap(), user);
            auth.make_current().await.unwrap();
        }
        return;
    }
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure, ADA).await;
    sign_in(home.path(), &azure, GRACE).await;
    let test = "accounts::two_processes_are_two_accounts_at_the_same_time";
    let start = |user| child(test, home.path(), &azure).env("AZML_TEST_USER", user).spawn().unwrap();
    for child in [ADA, GRACE, ADA, GRACE].map(start) {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_while_the_current_account_changes_leaves_one_that_is_whole() {
    if let Some(home) = std::env::var_os(CHILD) {
        for user in [ADA, GRACE].into_iter().cycle() {
            let auth = builder(Path::new(&home), Env::process()).login_hint(user).build().unwrap();
            auth.make_current().await.unwrap();
            let _ = writeln!(std::io::stderr(), "changed");
        }
    }
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure, ADA).await;
    sign_in(home.path(), &azure, GRACE).await;
    let test = "accounts::whoever_is_killed_while_the_current_account_changes_leaves_one_that_is_whole";
    for round in 0..12 {
        let mut child = child(test, home.path(), &azure).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert_eq!(lines.take(3 + round).filter(|line| line.as_ref().unwrap() == "changed").count(), 3 + round);
        child.kill().unwrap();
        child.wait().unwrap();
        let auth = auth(home.path(), &azure).build().unwrap();
        assert!([ADA, GRACE].contains(&user_of(&auth).await.unwrap().as_str()));
        assert_eq!(auth.accounts().await.unwrap().len(), 2);
    }
}

#[test]
fn azml_switches_between_accounts_and_signs_out_one_at_a_time() {
    let (home, azure) = (Home::new(), Emulator::start());
    let token_user = |args: &[&str]| {
        let args = [&["account", "get-access-token", "--query", "accessToken", "-o", "tsv"][..], args].concat();
        Claims::peek(azml(&home, &azure, &args).success().trim()).unwrap().upn.unwrap()
    };
    login(&home, &azure, &["--no-browser"], None).success();
    let added = json(login(&home, &azure, &["--no-browser", "--username", GRACE], None));
    assert!(added.as_array().unwrap().iter().all(|it| it["user"]["name"] == GRACE), "{added}");
    let listed = json(azml(&home, &azure, &["account", "list"]));
    let users: Vec<_> = listed.as_array().unwrap().iter().map(|it| it["user"]["name"].as_str().unwrap()).collect();
    assert_eq!(users, [ADA, ADA, GRACE], "who signed in last lists what both can see");
    assert_eq!(token_user(&[]), GRACE);
    assert_eq!(token_user(&["-s", "ML Production"]), ADA);

    azml(&home, &azure, &["account", "set", "--subscription", "ml production"]).success();
    assert_eq!(json(azml(&home, &azure, &["account", "show"]))["id"], defaults::PRODUCTION_SUBSCRIPTION);
    assert_eq!(token_user(&[]), ADA);
    azure.clear_requests();
    login(&home, &azure, &["--no-browser", "--username", GRACE], None).success();
    assert!(azure.requests().iter().all(|request| !request.path.ends_with("/authorize")), "she is signed in already");
    assert_eq!(token_user(&[]), GRACE);

    let run = azml(&home, &azure, &["logout", "-o", "json"]);
    insta::with_settings!({filters => vec![(home.path().to_str().unwrap(), "[home]")], omit_expression => true}, {
        insta::assert_snapshot!("logout_of_one", format!("{}{}", run.stderr, run.stdout));
    });
    assert_eq!(token_user(&[]), ADA);
    let unknown = azml(&home, &azure, &["account", "set", "-s", "Shared Research"]);
    assert_eq!(unknown.code, 1, "{}", unknown.stderr);
    assert_eq!(azml(&home, &azure, &["logout", "--all"]).code, 0);
    assert_eq!(azml(&home, &azure, &["account", "get-access-token"]).code, 3);
}

#[test]
fn a_sign_in_as_another_person_than_the_one_asked_for_fails_and_changes_no_choice() {
    let (home, azure) = (Home::new(), Emulator::start());
    let profile = || std::fs::read_to_string(home.path().join("azml/profile.json")).unwrap();
    let user = || json(azml(&home, &azure, &["account", "show"]))["user"]["name"].clone();
    let first = login(&home, &azure, &["--no-browser", "--username", "nobody@contoso.example"], None);
    assert_eq!(first.code, 1, "{}", first.stderr);
    let error = "error: the sign-in was made as ada@contoso.example, not as nobody@contoso.example";
    assert!(first.stderr.contains(error), "{}", first.stderr);
    assert_eq!(user(), ADA, "there was nobody before");
    login(&home, &azure, &["--no-browser", "--username", GRACE], None).success();
    let before = profile();
    let again = login(&home, &azure, &["--no-browser", "--username", "nobody@contoso.example"], None);
    assert!(again.code == 1 && again.stderr.contains("next: azml login --username ada@contoso.example"), "{before}");
    assert_eq!(user(), GRACE);
    let token = azml(&home, &azure, &["account", "get-access-token", "--query", "accessToken", "-o", "tsv"]).success();
    assert_eq!(Claims::peek(token.trim()).unwrap().upn.as_deref(), Some(GRACE));
}

#[test]
fn a_choice_from_the_list_of_the_cli_is_kept_by_azml_alone() {
    let home = Home::with_cli_login();
    let before = std::fs::read(home.path().join("azure/azureProfile.json")).unwrap();
    let run = home.azml(&["account", "set", "-n", "research prod"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    insta::assert_snapshot!(run.stderr, @"note: azml goes by this choice, az does not: its files are left alone without --update-azure-cli");
    assert_eq!(home.azml(&["account", "show", "--query", "name", "-o", "tsv"]).success(), "Research Prod\n");
    let default = ["account", "list", "--query", "[?isDefault].name", "-o", "tsv"];
    assert_eq!(home.azml(&default).success(), "Research Prod\n");
    home.azml(&["account", "get-access-token"]).success();
    assert_eq!(std::fs::read(home.path().join("azure/azureProfile.json")).unwrap(), before);
}

#[test]
fn parallel_choices_lose_nothing() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    login(&home, &azure, &["--no-browser", "--cloud", "AzureChinaCloud"], None).success();
    std::thread::scope(|scope| {
        for cloud in ["AzureCloud", "AzureChinaCloud"].into_iter().cycle().take(16) {
            let (home, azure) = (&home, &azure);
            scope.spawn(move || {
                azml(home, azure, &["account", "set", "-s", "ML Production", "--cloud", cloud]).success();
            });
        }
    });
    for cloud in ["AzureCloud", "AzureChinaCloud"] {
        let shown = json(azml(&home, &azure, &["account", "show", "--cloud", cloud]));
        assert_eq!((&shown["name"], &shown["environmentName"]), (&"ML Production".into(), &cloud.into()));
    }
}
