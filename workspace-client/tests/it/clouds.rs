//! `azml cloud`, and where a cloud comes from.

use std::process::Command;
use std::time::{Duration, SystemTime};

use auth_core::http::HttpClient;
use auth_core::{Clock, Cloud, Env, ErrorKind};
use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::auth::InteractiveLoginAuthentication;
use workspace_client::clouds::{self, ChosenBy, CloudOrigin, Clouds};
use xtask::emulator::Emulator;

use crate::azml::{Home, snapshot};
use crate::emulator::{azml, json, login_with};

const RIG: &str = r#"{"name": "ignored", "isActive": true, "endpoints": {
    "activeDirectory": "https://login.rig.example", "activeDirectoryResourceId": "https://arm.rig.example/",
    "resourceManager": "https://arm.rig.example/", "portal": "https://portal.azure.rig", "gallery": "https://gallery.rig.example"},
    "suffixes": {"storageEndpoint": "core.rig"}}"#;

fn names(home: &Home, variables: &[(&str, &str)]) -> Vec<String> {
    let run = home.azml_with(&["cloud", "list", "--query", "[].[name, origin, isActive]", "-o", "tsv"], variables);
    run.success().lines().map(|line| line.replace('\t', " ")).collect()
}

fn metadata_url(azure: &Emulator) -> String {
    format!("{}/metadata/endpoints?api-version=2019-05-01", azure.https_url())
}

/// What a library sees in this home.
fn env(home: &Home, variables: &[(&str, &str)]) -> Env {
    let folders = home.variables().into_iter().map(|(name, path)| (name.to_owned(), path.display().to_string()));
    Env::fake(folders.chain(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))))
}

#[test]
fn the_known_clouds_are_shown_as_az_shows_them() {
    let home = Home::new();
    snapshot(&home, "cloud_list_table", &home.azml(&["cloud", "list", "-o", "table"]).success());
    snapshot(&home, "cloud_show_json", &home.azml(&["cloud", "show"]).success());
    let china = home.azml(&["cloud", "show", "-n", "AZURE_CHINA", "--query", "endpoints.activeDirectory", "-o", "tsv"]);
    assert_eq!(china.success(), "https://login.chinacloudapi.cn\n");
}

#[test]
fn a_cloud_that_is_set_is_used_from_then_on_and_logins_to_others_stay() {
    let (home, azure) = (Home::new(), Emulator::start());
    login_with(&home, &azure, &["--no-browser"], &[]).success();
    let run = home.azml(&["cloud", "set", "--name", "usgovernment"]);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "from now on the cloud is AzureUSGovernment\n"));
    let run = azml(&home, &azure, &["account", "get-access-token"]);
    assert!(run.code == 3 && run.stderr.contains("AzureUSGovernment"), "{}", run.stderr);
    login_with(&home, &azure, &["--no-browser"], &[]).success();
    assert_eq!(json(azml(&home, &azure, &["account", "show"]))["environmentName"], "AzureUSGovernment");
    home.azml(&["cloud", "set", "-n", "AzureCloud"]).success();
    assert_eq!(json(azml(&home, &azure, &["account", "show"]))["environmentName"], "AzureCloud");
    azml(&home, &azure, &["account", "get-access-token"]).success();
}

#[test]
fn the_argument_goes_before_the_variable_before_azml_before_the_cli() {
    let home = Home::new();
    let active = |args: &[&str], variables: &[(&str, &str)]| {
        let args = [args, &["cloud", "show", "--query", "name", "-o", "tsv"]].concat();
        home.azml_with(&args, variables).success().trim().to_owned()
    };
    assert_eq!(active(&[], &[]), "AzureCloud");
    home.write("azure/config", "[cloud]\nname = AzureChinaCloud\n");
    assert_eq!(active(&[], &[]), "AzureChinaCloud");
    home.azml(&["cloud", "set", "-n", "AzureUSGovernment"]).success();
    assert_eq!(active(&[], &[]), "AzureUSGovernment");
    let variable = [("AZUREML_CURRENT_CLOUD", "AzureCloud")];
    assert_eq!(active(&[], &variable), "AzureCloud");
    assert_eq!(active(&["--cloud", "AzureChinaCloud"], &variable), "AzureChinaCloud");
    let run = home.azml_with(&["cloud", "set", "-n", "AzureUSGovernment"], &variable);
    assert!(run.stderr.contains("note: AZUREML_CURRENT_CLOUD names \"AzureCloud\""), "{}", run.stderr);

    let chosen = |argument, variables: &[(&str, &str)]| {
        Clouds::load(&env(&home, variables), &Clock::default()).unwrap().choose(argument).unwrap()
    };
    assert_eq!(chosen(Some("public"), &variable).by, ChosenBy::Argument);
    assert_eq!(chosen(None, &variable).by, ChosenBy::Environment);
    assert_eq!((chosen(None, &[]).by, chosen(None, &[]).origin), (ChosenBy::Azml, CloudOrigin::BuiltIn));
}

#[test]
fn a_cloud_of_one_s_own_is_registered_from_a_file_from_json_or_from_options() {
    let home = Home::new();
    home.write("rig.json", RIG);
    let run = home.azml(&["cloud", "register", "-n", "Rig", "--cloud-config", "@rig.json"]);
    assert_eq!(run.stderr, "registered Rig, which signs in at https://login.rig.example/\n");
    home.azml(&["cloud", "register", "-n", "Rig 2", "--cloud-config", RIG, "--suffix-storage-endpoint", "core.two"])
        .success();
    home.azml(&[
        "cloud",
        "register",
        "-n",
        "Rig3",
        "--endpoint-resource-manager",
        "https://arm.three.example",
        "--endpoint-active-directory",
        "https://login.three.example",
        "--endpoint-active-directory-resource-id",
        "https://arm.three.example/",
    ])
    .success();
    home.write("azure/clouds.config", "[OfTheCli]\nendpoint_active_directory = https://login.cli.example\nendpoint_resource_manager = https://arm.cli.example\nendpoint_active_directory_resource_id = https://arm.cli.example/\n[Broken]\nendpoint_portal = https://p.example\n");
    let before = std::fs::read(home.path().join("azure/clouds.config")).unwrap();
    home.azml(&["cloud", "set", "-n", "rig"]).success();
    let run = home.azml(&["cloud", "list", "-o", "table"]);
    snapshot(&home, "cloud_list_own", &format!("{}{}", run.stdout, run.stderr));
    snapshot(&home, "cloud_show_own", &home.azml(&["cloud", "show"]).success());
    assert!(home.azml(&["doctor"]).stdout.contains("Rig, of azml cloud register: signs in at https://login.rig.example/, resources at https://arm.rig.example/; chosen by azml cloud set"));
    let suffix = home.azml(&["cloud", "show", "-n", "Rig 2", "--query", "suffixes.storageEndpoint", "-o", "tsv"]);
    assert_eq!(suffix.success(), "core.two\n");
    // What is shown can be registered again.
    let shown = home.azml(&["cloud", "show", "-n", "Rig3"]).success();
    home.azml(&["cloud", "unregister", "-n", "rig3"]).success();
    home.azml(&["cloud", "register", "-n", "Rig3", "--cloud-config", &shown]).success();
    assert_eq!(home.azml(&["cloud", "show", "-n", "Rig3"]).success(), shown);
    assert_eq!(std::fs::read(home.path().join("azure/clouds.config")).unwrap(), before);
}

#[test]
fn what_cannot_be_registered_set_or_forgotten_is_an_error_with_a_next_step() {
    let home = Home::new();
    home.write("rig.json", RIG);
    home.write("broken.json", "<html>");
    home.write("huge.json", &"x".repeat(300 << 10));
    home.write("azure/clouds.config", "[OfTheCli]\nendpoint_active_directory = https://login.cli.example\nendpoint_resource_manager = https://arm.cli.example\nendpoint_active_directory_resource_id = https://arm.cli.example/\n");
    home.azml(&["cloud", "register", "-n", "Rig", "--cloud-config", "rig.json"]).success();
    home.azml(&["cloud", "set", "-n", "Rig"]).success();
    let tell = |args: &[&str]| {
        let run = home.azml(&[&["cloud"], args].concat());
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{args:?}: {}", run.stderr);
        format!("azml cloud {}\n{}\n", args.join(" "), run.stderr)
    };
    let told: String = [
        &["show", "-n", "Rigg"][..],
        &["set", "-n", "Rigg"],
        &["unregister", "-n", "Rigg"],
        &["unregister", "-n", "AzureCloud"],
        &["unregister", "-n", "Rig"],
        &["unregister", "-n", "OfTheCli"],
        &["register", "-n", "RIG", "--cloud-config", "rig.json"],
        &["register", "-n", "AzurePublicCloud", "--cloud-config", "rig.json"],
        &["register", "-n", "New"],
        &["register", "-n", "New", "--cloud-config", "nowhere.json"],
        &["register", "-n", "New", "--cloud-config", "broken.json"],
        &["register", "-n", "New", "--cloud-config", "huge.json"],
        &[
            "register",
            "-n",
            "New",
            "--cloud-config",
            "rig.json",
            "--endpoint-active-directory",
            "http://login.rig.example",
        ],
        &[
            "register",
            "-n",
            "New",
            "--cloud-config",
            "rig.json",
            "--endpoint-portal",
            "https://ada:pass@portal.rig.example",
        ],
        &["register", "-n", "New", "--cloud-config", "rig.json", "--suffix-storage-endpoint", "evil.example/?"],
        &["register", "-n", "New", "--endpoint-resource-manager", "http://arm.rig.example"],
        &[
            "register",
            "-n",
            "New",
            "--endpoint-resource-manager",
            "https://arm.rig.example",
            "--skip-endpoint-discovery",
        ],
    ]
    .into_iter()
    .map(tell)
    .collect();
    snapshot(&home, "cloud_errors", &told);
    home.write("azml/clouds.json", "{");
    let run = home.azml(&["account", "show"]);
    assert!(run.code == 1 && run.stderr.contains("azml/clouds.json cannot be read"), "{}", run.stderr);
}

#[test]
fn azure_resource_manager_tells_the_rest_where_it_can() {
    let (home, azure) = (Home::new(), Emulator::start());
    let manager = azure.https_url();
    let run = azml(&home, &azure, &["cloud", "register", "-n", "Rig", "--endpoint-resource-manager", manager]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rig = json(azml(&home, &azure, &["cloud", "show", "-n", "Rig"]));
    assert_eq!(rig["endpoints"]["activeDirectory"], manager);
    assert_eq!(rig["endpoints"]["activeDirectoryResourceId"], "https://management.core.windows.net/");
    assert_eq!(rig["suffixes"]["keyvaultDns"], ".vault.azure.net");
    assert_eq!(azure.requests().len(), 1);
    assert!(!azure.requests()[0].headers.contains_key("authorization"));
}

#[test]
fn parallel_registrations_lose_nothing() {
    let home = Home::new();
    let children: Vec<_> = (0..8)
        .map(|index| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_azml"));
            command.env_clear().envs(home.variables()).args(["cloud", "register", "--cloud-config", RIG]);
            command.args(["-n", &format!("Rig{index}")]).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(names(&home, &[]).iter().filter(|line| line.ends_with("azml False")).count(), 8);
}

#[test]
fn a_table_of_clouds_takes_the_place_of_the_known_ones_and_is_asked_for_once() {
    let (home, azure) = (Home::new(), Emulator::start());
    let url = metadata_url(&azure);
    let table = [("ARM_CLOUD_METADATA_URL", url.as_str()), ("AZUREML_CURRENT_CLOUD", "LoopbackAzure")];
    let run = home.azml_with(&["account", "show"], &table);
    assert!(run.stderr.contains("UnknownIssuer") || run.stderr.contains("certificate"), "{}", run.stderr);
    let rest = azure.env();
    let reached: Vec<_> = rest.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(table).collect();
    assert_eq!(
        names(&home, &reached),
        [
            "LoopbackAzure metadata True",
            "AzureCloud metadata False",
            "AzureChinaCloud metadata False",
            "AzureUSGovernment metadata False"
        ]
    );
    login_with(&home, &azure, &["--no-browser"], &table).success();
    let accounts: Value = serde_json::from_str(&home.azml_with(&["account", "list"], &reached).success()).unwrap();
    assert_eq!(accounts[0]["cloudName"], "LoopbackAzure");
    assert_eq!(azure.requests().iter().filter(|request| request.path == "/metadata/endpoints").count(), 1);
    assert!(home.azml_with(&["doctor"], &table).stdout.contains("LoopbackAzure, of ARM_CLOUD_METADATA_URL: "));
    drop(azure);
    // From our copy.
    home.azml_with(&["account", "get-access-token"], &table).success();
    assert_eq!(names(&home, &[])[0], "AzureCloud built in True");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_table_stays_in_use_for_a_while_if_it_cannot_be_renewed() {
    let (home, azure) = (Home::new(), Emulator::start());
    let url = metadata_url(&azure);
    let mut variables = vec![("ARM_CLOUD_METADATA_URL", url.as_str())];
    let ca = azure.ca_file().display().to_string();
    variables.push(("SSL_CERT_FILE", &ca));
    let env = env(&home, &variables);
    let http = HttpClient::new(env.clone());
    let builder = || InteractiveLoginAuthentication::builder().env(env.clone()).cloud("loopbackazure");
    let error = builder().build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(azure.requests().is_empty(), "assembling asks nobody");
    clouds::refresh(&env, &http, &Clock::default()).await.unwrap();
    builder().build().unwrap();
    drop(azure);

    let later = |days: u64| Clock::fixed(SystemTime::now() + Duration::from_secs(days * 24 * 3600));
    clouds::refresh(&env, &http, &later(0)).await.unwrap();
    clouds::refresh(&env, &http, &later(2)).await.unwrap();
    builder().clock(later(29)).build().unwrap();
    let error = clouds::refresh(&env, &http, &later(31)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert_eq!(builder().clock(later(31)).build().unwrap_err().kind(), ErrorKind::Configuration);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_table_of_clouds_is_refused() {
    let home = Home::new();
    let ask = async |url: &str| {
        let env = env(&home, &[("ARM_CLOUD_METADATA_URL", url)]);
        clouds::refresh(&env, &HttpClient::new(env.clone()), &Clock::default()).await.unwrap_err()
    };
    for url in ["http://clouds.example/x", "https://ada:canary@clouds.example/x", "clouds", "file:///etc/passwd"] {
        let error = ask(url).await;
        assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    let server = MockServer::start().await;
    for answer in [
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_string("x".repeat(5 << 20)),
        ResponseTemplate::new(404),
        ResponseTemplate::new(302).insert_header("location", "https://clouds.example/"),
    ] {
        server.reset().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        assert_eq!(ask(&server.uri()).await.kind(), ErrorKind::Protocol);
    }
    assert!(!home.path().join("azml/cloud-metadata.json").exists());
}

#[test]
fn a_program_may_bring_its_own_cloud() {
    let home = Home::new();
    home.write("rig.json", RIG);
    let cloud = clouds::read(home.path().join("rig.json")).unwrap().build("Rig").unwrap();
    let builder = InteractiveLoginAuthentication::builder().env(env(&home, &[("AZUREML_CURRENT_CLOUD", "public")]));
    let auth = builder.clone().custom_cloud(cloud.clone()).build().unwrap();
    assert_eq!(auth_core::Authentication::cloud(&auth), &cloud);
    assert_eq!(auth_core::Authentication::cloud(&builder.build().unwrap()), &Cloud::public());
}
