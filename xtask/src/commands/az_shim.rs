//! `cargo xtask az-shim`: Microsoft's own clients, unchanged, with azml in the place of the Azure CLI.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use tempfile::TempDir;
use xtask::emulator::{Emulator, defaults};

use super::demo::{self, Azml};
use super::identity_server::{JAVASCRIPT, PYTHON, is_adas, node, output, without_display};
use super::packages;
use super::repository::{cargo, output_of, root};

/// The client with the Azure SDK for Rust; it is no member of the workspace.
const RUST_MANIFEST: &str = "xtask/az-shim-client/Cargo.toml";
const RUST: &str = "azure_identity for Rust";
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

    let script = |name: &str, text: &str| {
        let file = home.path().join(name);
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok::<_, String>(Some(file))
    };
    let clients = [
        (PYTHON, python, script("client.py", include_str!("az_shim.py"))?, "CredentialUnavailableError"),
        (JAVASCRIPT, node, script("client.js", include_str!("az_shim.js"))?, "CredentialUnavailableError"),
        (RUST, rust()?, None, "Credential"),
    ];
    let ask = |client: &str, program: &Path, script: &Option<PathBuf>| {
        let asks = Azml { program: program.to_owned(), ..azml };
        let mut asks = asks.command(&[])?;
        asks.env("PATH", &shim).env("NODE_PATH", &modules).args(script).arg(SCOPE);
        let (printed, told) = output(without_display(&mut asks))?;
        serde_json::from_str::<Answer>(&printed).map_err(|error| format!("{client}: {error}: {printed}{told}"))
    };
    for (client, program, script, unavailable) in &clients {
        let answer = ask(client, program, script)?;
        if answer.kind != *unavailable || !answer.error.contains("az login") {
            return Err(format!("{client} does not see that nobody is signed in: {} {}", answer.kind, answer.error));
        }
    }
    output(without_display(&mut azml.command(&["login", "-o", "none"])?))?;
    for (client, program, script, _) in &clients {
        let answer = ask(client, program, script)?;
        if !is_adas(&azure, &answer.token) {
            return Err(format!("{client} got no token of {}: {} {}", defaults::ADA, answer.kind, answer.error));
        }
        println!("{client} saw that nobody was signed in, and then got Ada's token from azml in the place of az");
    }
    Ok(())
}

fn rust() -> Result<PathBuf, String> {
    let target = root().join("target/az-shim-client");
    let build = ["build", "--quiet", "--locked", "--manifest-path", RUST_MANIFEST, "--target-dir"];
    output_of(cargo(&build).arg(&target))?;
    Ok(target.join("debug/az-shim-client").with_extension(std::env::consts::EXE_EXTENSION))
}

/// What a client got.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    token: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    error: String,
}
