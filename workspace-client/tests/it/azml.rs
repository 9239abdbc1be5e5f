//! The command as a process, beside a login of the Azure CLI.

use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

const CLI_LOGIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/azure-cli");

/// A home directory of its own, and nothing of the environment that the tests run in.
#[derive(Debug)]
pub(crate) struct Home(TempDir);

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// With what `az login` left there.
    pub(crate) fn with_cli_login() -> Self {
        let home = Self::new();
        std::fs::create_dir_all(home.path().join("azure")).unwrap();
        for entry in std::fs::read_dir(CLI_LOGIN).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), home.path().join("azure").join(entry.file_name())).unwrap();
        }
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn variables(&self) -> Vec<(&'static str, std::path::PathBuf)> {
        vec![
            ("HOME", self.path().to_owned()),
            ("USERPROFILE", self.path().to_owned()),
            ("AZML_CONFIG_DIR", self.path().join("azml")),
            ("AZURE_CONFIG_DIR", self.path().join("azure")),
            ("TZ", "EET-2".into()),
        ]
    }

    pub(crate) fn azml(&self, args: &[&str]) -> Run {
        self.azml_with(args, &[])
    }

    pub(crate) fn azml_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_azml"));
        command.env_clear().envs(self.variables()).envs(variables.iter().copied());
        let output = command.current_dir(self.path()).args(args).output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        std::fs::write(path, content).unwrap();
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.stdout
    }

    /// What is told of a command that fails and prints nothing.
    pub(crate) fn failure(self) -> String {
        assert!(self.code != 0 && self.stdout.is_empty(), "{}", self.stdout);
        self.stderr
    }
}

/// The folder of this test's home, and everything that looks like a token, by placeholders.
pub(crate) fn snapshot(home: &Home, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&regex_escape(home.path().to_str().unwrap()), "[home]");
    settings.add_filter(r"eyJ[\w.-]+", "[token]");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn regex_escape(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect()
}

#[test]
fn the_help_reads_well() {
    let home = Home::new();
    for command in [
        "",
        "login",
        "logout",
        "account",
        "account show",
        "account list",
        "account set",
        "account get-access-token",
        "account get-authentication-header",
        "workspace",
        "workspace show",
        "workspace list",
        "workspace create",
        "workspace update",
        "workspace delete",
        "workspace diagnose",
        "workspace list-keys",
        "workspace sync-keys",
        "workspace provision-network",
        "cloud",
        "cloud list",
        "cloud show",
        "cloud set",
        "cloud register",
        "cloud unregister",
        "completions",
        "compute",
        "compute create",
        "compute attach",
        "compute list",
        "compute show",
        "compute update",
        "compute start",
        "compute stop",
        "compute restart",
        "compute delete",
        "compute detach",
        "compute list-nodes",
        "compute list-sizes",
        "compute list-usage",
        "datastore",
        "datastore list",
        "datastore show",
        "datastore delete",
        "model list",
        "registry",
        "registry create",
        "registry list",
        "registry show",
        "registry update",
        "registry delete",
        "rest",
        "doctor",
        "identity",
        "identity serve",
        "key",
        "key show",
        "key move",
        "key rotate",
    ] {
        let args: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let name = format!("help {command}");
        snapshot(&home, name.trim().replace(' ', "_").as_str(), &home.azml(&args).success());
    }
}

#[test]
fn the_account_of_the_cli_is_shown_in_every_format() {
    let home = Home::with_cli_login();
    for format in ["json", "jsonc", "table", "tsv", "yaml", "none"] {
        for command in ["show", "list", "get-access-token"] {
            let text = home.azml(&["account", command, "-o", format]).success();
            snapshot(&home, &format!("account_{command}_{format}"), &text);
        }
    }
}

#[test]
fn a_query_selects_and_keeps_the_order_of_its_columns() {
    let home = Home::with_cli_login();
    let query = "[].{tenant: tenantId, id: id, default: isDefault}";
    let tsv = home.azml(&["account", "list", "--query", query, "-o", "tsv"]).success();
    let first = tsv.lines().next().unwrap();
    assert_eq!(first, "3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01\ta0b1c2d3-0001-4000-8000-00000000a001\tTrue");
    let table = home.azml(&["account", "list", "--query", "[?isDefault].{Zone: tenantId, Name: name}", "-o", "table"]);
    insta::assert_snapshot!(table.success(), @r"
    Zone                                  Name
    ------------------------------------  ------------
    3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01  Research Dev
    ");
    assert_eq!(home.azml(&["account", "show", "--query", "name", "-o", "tsv"]).success(), "Research Dev\n");
    assert_eq!(home.azml(&["account", "show", "--query", "nothing"]).success(), "");
}

#[test]
fn a_subscription_is_found_by_name_or_id_whatever_its_case() {
    let home = Home::with_cli_login();
    for wanted in ["partner SHARED", "A0B1C2D3-0003-4000-8000-00000000B003"] {
        for flag in ["-s", "-n", "--subscription", "--name"] {
            let name = home.azml(&["account", "show", flag, wanted, "--query", "name", "-o", "tsv"]).success();
            assert_eq!(name, "Partner Shared\n");
        }
        let token =
            home.azml(&["account", "get-access-token", "-s", wanted, "--query", "[tenant, subscription]", "-o", "tsv"]);
        assert_eq!(token.success(), "8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a02\na0b1c2d3-0003-4000-8000-00000000b003\n");
    }
    let unknown = home.azml(&["account", "get-access-token", "-s", "nope"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (1, ""));
    insta::assert_snapshot!("subscription_not_found", unknown.stderr);
}

#[test]
fn a_token_of_another_tenant_names_no_subscription() {
    let home = Home::with_cli_login();
    let tenant = "8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a02";
    let json = home.azml(&["account", "get-access-token", "--tenant", tenant]).success();
    let token: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&token["tenant"], token.get("subscription")), (&tenant.into(), None));
    assert_eq!(token["expires_on"], 2_426_178_154_u64);
    assert_eq!(token["expiresOn"], "2046-11-18 20:22:34.000000");
}

#[test]
fn the_scope_of_a_token_can_be_said_in_every_way_that_the_cli_takes() {
    let home = Home::with_cli_login();
    let arm = "https://management.core.windows.net/";
    for args in [
        vec!["--resource", arm],
        vec!["--resource-type", "arm"],
        vec!["--scope", "https://management.core.windows.net//.default"],
        vec![
            "--scope",
            "https://management.core.windows.net//user_impersonation https://management.core.windows.net//user_impersonation",
        ],
    ] {
        let args: Vec<&str> = ["account", "get-access-token"].into_iter().chain(args).collect();
        assert!(home.azml(&args).success().contains("\"tokenType\": \"Bearer\""), "{args:?}");
    }
    let header = home.azml(&["account", "get-authentication-header", "-o", "tsv"]).success();
    assert!(header.starts_with("Bearer eyJ"));
}

#[test]
fn wrong_usage_is_explained_and_ends_with_2() {
    let home = Home::with_cli_login();
    let cases: &[(&str, &[&str])] = &[
        ("no_command", &[]),
        ("unknown_command", &["acount", "show"]),
        ("unknown_format", &["account", "show", "-o", "xml"]),
        ("wrong_query", &["account", "show", "--query", "[].{"]),
        ("tenant_and_subscription", &["account", "get-access-token", "--tenant", "t", "--subscription", "s"]),
        ("resource_and_scope", &["account", "get-access-token", "--resource", "r", "--scope", "s"]),
        ("containers", &["online-deployment", "show", "-n", "blue", "-e", "prices", "--local"]),
        ("no_time", &["login", "--timeout", "0"]),
        ("every_network", &["identity", "serve", "--bind", "0.0.0.0:8081"]),
    ];
    for (name, args) in cases {
        let run = home.azml(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{name}");
        snapshot(&home, &format!("usage_{name}"), &run.stderr);
    }
}

#[test]
fn where_nobody_is_signed_in_the_exit_code_says_so() {
    let home = Home::new();
    for args in
        [&["account", "show"][..], &["account", "list"], &["account", "get-access-token"], &["workspace", "list"]]
    {
        let run = home.azml(args);
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{args:?}: {}", run.stderr);
        assert!(run.stderr.ends_with("next: azml login\n"), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn a_failure_that_is_no_missing_login_ends_with_1() {
    let home = Home::with_cli_login();
    let run = home.azml(&["--cloud", "AzureClown", "account", "show"]);
    assert_eq!(run.code, 1);
    snapshot(&home, "unknown_cloud", &run.stderr);
    let run = home.azml(&["workspace", "show"]);
    assert_eq!(run.code, 1);
    snapshot(&home, "no_workspace", &run.stderr);
    home.write(".azureml/config.json", "{\"subscription_id\": \"s\"}");
    let run = home.azml(&["workspace", "show"]);
    assert_eq!(run.code, 1);
    snapshot(&home, "broken_workspace_config", &run.stderr);
}

#[test]
fn the_configuration_of_the_cli_chooses_the_format() {
    let home = Home::with_cli_login();
    home.write("azure/config", "[cloud]\nname = AzureCloud\n[core]\noutput = tsv\n");
    let query = ["account", "show", "--query", "name"];
    assert_eq!(home.azml(&query).success(), "Research Dev\n");
    assert_eq!(home.azml_with(&query, &[("AZURE_CORE_OUTPUT", "json")]).success(), "\"Research Dev\"\n");
}

#[test]
fn a_logout_without_a_login_says_so_and_leaves_the_cli_alone() {
    let home = Home::with_cli_login();
    let before = std::fs::read(home.path().join("azure/msal_token_cache.json")).unwrap();
    let run = home.azml(&["logout"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    insta::assert_snapshot!(run.stderr, @r"
    azml had no login of its own for AzureCloud
    still signed in with the Azure CLI: adele.v@contoso-research.example; az logout --username adele.v@contoso-research.example
    ");
    assert_eq!(std::fs::read(home.path().join("azure/msal_token_cache.json")).unwrap(), before);
    home.azml(&["account", "show"]).success();
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let home = Home::with_cli_login();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_azml"))
        .env_clear()
        .envs(home.variables())
        .args(["account", "list"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn every_shell_gets_its_completions() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(home.azml(&["completions", shell]).success().contains("get-access-token"), "{shell}");
    }
}

#[test]
fn debugging_shows_no_token() {
    let home = Home::with_cli_login();
    let run = home.azml(&["account", "get-access-token", "--debug", "-o", "none"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert!(!run.stderr.contains("eyJ"), "{}", run.stderr);
}
