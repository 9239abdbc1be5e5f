//! `azml doctor`: what it tells, and what it keeps to itself.

use tempfile::TempDir;
use xtask::emulator::Emulator;

use crate::azml::Home;
use crate::support::{assert_no_secret, azml, sign_in};

/// Secrets that the environment may hold; none may be shown.
const CANARIES: [(&str, &str); 6] = [
    ("AZML_PASSPHRASE", "canary-passphrase"),
    ("AZURE_CLIENT_SECRET", "canary-client-secret"),
    ("HTTPS_PROXY", "http://ada:canary-proxy@proxy.example:3128"),
    ("IDENTITY_ENDPOINT", "http://127.0.0.1:41741/token"),
    ("IDENTITY_HEADER", "canary-identity-header"),
    ("MSI_SECRET", "canary-msi-secret"),
];

fn snapshot(home: &Home, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    let folder: String = home.path().display().to_string().replace('.', "\\.");
    settings.add_filter(&folder, "[home]");
    settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "[time]");
    settings.add_filter(r"cannot be reached \(.*\)", "cannot be reached ([why])");
    settings.add_filter(r"ok    version( +).*", "ok    version$1[version]");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn where_nothing_is_set_up_it_says_what_to_do_first() {
    let home = Home::new();
    snapshot(&home, "doctor_nothing", &home.azml(&["doctor"]).success());
}

#[test]
fn the_login_of_the_cli_and_a_login_that_cannot_be_opened_are_told_apart() {
    let home = Home::with_cli_login();
    snapshot(&home, "doctor_cli_login", &home.azml(&["doctor"]).success());
    std::fs::create_dir_all(home.path().join("azml/tokens")).unwrap();
    home.write("azml/tokens/login-azurecloud.azml", "not a record");
    let run = home.azml(&["doctor"]);
    assert_eq!(run.code, 1);
    let findings = run.stdout.lines().filter(|line| line.contains("FAIL")).collect::<Vec<_>>().join("\n");
    snapshot(&home, "doctor_damaged_login", &findings);
}

#[test]
fn an_az_that_is_missing_is_a_warning_where_it_alone_can_read_its_tokens() {
    let home = Home::with_cli_login();
    let az =
        |run: &str| run.lines().skip_while(|line| *line != "Azure CLI").skip(1).take(2).collect::<Vec<_>>().join("\n");
    let without = [("PATH", "")];
    snapshot(&home, "doctor_az_not_needed", &az(&home.azml_with(&["doctor"], &without).stdout));
    std::fs::rename(home.path().join("azure/msal_token_cache.json"), home.path().join("azure/msal_token_cache.bin"))
        .unwrap();
    snapshot(&home, "doctor_az_needed", &az(&home.azml_with(&["doctor"], &without).stdout));
}

#[test]
fn settings_that_make_no_sense_are_problems_with_a_next_step() {
    let home = Home::new();
    let variables = [
        ("AZML_PROTECTION", "vault"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("MSI_ENDPOINT", "http://identity.example"),
    ];
    let run = home.azml_with(&["doctor"], &variables);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    snapshot(&home, "doctor_wrong_settings", &run.stdout);
}

#[test]
fn it_is_readable_by_machines_and_shows_no_secret() {
    let home = Home::with_cli_login();
    let run = home.azml_with(&["doctor", "--debug"], &CANARIES);
    assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"), "{}{}", run.stdout, run.stderr);
    let run = home.azml_with(&["doctor", "-o", "json"], &CANARIES);
    assert!(!run.stdout.contains("canary") && !run.stdout.contains("eyJ"), "{}", run.stdout);
    let findings: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
    let of = |subject: &str| findings.iter().find(|it| it["subject"] == subject).unwrap_or_else(|| panic!("{subject}"));
    assert_eq!(
        of("managed identity")["detail"],
        "App Service gives tokens here; no sign of Service Fabric; this one is tried first"
    );
    assert_eq!(of("login of the Azure CLI")["status"], "ok");
    let used = home.azml_with(&["doctor", "--query", "[?contains(detail, 'is used')].subject", "-o", "tsv"], &[]);
    assert_eq!(used.success(), "login of the Azure CLI\n");
}

#[test]
fn where_nothing_can_be_kept_it_is_a_problem() {
    let home = Home::new();
    home.write("azml", "a file in the folder's place");
    let run = home.azml(&["doctor"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("azml is not a folder, so nothing can be kept"), "{}", run.stdout);
    let home = Home::new();
    home.write("azml/profile.json", "{");
    let run = home.azml(&["doctor"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("profile.json cannot be read"), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_open_to_others_is_told_and_left_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let folder = home.path().join("azml");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let text = home.azml(&["doctor"]).success();
    assert!(text.contains("(mode 0755) is open to others"), "{text}");
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o755);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_others_could_read_is_told_before_it_is_closed() {
    use std::os::unix::fs::PermissionsExt as _;
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure).await;
    let key = home.path().join("tokens/key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut doctor = azml(home.path(), &azure);
    let report = doctor.arg("doctor").env("AZML_CONFIG_DIR", home.path()).output().unwrap();
    let report = String::from_utf8(report.stdout).unwrap();
    assert!(report.contains("tokens/key is open to others (mode 0644)"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_it_asks_nobody_and_online_it_asks_the_hosts_and_for_a_token() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure).await;
    let doctor = |args: &[&str]| {
        let mut command = azml(home.path(), &azure);
        command.arg("doctor").args(args).env("AZML_CONFIG_DIR", home.path()).output().unwrap()
    };
    let offline = doctor(&[]);
    assert!(azure.requests().is_empty(), "{:?}", azure.requests());
    let offline = String::from_utf8(offline.stdout).unwrap();
    assert!(offline.contains("; this one is used"), "{offline}");
    let online = doctor(&["--online", "-o", "json"]);
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&online.stdout).unwrap();
    let online_findings: Vec<_> = findings.iter().filter(|it| it["section"] == "online").collect();
    assert_eq!(online_findings.len(), 3, "{findings:#?}");
    assert!(online_findings.iter().all(|it| it["status"] == "ok"), "{online_findings:#?}");
    assert_no_secret(&azure, "the doctor's report", &[&online.stdout[..], &online.stderr[..]].concat());
}
