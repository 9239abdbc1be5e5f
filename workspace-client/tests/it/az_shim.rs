//! azml in the place of `az`.
#![cfg(unix)]

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use xtask::emulator::Emulator;

use crate::azml::Home;
use crate::emulator::login;

const TOKEN: [&str; 4] = ["account", "get-access-token", "--output", "json"];

/// A home with azml's `az` in a folder of its own, and perhaps another `az` behind it on the PATH.
struct Shim {
    home: Home,
    azure: Emulator,
}

impl Shim {
    fn new() -> Self {
        let (home, azure) = (Home::new(), Emulator::start());
        home.azml(&["az-shim", "install", "--dir", "bin"]).success();
        Self { home, azure }
    }

    fn program(&self) -> PathBuf {
        self.home.path().join("bin/az")
    }

    fn with_azure_cli(self, script: &str) -> Self {
        self.home.write("cli/az", &format!("#!/bin/sh\n{script}\n"));
        let cli = self.home.path().join("cli/az");
        std::fs::set_permissions(cli, std::fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn az(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(self.program());
        command.args(arguments).env_clear().envs(self.home.variables()).envs(self.azure.env());
        let path = std::env::join_paths(["bin", "cli"].map(|folder| self.home.path().join(folder))).unwrap();
        command.env("PATH", path).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.current_dir(self.home.path()).spawn().unwrap();
        // It may be over before it has read anything.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }
}

fn texts(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_token_comes_from_azml_and_the_azure_cli_is_not_started() {
    let shim = Shim::new().with_azure_cli("echo started >&2; exit 9");
    login(&shim.home, &shim.azure, &["--no-browser"], None).success();
    let (code, printed, told) = texts(&shim.az(&TOKEN, ""));
    assert_eq!((code, told.as_str()), (Some(0), ""));
    let answer: serde_json::Value = serde_json::from_str(&printed).unwrap();
    for member in ["accessToken", "expires_on", "expiresOn", "subscription", "tenant", "tokenType"] {
        assert!(!answer[member].is_null(), "{member}");
    }
    let token = ["account", "get-access-token", "-o", "tsv", "--query", "tokenType", "--only-show-errors"];
    assert_eq!(texts(&shim.az(&token, "")), (Some(0), "Bearer\n".to_owned(), String::new()));
}

#[test]
fn everything_else_is_the_azure_cli_s_with_its_arguments_its_input_and_its_exit_code() {
    let shim = Shim::new().with_azure_cli(
        r#"for word in "$@"; do echo "[$word]"; done; IFS= read -r line; printf %s "$line"; echo told >&2; exit 7"#,
    );
    let arguments = ["group", "list", "--tag", "two words", "", "--what=*", "é"];
    let (code, printed, told) = texts(&shim.az(&arguments, "said"));
    assert_eq!(printed, "[group]\n[list]\n[--tag]\n[two words]\n[]\n[--what=*]\n[é]\nsaid");
    assert_eq!((code, told.as_str()), (Some(7), "told\n"));
    let help = ["account", "get-access-token", "--help"];
    assert_eq!(texts(&shim.az(&help, "")).0, Some(7));
}

#[test]
fn without_the_azure_cli_that_is_told_as_a_shell_tells_it() {
    let (code, printed, told) = texts(&Shim::new().az(&["group", "list"], ""));
    assert_eq!((code, printed.as_str()), (Some(127), ""));
    insta::assert_snapshot!(told, @"az: not found: the Azure CLI is not installed, and azml in its place answers az account get-access-token alone");
}

#[test]
fn where_nobody_is_signed_in_the_azure_sdks_are_told_in_their_words() {
    let (code, printed, told) = texts(&Shim::new().az(&TOKEN, ""));
    assert_eq!((code, printed.as_str()), (Some(1), ""));
    assert!(told.starts_with("ERROR: Please run 'az login' to setup account.\n"), "{told}");
}

#[test]
fn nothing_but_azml_is_replaced_or_taken_away() {
    let home = Home::new();
    home.write("bin/az", "the real one");
    let install = home.azml(&["az-shim", "install", "--dir", "bin"]).failure();
    assert_eq!(
        install,
        "error: bin/az is there already, and is not azml\nnext: choose a folder of its own with --dir\n"
    );
    let uninstall = home.azml(&["az-shim", "uninstall", "--dir", "bin"]).failure();
    assert_eq!(uninstall, "error: bin/az is not azml, and stays\n");
    assert_eq!(std::fs::read_to_string(home.path().join("bin/az")).unwrap(), "the real one");

    for _ in 0..2 {
        home.azml(&["az-shim", "install", "--dir", "own"]).success();
    }
    assert!(home.path().join("own/az").is_symlink());
    for _ in 0..2 {
        home.azml(&["az-shim", "uninstall", "--dir", "own"]).success();
    }
    assert!(!home.path().join("own/az").exists());
}
