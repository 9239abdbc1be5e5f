//! The commands, as processes.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use xtask::emulator::Emulator;

use crate::client::{Loopback, authorize_url};

fn xtask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

#[test]
fn approve_acts_as_the_browser_that_the_environment_leads_to_the_emulator() {
    let azure = Emulator::start();
    let loopback = Loopback::listen();
    let url = authorize_url("organizations", &loopback.redirect_uri, &[]);
    let status = xtask(&["approve", "--window", url.as_str()]).envs(azure.env()).status().unwrap();
    assert!(status.success());
    assert!(loopback.received().1.contains_key("code"));
}

#[test]
fn approve_says_what_is_missing() {
    let mut command = xtask(&["approve", "https://login.microsoftonline.com/"]);
    let output = command.env_remove("SSL_CERT_FILE").env_remove("HTTPS_PROXY").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: SSL_CERT_FILE is not set"));
}

#[cfg(unix)]
#[test]
fn the_emulator_prints_what_to_export_and_runs_until_ctrl_c() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut command = xtask(&["emulator", "--identity", "azure-ml", "--port-file", file.path().to_str().unwrap()]);
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(process.stdout.take().unwrap());
    let printed: Vec<String> =
        output.lines().map(Result::unwrap).take_while(|line| !line.starts_with("Ctrl-C")).collect();
    assert!(printed.iter().any(|line| line.starts_with("export HTTPS_PROXY='http://127.0.0.1:")), "{printed:?}");
    assert!(printed.iter().any(|line| line.starts_with("export MSI_ENDPOINT='http://127.0.0.1:")), "{printed:?}");
    assert!(process.try_wait().unwrap().is_none());
    assert!(std::fs::read_to_string(file.path()).unwrap().contains("export SSL_CERT_FILE='"));
    assert!(Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap().success());
    assert!(process.wait().unwrap().success());
}
