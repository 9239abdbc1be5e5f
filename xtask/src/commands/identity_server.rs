//! `cargo xtask identity-server`: Microsoft's own clients, unchanged, with tokens of a login of azml.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use xtask::emulator::{Emulator, defaults};

use super::demo::{self, Azml};
use super::packages;
use super::repository::{find_program, shown};

pub(super) const PYTHON: &str = "azure-identity==1.27.0";
/// The last version that runs on Node 20.
pub(super) const JAVASCRIPT: &str = "@azure/identity@4.13.1";

const ALLOWED: &str = "https://management.azure.com";
const FORBIDDEN: &str = "https://graph.microsoft.com";
/// How the scripts call a credential that asks for a managed identity by its client id.
const WITH_CLIENT_ID: &str = "ManagedIdentityCredential with a client id";

/// Lets both clients ask for tokens, and checks what they got.
pub(super) fn run() -> Result<(), String> {
    let python = packages::python("identity-server-python", &[PYTHON])?;
    let modules = packages::npm("identity-server-npm", &[JAVASCRIPT])?.join("node_modules");
    let node = node()?;
    let azml = demo::build()?;
    let azure = Emulator::start();
    let home = TempDir::with_prefix("identity-server-").map_err(|error| format!("no temporary folder: {error}"))?;
    let azml = Azml { program: azml, home: home.path(), azure: &azure };
    output(without_display(&mut azml.command(&["login", "-o", "none"])?))?;

    for (name, program, script) in [
        (PYTHON, &python, ("client.py", include_str!("identity_server.py"))),
        (JAVASCRIPT, &node, ("client.js", include_str!("identity_server.js"))),
    ] {
        let file = home.path().join(script.0);
        std::fs::write(&file, script.1).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut command = serve(&azml, program, &file)?;
        let (printed, told) = output(command.env("NODE_PATH", &modules))?;
        check(&azure, &printed, &told).map_err(|problem| format!("{name}: {problem}\n{printed}{told}"))?;
        println!("{name} got Ada's tokens, and was told why there were no others");
    }
    Ok(())
}

pub(super) fn node() -> Result<PathBuf, String> {
    find_program(&format!("node{}", std::env::consts::EXE_SUFFIX)).ok_or_else(|| "node is missing".to_owned())
}

/// azml, serving this program while it runs this script.
fn serve(azml: &Azml<'_>, program: &Path, script: &Path) -> Result<Command, String> {
    let mut command = azml.command(&["identity", "serve", "--"])?;
    command.arg(program).arg(script).arg(defaults::APPLICATION_ID);
    command.args([ALLOWED, FORBIDDEN].map(|resource| format!("{resource}/.default")));
    without_display(&mut command);
    Ok(command)
}

/// The sign-in is approved without anybody.
pub(super) fn without_display(command: &mut Command) -> &mut Command {
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY")
}

/// What a program prints, and what it tells beside that.
pub(super) fn output(command: &mut Command) -> Result<(String, String), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{}: {error}", shown(command)))?;
    let [printed, told] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    if output.status.success() { Ok((printed, told)) } else { Err(format!("`{}` failed: {told}", shown(command))) }
}

/// What a script got.
#[derive(Deserialize)]
struct Answer {
    credential: String,
    scope: String,
    #[serde(default)]
    token: String,
    #[serde(default)]
    error: String,
}

fn check(azure: &Emulator, printed: &str, told: &str) -> Result<(), String> {
    let answers: Vec<Answer> =
        printed.lines().map(serde_json::from_str).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    if answers.len() != 6 {
        return Err(format!("{} answers instead of 6", answers.len()));
    }
    for answer in &answers {
        let (credential, scope) = (&answer.credential, &answer.scope);
        let reason = match (&**credential, scope.starts_with(ALLOWED)) {
            (WITH_CLIENT_ID, _) => "has no managed identity",
            (_, false) => "azml identity serve --allow",
            (_, true) if is_adas(azure, &answer.token) => continue,
            (_, true) => return Err(format!("{credential} got no token of Ada for {scope}")),
        };
        if !answer.token.is_empty() || !answer.error.contains(reason) {
            return Err(format!("{credential} was not told why there is no token for {scope}: {reason}"));
        }
    }
    // A client that repeats what cannot help keeps the person waiting for the reason.
    let refused = told.lines().filter(|line| line.contains(" 403 ") || line.contains(" 400 ")).count();
    if refused == 4 { Ok(()) } else { Err(format!("{refused} refusals instead of 4")) }
}

/// Whether the emulator issued this token, and to Ada for what was asked.
pub(super) fn is_adas(azure: &Emulator, token: &str) -> bool {
    let claims = claims(token);
    azure.secrets().iter().any(|issued| issued == token)
        && claims["oid"] == defaults::ADA_OBJECT_ID
        && claims["aud"] == ALLOWED
}

/// What a token says about itself; nothing, if it is none.
pub(super) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok()).unwrap_or_default();
    serde_json::from_slice(&payload).unwrap_or_default()
}
