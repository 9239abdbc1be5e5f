//! Applications and runs, through azml and through the library, against the emulator.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use auth_core::interactive::Browser;
use auth_core::{AccessToken, Authentication as _, Clock, Cloud, Env, Error, ErrorKind, MemoryStore, TokenRequest};
use tempfile::TempDir;
use workspace_client::auth::{InteractiveLoginAuthentication, RunTokenAuthentication};
use xtask::emulator::defaults::{
    CONTOSO, FABRIKAM, GITHUB_ISSUER, GITHUB_REQUEST_TOKEN, GITHUB_SUBJECT, PIPELINES_ACCESS_TOKEN, PIPELINES_ISSUER,
    PIPELINES_SUBJECT, RESOURCE_GROUP, SERVICE_CONNECTION, SERVICE_PRINCIPAL_ID, SERVICE_PRINCIPAL_SECRET,
    SUBSCRIPTION, WORKSPACE,
};
use xtask::emulator::{ClientCertificate, Emulator, FederatedCredential};

use crate::azml::{Home, Run};
use crate::emulator::{azml, json, login, login_with};
use crate::support::{CHILD, child, environment, sign_in};

const APPLICATION: [&str; 5] = ["--service-principal", "-u", SERVICE_PRINCIPAL_ID, "-t", CONTOSO];
const SECRET: (&str, &str) = ("AZURE_CLIENT_SECRET", SERVICE_PRINCIPAL_SECRET);
const RUN: &str = "brave_run_1";

fn login_application(home: &Home, azure: &Emulator, more: &[&str], variables: &[(&str, &str)]) -> Run {
    login_with(home, azure, &[&APPLICATION, more].concat(), variables)
}

fn federate(azure: &Emulator, issuer: &str, subject: &str) {
    azure.change_world(|world| {
        world.service_principals[0].federated_credentials.push(FederatedCredential {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audience: "api://AzureADTokenExchange".to_owned(),
        });
    });
}

fn is_anywhere(folder: &Path, secret: &str) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            is_anywhere(&path, secret)
        } else {
            std::fs::read(&path).unwrap().windows(secret.len()).any(|window| window == secret.as_bytes())
        }
    })
}

#[test]
fn an_application_signs_in_is_listed_renews_and_signs_out_like_a_person() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    let accounts = json(login_application(&home, &azure, &[], &[SECRET]));
    assert_eq!(accounts[0]["user"], serde_json::json!({"name": SERVICE_PRINCIPAL_ID, "type": "servicePrincipal"}));
    assert_eq!(json(azml(&home, &azure, &["account", "show"]))["user"]["name"], SERVICE_PRINCIPAL_ID);
    azure.clear_requests();
    let workspace = ["workspace", "show", "-g", RESOURCE_GROUP, "-n", WORKSPACE, "--query", "location", "-o", "tsv"];
    assert_eq!(azml(&home, &azure, &workspace).success(), "westeurope\n");
    // Another resource needs another token, for which the credential that was kept is used, without a variable.
    azml(&home, &azure, &["account", "get-access-token", "--resource", "https://ml.azure.com"]).success();
    let grants: Vec<_> = azure.requests().into_iter().filter_map(|it| it.form.get("grant_type").cloned()).collect();
    assert!(!grants.is_empty() && grants.iter().all(|grant| grant == "client_credentials"), "{grants:?}");
    assert!(!is_anywhere(home.path(), SERVICE_PRINCIPAL_SECRET));
    for secret in azure.secrets() {
        assert!(!is_anywhere(home.path(), &secret));
    }
    let run = azml(&home, &azure, &["logout", "--username", SERVICE_PRINCIPAL_ID]);
    assert!(run.stderr.contains(&format!("signed out of AzureCloud: {SERVICE_PRINCIPAL_ID}")), "{}", run.stderr);
    assert!(run.stderr.contains("still signed in with azml: ada@contoso.example"), "{}", run.stderr);
    assert_eq!(json(azml(&home, &azure, &["account", "show"]))["user"]["type"], "user");
    azml(&home, &azure, &["account", "get-access-token"]).success();
}

#[test]
fn every_credential_is_kept_and_those_in_files_are_read_again() {
    let (azure, certificate) = (Emulator::start(), ClientCertificate::rsa());
    federate(&azure, "https://cluster.example", "trainer");
    azure.change_world(|world| world.service_principals[0].certificates.push(certificate.registration()));
    let token = || azure.issue_federated_token("https://cluster.example", "trainer", Duration::from_secs(600));
    for options in [
        ["--certificate", "both.pem"],
        ["--federated-token-file", "token"],
        ["--federated-token", "@token"],
        ["--password", "@secret"],
    ] {
        let home = Home::new();
        home.write("both.pem", &certificate.pem());
        home.write("token", &token());
        home.write("secret", &format!("{SERVICE_PRINCIPAL_SECRET}\n"));
        let run = login_application(&home, &azure, &options, &[]);
        assert!(!run.stderr.contains("can be read by everybody"), "{}", run.stderr);
        run.success();
        azml(&home, &azure, &["account", "get-access-token", "--resource-type", "ml"]).success();
        if options[0] == "--federated-token-file" {
            home.write("token", "stale");
            let run = azml(&home, &azure, &["account", "get-access-token", "--resource-type", "ms-graph"]);
            assert_eq!(run.code, 1, "{}", run.stderr);
            home.write("token", &token());
            azml(&home, &azure, &["account", "get-access-token", "--resource-type", "ms-graph"]).success();
        }
    }
}

#[test]
fn a_credential_that_is_refused_or_missing_saves_nothing_and_is_not_shown() {
    let (home, azure) = (Home::new(), Emulator::start());
    let run = login_application(&home, &azure, &["--debug"], &[("AZURE_CLIENT_SECRET", "canary-secret")]);
    assert!(run.code == 1 && run.stderr.contains("AADSTS7000215"), "{}", run.stderr);
    assert!(!run.stderr.contains("canary") && !is_anywhere(home.path(), "canary"), "{}", run.stderr);
    let run = azml(&home, &azure, &["account", "get-access-token"]);
    assert!(run.code == 3 && run.stderr.contains("nobody is signed in"), "{}", run.stderr);
    let run = login_application(&home, &azure, &[], &[]);
    assert!(run.code == 1 && run.stderr.contains("no terminal to ask"), "{}", run.stderr);
    let run = login_application(&home, &azure, &["-p", "canary-secret"], &[]);
    assert!(run.stderr.contains("warning: what follows --password can be read"), "{}", run.stderr);
    assert!(!run.stderr.contains("canary"), "{}", run.stderr);
    assert_eq!(home.azml(&["login", "--service-principal", "-u", "app"]).code, 2);
    assert_eq!(home.azml(&["login", "-p", "x"]).code, 2);
}

/// Another process looks at azml's command line while it runs, whichever way the secret came.
#[cfg(target_os = "linux")]
#[test]
fn the_list_of_processes_never_shows_a_secret_that_came_by_variable_file_or_prompt() {
    let (home, azure) = (Home::new(), Emulator::start());
    home.write("secret", SERVICE_PRINCIPAL_SECRET);
    // Held back until it has been looked at.
    let arguments = [&["login"], &APPLICATION[..]].concat();
    for (option, variable, typed) in [(None, true, false), (Some("@secret"), false, false), (None, false, true)] {
        azure.clear_requests();
        azure.clear_faults();
        azure.add_fault(xtask::emulator::Fault::new("/oauth2/v2.0/token", xtask::emulator::Effect::Hang));
        let program = env!("CARGO_BIN_EXE_azml");
        let mut command = if typed {
            let line = format!("exec {program} {}", arguments.join(" "));
            let mut command = Command::new("script");
            command.args(["-qec", &line, "/dev/null"]);
            command
        } else {
            let mut command = Command::new(program);
            command.args(&arguments).args(option.map(|value| ["-p", value]).into_iter().flatten());
            command
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().envs(home.variables()).envs(azure.env()).env("PATH", path).env("SHELL", "/bin/sh");
        if variable {
            command.env(SECRET.0, SECRET.1);
        }
        let mut azml = command
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if typed {
            use std::io::Write as _;
            azml.stdin.as_mut().unwrap().write_all(format!("{SERVICE_PRINCIPAL_SECRET}\n").as_bytes()).unwrap();
        }
        let has_sent = || azure.requests().iter().any(|it| it.form.contains_key("client_secret"));
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while !has_sent() {
            assert!(std::time::Instant::now() < deadline, "azml asks for a token ({option:?}, {variable}, {typed})");
            std::thread::yield_now();
        }
        let request = azure.requests().pop().unwrap();
        assert_eq!(request.form["client_secret"], SERVICE_PRINCIPAL_SECRET);
        for entry in std::fs::read_dir("/proc").unwrap() {
            let Ok(line) = std::fs::read(entry.unwrap().path().join("cmdline")) else { continue };
            let is_ours = line.windows(SERVICE_PRINCIPAL_ID.len()).any(|it| it == SERVICE_PRINCIPAL_ID.as_bytes());
            let shows =
                line.windows(SERVICE_PRINCIPAL_SECRET.len()).any(|it| it == SERVICE_PRINCIPAL_SECRET.as_bytes());
            assert!(!(is_ours && shows), "{}", String::from_utf8_lossy(&line));
        }
        azml.kill().unwrap();
        azml.wait().unwrap();
    }
}

#[test]
fn the_environment_s_application_comes_before_the_saved_login_and_a_refusal_changes_nobody() {
    let (home, azure) = (Home::new(), Emulator::start());
    let who = [("AZURE_CLIENT_ID", SERVICE_PRINCIPAL_ID), ("AZURE_TENANT_ID", CONTOSO)];
    let run = |args: &[&str], more: &[(&str, &str)]| {
        let variables = azure.env();
        let variables = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        home.azml_with(args, &variables.chain(more.iter().copied()).collect::<Vec<_>>())
    };
    let token = ["account", "get-access-token", "--query", "accessToken", "-o", "tsv"];
    let appid = |run: Run| auth_core::claims::Claims::peek(run.success().trim()).unwrap().appid.unwrap();
    assert_eq!(appid(run(&token, &[&who[..], &[SECRET]].concat())), SERVICE_PRINCIPAL_ID);
    // The next process is answered from the sealed record.
    azure.clear_requests();
    assert_eq!(appid(run(&token, &[&who[..], &[SECRET]].concat())), SERVICE_PRINCIPAL_ID);
    assert!(azure.requests().is_empty());
    let removed = run(&["logout"], &[]);
    assert!(removed.stderr.contains("removed what azml had renewed"), "{}", removed.stderr);

    let wrong = [&who[..], &[("AZURE_CLIENT_SECRET", "canary-wrong")]].concat();
    login(&home, &azure, &["--no-browser", "--force"], None).success();
    // Ada's subscription is the default one, so it is she who is wanted, and the application is passed over.
    assert_ne!(appid(run(&token, &wrong)), SERVICE_PRINCIPAL_ID);
    std::fs::remove_file(home.path().join("azml/profile.json")).unwrap();
    let refused = run(&token, &wrong);
    assert!(refused.code == 1 && refused.stderr.contains("AADSTS7000215"), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("service principal of the environment") && !refused.stderr.contains("canary"),
        "{}",
        refused.stderr
    );
    // What is there in part is told, and the saved login answers.
    assert_ne!(appid(run(&token, &[SECRET])), SERVICE_PRINCIPAL_ID);
}

#[test]
fn every_attempt_and_its_reason_is_told_by_the_error_and_by_the_doctor() {
    let (home, azure) = (Home::new(), Emulator::start());
    let variables = azure.env();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let half = [SECRET, ("AZURE_CLIENT_ID", SERVICE_PRINCIPAL_ID), ("AZUREML_RUN_TOKEN", "canary")];
    let run = home.azml_with(&["account", "get-access-token"], &[&variables[..], &half].concat());
    let report = home.azml_with(&["doctor"], &[&variables[..], &half].concat());
    let sources: Vec<_> = report
        .stdout
        .lines()
        .skip_while(|line| !line.contains("sign-in"))
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(!run.stderr.contains("canary") && !report.stdout.contains(SERVICE_PRINCIPAL_SECRET));
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&home.path().display().to_string().replace('.', "\\."), "[home]");
    settings.add_filter(r"\(\d+(\.\d+)? ?[mµn]?s\)", "([time])");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("workloads_attempts", format!("{}\n{}", run.stderr, sources.join("\n"))));
}

#[test]
fn a_job_of_github_signs_in_with_nothing_but_its_variables() {
    let (home, azure) = (Home::new(), Emulator::start());
    federate(&azure, GITHUB_ISSUER, GITHUB_SUBJECT);
    let url = format!("{}/_oidc/github?x=1", azure.https_url());
    let job = [
        ("AZURE_CLIENT_ID", SERVICE_PRINCIPAL_ID),
        ("AZURE_TENANT_ID", CONTOSO),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", &*url),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", GITHUB_REQUEST_TOKEN),
    ];
    let run = login_with(&home, &azure, &[], &job);
    assert_eq!(json(run)[0]["user"]["type"], "servicePrincipal");
    let variables = azure.env();
    let variables = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(job);
    let report = home.azml_with(&["doctor"], &variables.collect::<Vec<_>>()).success();
    assert!(report.contains("credential: GitHub Actions; this one is used"), "{report}");
}

#[test]
fn a_job_of_azure_pipelines_signs_in_with_nothing_but_its_variables() {
    let (home, azure) = (Home::new(), Emulator::start());
    federate(&azure, PIPELINES_ISSUER, PIPELINES_SUBJECT);
    let url = format!("{}/_oidc/pipelines", azure.https_url());
    let job = [
        ("AZURESUBSCRIPTION_CLIENT_ID", SERVICE_PRINCIPAL_ID),
        ("AZURESUBSCRIPTION_TENANT_ID", CONTOSO),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", SERVICE_CONNECTION),
        ("SYSTEM_OIDCREQUESTURI", &*url),
        ("SYSTEM_ACCESSTOKEN", PIPELINES_ACCESS_TOKEN),
    ];
    assert_eq!(json(login_with(&home, &azure, &[], &job))[0]["user"]["type"], "servicePrincipal");
}

#[test]
fn a_run_reaches_the_data_plane_through_azml_and_nothing_else() {
    let (home, azure) = (Home::new(), Emulator::start());
    let token = azure.issue_run_token(RUN, Duration::from_secs(600));
    let variables: Vec<_> = azure.env().into_iter().chain(run_variables(&azure, &token, home.path())).collect();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let ask = |resource| home.azml_with(&["account", "get-access-token", "--resource", resource], &variables);
    assert_eq!(json(ask("https://ml.azure.com"))["accessToken"], token.as_str());
    let refused = ask("https://management.core.windows.net/");
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("serves Azure ML's data plane"), "{}", refused.stderr);
}

#[test]
fn a_certificate_by_subject_name_and_issuer_is_sent_along_also_in_renewals() {
    let (home, azure, certificate) = (Home::new(), Emulator::start(), ClientCertificate::rsa());
    azure.change_world(|world| world.service_principals[0].certificates.push(certificate.registration()));
    home.write("both.pem", &certificate.pem());
    login_application(&home, &azure, &["--certificate", "both.pem", "--use-cert-sn-issuer"], &[]).success();
    azml(&home, &azure, &["account", "get-access-token", "--resource-type", "ml"]).success();
    let requests = azure.requests();
    let assertions: Vec<_> = requests.iter().filter_map(|request| request.form.get("client_assertion")).collect();
    assert_eq!(assertions.len(), 2);
    for assertion in assertions {
        let header = assertion.split('.').next().unwrap();
        let header = auth_core::claims::decode_challenge(header).unwrap();
        assert!(header.contains(r#""x5c":[""#), "{header}");
    }
}

#[test]
fn variables_that_cannot_be_are_told_in_their_turn_and_keep_nobody_from_signing_in() {
    let (home, azure) = (Home::new(), Emulator::start());
    let wrong = [("AZURE_TENANT_ID", "../x"), ("AZURE_CLIENT_ID", SERVICE_PRINCIPAL_ID), SECRET];
    let run = login_with(&home, &azure, &["--no-browser"], &wrong);
    assert!(run.stderr.starts_with("warning: "), "{}", run.stderr);
    run.success();
    let variables = azure.env();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let with = |more: &[(&'static str, &'static str)]| home.azml_with(&["doctor"], &[&variables, more].concat());
    let doctor = with(&wrong);
    assert!(
        doctor.stdout.contains("saved login") && doctor.stdout.contains("set AZURE_TENANT_ID"),
        "{}",
        doctor.stdout
    );
    let id = [("AZURE_TENANT_ID", CONTOSO), ("AZURE_CLIENT_ID", SERVICE_PRINCIPAL_ID)];
    let home = Home::new();
    let with = |more: &[(&'static str, &'static str)]| home.azml_with(&["doctor"], &[&variables, more].concat());
    for (variable, path) in [("AZURE_CLIENT_CERTIFICATE_PATH", "/nope.pem"), ("AZURE_FEDERATED_TOKEN_FILE", "/nope")] {
        let doctor = with(&[id[0], id[1], (variable, path)]);
        assert_eq!(doctor.code, 1, "{}", doctor.stdout);
        assert!(doctor.stdout.contains("FAIL  service principal") && doctor.stdout.contains(path), "{}", doctor.stdout);
    }
}

fn library(azure: &Emulator, more: &[(&str, &str)], tenant: Option<&str>) -> InteractiveLoginAuthentication {
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let env = Env::fake(azure.env().into_iter().chain(more));
    let builder = InteractiveLoginAuthentication::builder().env(env).store(Arc::new(MemoryStore::new()));
    let builder = builder.browser(Browser::None);
    tenant.map_or(builder.clone(), |tenant| builder.tenant_id(tenant)).build().unwrap()
}

async fn arm(auth: &InteractiveLoginAuthentication) -> Result<AccessToken, Error> {
    auth.token(&TokenRequest::arm(auth.cloud())).await
}

#[tokio::test]
async fn a_tenant_that_is_asked_for_takes_the_place_of_azureml_core_s_variable_and_bars_that_of_the_sdks() {
    let azure = Emulator::start();
    let own = [
        ("AZUREML_SERVICE_PRINCIPAL_ID", SERVICE_PRINCIPAL_ID),
        ("AZUREML_SERVICE_PRINCIPAL_PASSWORD", SERVICE_PRINCIPAL_SECRET),
        ("AZUREML_SERVICE_PRINCIPAL_TENANT_ID", FABRIKAM),
    ];
    assert_eq!(arm(&library(&azure, &own, Some(CONTOSO))).await.unwrap().tenant().unwrap().as_str(), CONTOSO);
    let error = arm(&library(&azure, &own, None)).await.unwrap_err();
    assert_eq!((error.kind(), error.entra().unwrap().code), (ErrorKind::Rejected, Some(700_016)));
    let sdk = [("AZURE_CLIENT_ID", SERVICE_PRINCIPAL_ID), ("AZURE_TENANT_ID", CONTOSO), SECRET];
    let error = arm(&library(&azure, &sdk, Some(FABRIKAM))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interaction);
    let reason = error.attempts().iter().find(|it| it.name == "service principal of the environment").unwrap();
    assert_eq!(reason.error.to_string(), format!("AZURE_TENANT_ID is {CONTOSO}, not {FABRIKAM}"));
}

fn run_variables(azure: &Emulator, token: &str, folder: &Path) -> Vec<(String, String)> {
    [
        ("AZUREML_RUN_TOKEN_USE_AMBIENT_AUTH", "True"),
        ("AZUREML_RUN_TOKEN", token),
        ("AZUREML_ARM_SUBSCRIPTION", SUBSCRIPTION),
        ("AZUREML_ARM_RESOURCEGROUP", RESOURCE_GROUP),
        ("AZUREML_ARM_WORKSPACE_NAME", WORKSPACE),
        ("AZUREML_ARM_PROJECT_NAME", "an experiment"),
        ("AZUREML_RUN_ID", RUN),
        ("AZUREML_SERVICE_ENDPOINT", azure.https_url()),
        ("AZ_BATCHAI_JOB_TEMP", folder.to_str().unwrap()),
        ("AZUREML_RUN_TOKEN_PASS", "canary-pass"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn ml() -> TokenRequest {
    TokenRequest::new(Cloud::public().ml_scope().unwrap())
}

#[tokio::test]
async fn a_run_s_token_serves_the_data_plane_only_and_is_renewed_before_it_expires() {
    let (azure, folder) = (Emulator::start(), TempDir::new().unwrap());
    let token = azure.issue_run_token(RUN, Duration::from_secs(600));
    let env = Env::fake(azure.env().into_iter().chain(run_variables(&azure, &token, folder.path())));
    let auth = InteractiveLoginAuthentication::builder().env(env.clone()).build().unwrap();
    assert_eq!(auth.token(&ml()).await.unwrap().secret().expose(), token);
    let error = arm(&auth).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "another identity must not answer: {error}");
    assert!(azure.requests().is_empty());

    let soon = Clock::fixed(std::time::SystemTime::now() + Duration::from_secs(530));
    let auth = RunTokenAuthentication::from_env(&env, Cloud::public()).unwrap().clock(soon).build();
    let renewed = auth.token(&ml()).await.unwrap();
    assert_ne!(renewed.secret().expose(), token);
    assert_eq!(azure.requests().len(), 1);
    assert!(azure.requests()[0].path.ends_with("/experiments/an%20experiment/runs/brave_run_1/token"));
    // One that a service refused is renewed at once.
    auth.token(&ml().instead_of(&renewed)).await.unwrap();

    let late = Clock::fixed(std::time::SystemTime::now() + Duration::from_secs(700));
    let auth = RunTokenAuthentication::from_env(&env, Cloud::public()).unwrap().clock(late).build();
    let error = auth.token(&ml()).await.unwrap_err();
    assert_eq!(error.to_string(), "the token of this run has expired, so it can no longer be renewed");
    let foreign = azure.issue_run_token("another_run", Duration::from_secs(30));
    let env = Env::fake(azure.env().into_iter().chain(run_variables(&azure, &foreign, folder.path())));
    let auth = RunTokenAuthentication::from_env(&env, Cloud::public()).unwrap().build();
    let found = auth.token(&ml()).await.unwrap();
    assert_eq!(found.secret().expose(), foreign, "what is still good is better than an error");
    let error = auth.token(&ml().instead_of(&found)).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Rejected, Some(401)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_processes_of_a_node_renew_a_run_s_token_once() {
    let test = "workloads::the_processes_of_a_node_renew_a_run_s_token_once";
    if std::env::var_os(CHILD).is_some() {
        let auth = InteractiveLoginAuthentication::builder().build().unwrap();
        auth.token(&ml()).await.unwrap();
        return;
    }
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let token = azure.issue_run_token(RUN, Duration::from_secs(60));
    let children: Vec<_> = (0..6)
        .map(|_| child(test, home.path(), &azure).envs(run_variables(&azure, &token, home.path())).spawn().unwrap())
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(azure.requests().len(), 1, "{:#?}", azure.requests());
    for secret in azure.secrets().iter().map(String::as_str).chain(["canary-pass"]) {
        assert!(!is_anywhere(home.path(), secret));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(home.path().join("azml_run_token")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

#[tokio::test]
async fn a_saved_login_is_not_asked_where_the_environment_has_an_application() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure).await;
    let more = [("AZURE_CLIENT_ID", SERVICE_PRINCIPAL_ID), ("AZURE_TENANT_ID", CONTOSO), SECRET];
    let more = more.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let env = Env::fake(environment(home.path(), &azure).into_iter().chain(more));
    let auth = crate::support::auth(env, home.path(), Clock::system());
    let claims = auth_core::claims::Claims::peek(arm(&auth).await.unwrap().secret().expose()).unwrap();
    assert_eq!(claims.appid.as_deref(), Some(SERVICE_PRINCIPAL_ID));
}
