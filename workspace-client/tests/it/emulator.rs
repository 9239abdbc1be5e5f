//! The command from the sign-in to a workspace, against the emulator.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use serde_json::Value;
use xtask::emulator::{Effect, Emulator, Fault, defaults};

use crate::azml::{Home, Run};

pub(crate) fn azml(home: &Home, azure: &Emulator, args: &[&str]) -> Run {
    let variables = azure.env();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    home.azml_with(args, &variables)
}

/// Runs `azml login`, and signs in as the emulator's first user at the URL that it prints.
pub(crate) fn login(home: &Home, azure: &Emulator, args: &[&str], browser: Option<&str>) -> Run {
    let browser: Vec<_> = browser.map(|browser| ("BROWSER", browser)).into_iter().collect();
    login_with(home, azure, args, &browser)
}

pub(crate) fn login_with(home: &Home, azure: &Emulator, args: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_azml"))
        .env_clear()
        .envs(home.variables())
        .envs(azure.env())
        .envs(variables.iter().copied())
        .current_dir(home.path())
        .arg("login")
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut stderr = String::new();
    let url = loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap() == 0 {
            break None;
        }
        stderr.push_str(&line);
        if line.trim().starts_with("https://") {
            break Some(line.trim().to_owned());
        }
    };
    if let Some(url) = url {
        assert_eq!(azure.auto_approve(&url).status, 200);
    }
    lines.read_to_string(&mut stderr).unwrap();
    let output = child.wait_with_output().unwrap();
    Run { code: output.status.code().unwrap(), stdout: String::from_utf8(output.stdout).unwrap(), stderr }
}

pub(crate) fn json(run: Run) -> Value {
    serde_json::from_str(&run.success()).unwrap()
}

#[test]
fn a_login_lists_the_subscriptions_of_every_tenant_and_then_everything_works() {
    let (home, azure) = (Home::new(), Emulator::start());
    let run = login(&home, &azure, &["--no-browser"], None);
    assert!(run.stderr.starts_with("To sign in, open this URL"), "{}", run.stderr);
    let accounts = json(run);
    let names: Vec<_> = accounts.as_array().unwrap().iter().map(|account| account["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ML Development", "ML Production", "Shared Research"]);
    assert_eq!(accounts[0]["isDefault"], true);
    assert_eq!(accounts[0]["user"]["name"], defaults::ADA);
    assert_eq!(accounts[2]["tenantId"], defaults::FABRIKAM);
    assert_eq!(json(azml(&home, &azure, &["account", "list"])), accounts);
    assert_eq!(json(azml(&home, &azure, &["account", "show"]))["id"], defaults::SUBSCRIPTION);

    let names = ["--resource-group", defaults::RESOURCE_GROUP, "--name", defaults::WORKSPACE];
    let shown = json(azml(&home, &azure, &[&["workspace", "show"][..], &names].concat()));
    assert_eq!((&shown["location"], &shown["name"]), (&defaults::LOCATION.into(), &defaults::WORKSPACE.into()));
    insta::with_settings!({filters => vec![(r#"https?://[^\s"]+"#, "[url]")], omit_expression => true}, {
        let show = |format| azml(&home, &azure, &[&["workspace", "show", "-o", format][..], &names].concat()).success();
        insta::assert_snapshot!("workspace_show_json", show("json"));
        insta::assert_snapshot!("workspace_show_table", show("table"));
    });

    azure.clear_requests();
    let list = ["workspace", "list", "--subscription", "shared research", "-o", "table"];
    insta::assert_snapshot!("workspace_list_table", azml(&home, &azure, &list).success());
    assert!(azure.requests().iter().all(|request| request.method == "GET"), "the token of the tenant was saved");
    let all = azml(&home, &azure, &["workspace", "list", "--query", "[].name", "-o", "tsv"]).success();
    assert_eq!(all.split_whitespace().collect::<Vec<_>>(), [defaults::WORKSPACE, "ml-staging", "ml-test"]);

    let told = azml(&home, &azure, &["logout"]).stderr;
    assert!(told.starts_with("signed out of AzureCloud: ada@contoso.example\n"), "{told}");
    assert_eq!(azml(&home, &azure, &["account", "show"]).code, 3);
    assert_eq!(azml(&home, &azure, &["account", "get-access-token"]).code, 3);
}

#[cfg(unix)]
#[test]
fn the_browser_gets_the_same_url_that_is_printed() {
    use std::os::unix::fs::PermissionsExt as _;
    let (home, azure) = (Home::new(), Emulator::start());
    let (script, seen) = (home.path().join("browser"), home.path().join("seen"));
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    std::fs::write(&script, format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{}'\n", seen.display())).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    let run = login(&home, &azure, &["--tenant", defaults::CONTOSO_DOMAIN], Some(script.to_str().unwrap()));
    assert!(run.stderr.starts_with("Your browser opens to sign in."), "{}", run.stderr);
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(run.stderr.contains(seen.trim()) && seen.lines().count() == 1, "{seen}");
    let accounts = json(run);
    assert_eq!(accounts.as_array().unwrap().len(), 2);
    assert!(accounts.as_array().unwrap().iter().all(|account| account["tenantId"] == defaults::CONTOSO));
}

#[test]
fn a_login_that_is_there_is_used_again_without_a_person() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    azure.clear_requests();
    let again = login(&home, &azure, &["--no-browser"], None);
    assert_eq!((again.code, again.stderr.as_str()), (0, ""));
    assert!(azure.requests().iter().all(|request| !request.path.ends_with("/authorize")));
}

#[test]
fn a_login_of_the_cli_is_used_and_its_list_is_left_to_the_cli() {
    let (home, azure) = (Home::with_cli_login(), Emulator::start());
    let run = login(&home, &azure, &["--no-browser"], None);
    // The emulator does not know this login, so it lists nothing; the Azure CLI has its own list.
    assert!(run.stderr.contains("warning: the tenants cannot be listed"), "{}", run.stderr);
    let names = json(run).as_array().unwrap().iter().map(|account| account["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names, ["Research Dev", "Research Prod", "Partner Shared"]);
    assert!(!home.path().join("azml/profile.json").exists());
}

#[test]
fn a_tenant_that_refuses_is_told_and_the_others_are_listed() {
    let (home, azure) = (Home::new(), Emulator::start());
    azure.change_world(|world| world.tenants[1].requires_mfa = true);
    let run = login(&home, &azure, &["--no-browser"], None);
    let warning = format!("warning: the subscriptions of tenant {} are not listed", defaults::FABRIKAM);
    assert!(run.stderr.contains(&warning), "{}", run.stderr);
    assert!(run.stderr.contains(&format!("azml login --tenant {}", defaults::FABRIKAM)), "{}", run.stderr);
    assert_eq!(json(run).as_array().unwrap().len(), 2);
}

#[test]
fn a_login_whose_subscriptions_cannot_be_listed_is_a_login() {
    let (home, azure) = (Home::new(), Emulator::start());
    azure.add_fault(Fault::new("/tenants", Effect::status(403)));
    let run = login(&home, &azure, &["--no-browser"], None);
    assert!(run.stderr.contains("warning: the tenants cannot be listed"), "{}", run.stderr);
    assert_eq!(json(run)[0]["name"], "N/A(tenant level account)");
    azml(&home, &azure, &["account", "get-access-token"]).success();
}

#[test]
fn what_cannot_be_listed_now_does_not_change_the_list_or_the_choice() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    let profile = || std::fs::read_to_string(home.path().join("azml/profile.json")).unwrap();
    azml(&home, &azure, &["account", "set", "-s", "Shared Research"]).success();
    let before = profile();

    azure.add_fault(Fault::new("/tenants", Effect::status(403)));
    let run = login(&home, &azure, &["--no-browser"], None);
    assert_eq!((run.code, profile()), (0, before.clone()), "{}", run.stderr);
    assert!(run.stderr.contains("the list of subscriptions is as it was"), "{}", run.stderr);
    assert!(!run.stderr.contains("no subscription was found"), "{}", run.stderr);
    azure.clear_faults();

    // A new token of that tenant is needed, and refused.
    let refusal = serde_json::json!({"error": "invalid_request", "error_description": "AADSTS50000: refused"});
    let effect = Effect::OauthError { status: 400, json: refusal };
    azure.add_fault(Fault::new(format!("/{}/oauth2", defaults::FABRIKAM), effect));
    std::fs::remove_dir_all(home.path().join("azml/tokens")).unwrap();
    let run = login(&home, &azure, &["--no-browser"], None);
    assert!(run.stderr.contains("are not listed"), "{}", run.stderr);
    let shown = json(azml(&home, &azure, &["account", "show"]));
    assert_eq!(shown["id"], defaults::FABRIKAM_SUBSCRIPTION, "the choice lies in the tenant that refuses");
    assert_eq!(json(run).as_array().unwrap().len(), 3);
}

#[test]
fn a_login_sets_a_damaged_list_aside_and_makes_a_new_one() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    home.write("azml/profile.json", "{ damaged");
    let run = azml(&home, &azure, &["account", "show"]);
    assert!(run.code == 1 && run.stderr.contains("next: azml login sets it aside"), "{}", run.stderr);
    let run = login(&home, &azure, &["--no-browser"], None);
    assert!(run.stderr.contains("profile.json.corrupt now"), "{}", run.stderr);
    assert_eq!(json(run).as_array().unwrap().len(), 3);
    assert_eq!(std::fs::read_to_string(home.path().join("azml/profile.json.corrupt")).unwrap(), "{ damaged");
}

#[test]
fn a_login_that_is_kept_in_memory_only_is_told() {
    let (home, azure) = (Home::new(), Emulator::start());
    let run = login_with(&home, &azure, &["--no-browser"], &[("AZML_PROTECTION", "memory")]);
    assert!(run.stderr.contains("the next command must sign in again"), "{}", run.stderr);
}

#[test]
fn a_logout_names_the_logins_of_other_clouds() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    login(&home, &azure, &["--no-browser", "--cloud", "AzureChinaCloud"], None).success();
    let run = azml(&home, &azure, &["logout", "--all", "-o", "json"]);
    let command = "azml logout --cloud AzureChinaCloud --username ada@contoso.example";
    let told = format!("still signed in with azml to AzureChinaCloud: ada@contoso.example; {command}\n");
    assert!(run.stderr.contains(&told), "{}", run.stderr);
    assert_eq!(json(run)["remains"][0]["endsWith"], command);
    let listed = json(azml(&home, &azure, &["account", "list", "--all"]));
    assert_eq!(listed[0]["cloudName"], "AzureChinaCloud", "{listed}");
    let words: Vec<_> = command.split(' ').skip(1).collect();
    azml(&home, &azure, &words).success();
    assert_eq!(json(azml(&home, &azure, &["logout", "--all", "-o", "json"]))["remains"], serde_json::json!([]));
}

#[test]
fn a_workspace_that_is_not_there_is_reported_with_the_next_step() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    let run = azml(&home, &azure, &["workspace", "show", "-g", defaults::RESOURCE_GROUP, "-n", "ml-none"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    insta::with_settings!({filters => vec![(r"correlation id [0-9a-f-]{36}", "correlation id [id]")]}, {
        insta::assert_snapshot!("workspace_not_found", run.stderr);
    });
}

#[test]
fn the_workspace_of_the_folder_is_shown_without_naming_it() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    let ws = workspace_client::Workspace::new(defaults::FABRIKAM_SUBSCRIPTION, "rg-shared", "ml-shared");
    ws.write_config(home.path()).unwrap();
    assert_eq!(json(azml(&home, &azure, &["workspace", "show"]))["name"], "ml-shared");
    let defaults = [("AZURE_DEFAULTS_GROUP", defaults::RESOURCE_GROUP), ("AZURE_DEFAULTS_WORKSPACE", "ml-test")];
    let variables = azure.env();
    let variables = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(defaults);
    std::fs::remove_dir_all(home.path().join(".azureml")).unwrap();
    assert_eq!(json(home.azml_with(&["workspace", "show"], &variables.collect::<Vec<_>>()))["name"], "ml-test");
}

#[test]
fn a_login_that_cannot_be_saved_is_an_error_that_says_so() {
    let (home, azure) = (Home::new(), Emulator::start());
    home.write("azml/tokens/key", "this is no key");
    let run = login(&home, &azure, &["--no-browser"], None);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("error: you are signed in, but the login could not be saved: "), "{}", run.stderr);
    assert!(run.stderr.contains("azml/tokens/key"), "{}", run.stderr);
}

#[test]
fn where_a_login_could_not_be_kept_nobody_is_asked_to_sign_in() {
    let (home, azure) = (Home::new(), Emulator::start());
    home.write("azml", "a file in the folder's place");
    let run = login(&home, &azure, &["--no-browser"], None);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("cannot be written to, so nothing can be kept there"), "{}", run.stderr);
    assert!(azure.requests().is_empty());
}

#[test]
fn a_broken_login_of_the_cli_does_not_keep_a_person_from_signing_in() {
    let (home, azure) = (Home::with_cli_login(), Emulator::start());
    home.write("azure/msal_token_cache.json", "{");
    assert_eq!(azml(&home, &azure, &["account", "get-access-token"]).code, 1);
    let run = login(&home, &azure, &["--no-browser"], None);
    assert!(run.stderr.contains("warning: ") && run.stderr.contains("msal_token_cache.json"), "{}", run.stderr);
    assert_eq!(json(run)[0]["user"]["name"], defaults::ADA);
    azml(&home, &azure, &["account", "get-access-token"]).success();
}

#[test]
fn each_cloud_keeps_its_default_subscription() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    login(&home, &azure, &["--no-browser", "--cloud", "AzureChinaCloud"], None).success();
    assert_eq!(json(azml(&home, &azure, &["account", "show"]))["environmentName"], "AzureCloud");
    let china = json(azml(&home, &azure, &["account", "show", "--cloud", "AzureChinaCloud"]));
    assert_eq!(china["environmentName"], "AzureChinaCloud");
    azml(&home, &azure, &["logout", "--cloud", "AzureChinaCloud"]);
    let run = azml(&home, &azure, &["account", "get-access-token", "--cloud", "AzureChinaCloud"]);
    assert!(run.stderr.ends_with("next: azml login --cloud AzureChinaCloud\n"), "{}", run.stderr);
    azml(&home, &azure, &["account", "show"]).success();
}

#[test]
fn a_browser_that_does_not_open_is_told() {
    let (home, azure) = (Home::new(), Emulator::start());
    let run = login(&home, &azure, &["--timeout", "60"], Some("/nowhere/browser"));
    assert!(run.stderr.contains("warning: no browser could be opened"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_file_keeps_nobody_waiting() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    let mkfifo = |path: &std::path::Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    std::fs::remove_file(home.path().join("azml/profile.json")).unwrap();
    mkfifo(&home.path().join("azml/profile.json"));
    let run = azml(&home, &azure, &["account", "show"]);
    assert!(run.code == 1 && run.stderr.contains("it is not a plain file"), "{}", run.stderr);
    azml(&home, &azure, &["account", "get-access-token"]).success();

    mkfifo(&home.path().join("ca"));
    let ca = home.path().join("ca").display().to_string();
    let run = home.azml_with(&["account", "get-access-token", "--resource-type", "ml"], &[("SSL_CERT_FILE", &ca)]);
    assert!(run.code == 1 && run.stderr.contains("SSL_CERT_FILE names"), "{}", run.stderr);
}

#[test]
fn a_logout_removes_what_was_renewed_from_the_login_of_the_cli() {
    let (home, azure) = (Home::with_cli_login(), Emulator::start());
    let cache = std::fs::read_to_string(home.path().join("azure/msal_token_cache.json")).unwrap();
    let mut cache: Value = serde_json::from_str(&cache).unwrap();
    cache["AccessToken"] = serde_json::json!({});
    for token in cache["RefreshToken"].as_object_mut().unwrap().values_mut() {
        token["secret"] = azure.issue_refresh_token(defaults::ADA).into();
    }
    home.write("azure/msal_token_cache.json", &cache.to_string());
    let records = || {
        let entries = std::fs::read_dir(home.path().join("azml/tokens")).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "azml")).count()
    };
    azml(&home, &azure, &["account", "get-access-token", "--tenant", defaults::CONTOSO]).success();
    assert_eq!(records(), 1);
    azml(&home, &azure, &["logout"]).success();
    assert_eq!(records(), 0);
}

#[test]
fn a_damaged_login_is_an_error_until_somebody_signs_in_again() {
    let (home, azure) = (Home::with_cli_login(), Emulator::start());
    login(&home, &azure, &["--no-browser", "--force"], None).success();
    let entries = std::fs::read_dir(home.path().join("azml/tokens")).unwrap().map(|entry| entry.unwrap().path());
    let records = entries.filter(|path| path.extension().is_some_and(|extension| extension == "azml"));
    // The smaller one only names the account.
    let record = records.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    std::fs::File::options().write(true).open(record).unwrap().set_len(40).unwrap();
    for _ in 0..2 {
        let run = azml(&home, &azure, &["account", "get-access-token"]);
        assert_eq!(run.code, 1, "the login of the CLI is another identity: {}", run.stderr);
        assert!(run.stderr.contains("it is damaged") && run.stderr.contains("azml login"), "{}", run.stderr);
    }
    login(&home, &azure, &["--no-browser"], None).success();
    azml(&home, &azure, &["account", "get-access-token"]).success();
}
