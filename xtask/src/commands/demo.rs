//! `cargo xtask demo`: the whole thing in a minute, without an Azure account.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::Message;
use serde_json::Value;
use tempfile::TempDir;
use xtask::emulator::{Emulator, defaults};

use super::approve::has_display;
use super::repository::{cargo, output_of, shown, this_program};

/// How much of a token the demo shows.
const SHOWN: usize = 12;

/// Builds azml and walks through a first sign-in.
pub(super) fn run() -> Result<(), String> {
    println!("Building azml ...");
    let azml = build()?;
    let azure = Emulator::start();
    let home = TempDir::with_prefix("azml-demo-").map_err(|error| format!("no temporary folder: {error}"))?;
    let azml = Azml { program: azml, home: home.path(), azure: &azure };

    if has_display() {
        println!("\nA browser window opens: pick Ada's account.");
    }
    azml.show(&["login"])?;
    azml.show_header()?;
    azml.show(&["account", "show"])?;
    let (subscription, group, name) = (defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE);
    azml.show(&["workspace", "show", "--subscription", subscription, "-g", group, "-n", name, "-o", "table"])?;
    explain(&azure);
    let place = ["--subscription", subscription, "-g", group, "-n", name];
    let query = ["--query", "[name, location]", "-o", "tsv"];
    let found = output_of(&mut azml.command(&[&["workspace", "show"][..], &place, &query].concat())?)?;
    let found: Vec<&str> = found.split_whitespace().collect();
    let [name, location] = found[..] else { return Err(format!("azml shows no workspace but {found:?}")) };
    println!("\nFound workspace {name} at location {location}");
    Ok(())
}

pub(super) fn build() -> Result<PathBuf, String> {
    let arguments = ["build", "--quiet", "--package", "workspace-client", "--features", "cli", "--bin", "azml"];
    let messages = output_of(cargo(&arguments).arg("--message-format=json-render-diagnostics"))?;
    let built = Message::parse_stream(messages.as_bytes()).filter_map(Result::ok).find_map(|message| match message {
        Message::CompilerArtifact(artifact) if artifact.target.name == "azml" => artifact.executable,
        _ => None,
    });
    built.map(Into::into).ok_or_else(|| "cargo built no azml".to_owned())
}

/// The program, in a home of its own whose Azure is the emulator.
pub(super) struct Azml<'a> {
    pub(super) program: PathBuf,
    pub(super) home: &'a Path,
    pub(super) azure: &'a Emulator,
}

impl Azml<'_> {
    pub(super) fn command(&self, arguments: &[&str]) -> Result<Command, String> {
        let this = this_program()?;
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear();
        let kept = [
            "PATH",
            "LANG",
            "LC_ALL",
            "TERM",
            "NO_COLOR",
            "COLUMNS",
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "XAUTHORITY",
            "XDG_RUNTIME_DIR",
            "SYSTEMROOT",
        ];
        command.envs(kept.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs(self.azure.env()).env("HOME", self.home);
        // The login of the demo has no business in the person's own secret store.
        command.env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
        for (name, folder) in [
            ("AZML_CONFIG_DIR", ".azml"),
            ("AZURE_CONFIG_DIR", ".azure"),
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_CACHE_HOME", ".cache"),
            ("XDG_DATA_HOME", ".local/share"),
            ("XDG_STATE_HOME", ".local/state"),
        ] {
            command.env(name, self.home.join(folder));
        }
        command.env("BROWSER", format!("{} approve --window", this.display()));
        Ok(command)
    }

    /// Runs it where the person sees it.
    fn show(&self, arguments: &[&str]) -> Result<(), String> {
        let mut command = self.command(arguments)?;
        println!("\n$ {}", shown(&command));
        let status = command.stdin(Stdio::null()).status().map_err(|error| format!("azml does not start: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", shown(&command))) }
    }

    /// Runs `account get-authentication-header` and shows the beginning of the token.
    fn show_header(&self) -> Result<(), String> {
        let mut command = self.command(&["account", "get-authentication-header"])?;
        println!("\n$ {}", shown(&command));
        let printed = output_of(&mut command)?;
        let header: Value =
            serde_json::from_str(&printed).map_err(|error| format!("the header is no JSON: {error}"))?;
        let value = header["Authorization"].as_str().ok_or("the header has no Authorization")?;
        let token = value.strip_prefix("Bearer ").ok_or("the header is no bearer token")?;
        let start: String = token.chars().take(SHOWN).collect();
        println!(
            "{{\"Authorization\": \"Bearer {start}…\"}}   ({} characters; the demo shows the first {SHOWN})",
            token.len()
        );
        Ok(())
    }
}

fn explain(azure: &Emulator) {
    let requests = azure.requests();
    let asked =
        |method: &str, path: &str| requests.iter().filter(|it| it.method == method && it.path.ends_with(path)).count();
    println!(
        "\nWhat happened: `azml login` opened the sign-in page with PKCE, took the code at a loopback address, and saved the login\n\
         encrypted. The commands after it found the login there: {} sign-in page, {} token requests, {} calls of Azure in all.\n\
         It was a loopback Azure on this machine that ends now; with a real account `azml login` does the same.",
        asked("GET", "/authorize"),
        asked("POST", "/token"),
        requests.len()
    );
}
