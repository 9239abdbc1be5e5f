//! `cargo xtask az-shim`: Microsoft's own clients, unchanged, with azml in the place of the Azure CLI.

use std::path::Path;

use serde::Deserialize;
use tempfile::TempDir;
use xtask::emulator::{Emulator, defaults};

use super::demo::{self, Azml};
use super::identity_server::{JAVASCRIPT, PYTHON, is_adas, node, output, without_display};
use super::packages;
use super::repository::output_of;

const SCOPE: &str = "https://management.azure.com/.default";

/// Lets each client ask before anybody has signed in, and after. There is no Azure CLI on their PATH.
pub(super) fn run() -> Result<(), String> {
    let python = packages::python("identity-server-python", &[PYTHON])?;
    let modules = packages::npm("identity-server-npm", &[JAVASCRIPT])?.join("node_modules");
    let node = node()?;
    let azml = demo::build()?;
    let azure = Emulator::start();
    let home = TempDir::with_prefix("az-shim-").map_err(|error| format!("no temporary folder: {error}"))?;
    let azml = Azml { program: azml, home: home.path(), azure: &azure };
    let shim = home.path().join("bin");
    output_of(azml.command(&["az-shim", "install", "--dir"])?.arg(&shim))?;

    let clients = [
        (PYTHON, &python, "client.py", include_str!("az_shim.py")),
        (JAVASCRIPT, &node, "client.js", include_str!("az_shim.js")),
    ];
    let ask = |program: &Path, name: &str, script: &str| {
        let file = home.path().join(name);
        std::fs::write(&file, script).map_err(|error| format!("{}: {error}", file.display()))?;
        let client = Azml { program: program.to_owned(), ..azml };
        let mut client = client.command(&[])?;
        client.env("PATH", &shim).env("NODE_PATH", &modules).arg(&file).arg(SCOPE);
        let (printed, told) = output(without_display(&mut client))?;
        serde_json::from_str::<Answer>(&printed).map_err(|error| format!("{name}: {error}: {printed}{told}"))
    };
    for (client, program, name, script) in &clients {
        let answer = ask(program, name, script)?;
        if answer.kind != "CredentialUnavailableError" || !answer.error.contains("az login") {
            return Err(format!("{client} does not see that nobody is signed in: {} {}", answer.kind, answer.error));
        }
    }
    output(without_display(&mut azml.command(&["login", "-o", "none"])?))?;
    for (client, program, name, script) in &clients {
        let answer = ask(program, name, script)?;
        if !is_adas(&azure, &answer.token) {
            return Err(format!("{client} got no token of {}: {} {}", defaults::ADA, answer.kind, answer.error));
        }
        println!("{client} saw that nobody was signed in, and then got Ada's token from azml in the place of az");
    }
    Ok(())
}

/// What a script got.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    token: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    error: String,
}
