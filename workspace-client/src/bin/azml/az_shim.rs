//! azml in the place of `az`, for the tools that start it for a token. Everything else is the Azure CLI's.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use auth_core::{Env, Error, ErrorKind};
use clap::Parser as _;

use crate::args::{AccountCommand, Cli, Command as Azml, Later};
use crate::output::Printer;
use crate::{commands, log, terminal};

/// The Azure CLI's name.
pub(crate) const NAME: &str = if cfg!(windows) { "az.exe" } else { "az" };
/// Whoever starts the Azure CLI because azml has no token says so here, and the Azure CLI it is.
const OFF: &str = "AZML_AZ_SHIM";
/// What a shell answers for a program that is not there; the Azure SDKs know it.
const NOT_FOUND: u8 = 127;
/// Options of every command of the Azure CLI that change nothing here.
const WITHOUT_EFFECT: [&str; 2] = ["--only-show-errors", "--verbose"];

/// Whether azml was started as `az`.
pub(crate) fn is_called_for(program: Option<&OsString>) -> bool {
    program.and_then(|program| Path::new(program).file_stem()).is_some_and(|name| name.eq_ignore_ascii_case("az"))
}

/// Answers `account get-access-token`, and leaves everything else to the Azure CLI.
pub(crate) fn run(arguments: Vec<OsString>) -> ExitCode {
    match token_command(&arguments).filter(|_| Env::process().var(OFF).is_none_or(|value| value != "off")) {
        Some(cli) => answer(cli),
        None => hand_over(arguments),
    }
}

/// The call as azml understands it; none, if it is not for a token, asks for help, or says what azml does not know.
fn token_command(arguments: &[OsString]) -> Option<Cli> {
    let words: Vec<_> = arguments.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
    let known = words.iter().filter(|word| !WITHOUT_EFFECT.contains(word));
    let cli = Cli::try_parse_from(["azml"].iter().chain(known)).ok()?;
    matches!(cli.command, Azml::Account(Later(AccountCommand::GetAccessToken(_)))).then_some(cli)
}

fn answer(Cli { global, command }: Cli) -> ExitCode {
    log::start(global.debug, global.only_show_errors);
    match commands::run(command, &global) {
        Ok(outcome) => match outcome.map(|outcome| Printer::new(&global).print(&outcome)) {
            Some(Err(error)) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                terminal::say(&format!("ERROR: the output cannot be written: {error}"));
                ExitCode::FAILURE
            }
            _ => ExitCode::SUCCESS,
        },
        Err(error) => {
            terminal::say(&refusal(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error in the words by which the Azure SDKs tell what is wrong (observed: azure-identity 1.27, @azure/identity 4.13, az 2.91).
fn refusal(error: &Error) -> String {
    match (error.kind(), error.entra()) {
        (ErrorKind::Interaction, Some(entra)) => {
            let tenant = entra.tenant.as_ref().map(|tenant| format!(" --tenant \"{tenant}\"")).unwrap_or_default();
            let scope = entra.scopes.as_ref().map(|scopes| format!(" --scope \"{scopes}\"")).unwrap_or_default();
            format!("ERROR: {error}\nInteractive authentication is needed. Please run:\naz login{tenant}{scope}")
        }
        (ErrorKind::Interaction | ErrorKind::Unavailable, _) => {
            format!("ERROR: Please run 'az login' to setup account.\n{error}; azml login does, too")
        }
        _ => format!("ERROR: {}", crate::report::sentence(error)),
    }
}

/// Becomes the Azure CLI, with the same arguments, input and output.
fn hand_over(arguments: Vec<OsString>) -> ExitCode {
    let Some(program) = azure_cli(&Env::process()) else {
        terminal::say(
            "az: not found: the Azure CLI is not installed, and azml in its place answers az account get-access-token alone",
        );
        return ExitCode::from(NOT_FOUND);
    };
    let mut command = Command::new(&program);
    become_it(command.args(arguments), &program)
}

#[cfg(unix)]
fn become_it(command: &mut Command, program: &Path) -> ExitCode {
    let error = std::os::unix::process::CommandExt::exec(command);
    terminal::say(&format!("az: {} does not start: {error}", program.display()));
    ExitCode::from(NOT_FOUND)
}

#[cfg(not(unix))]
fn become_it(command: &mut Command, program: &Path) -> ExitCode {
    match command.status() {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            terminal::say(&format!("az: {} does not start: {error}", program.display()));
            ExitCode::from(NOT_FOUND)
        }
    }
}

/// The first `az` on the PATH that is not azml.
fn azure_cli(env: &Env) -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?.canonicalize().ok()?;
    let names: &[&str] = if cfg!(windows) { &["az.exe", "az.cmd", "az.bat"] } else { &["az"] };
    let path = env.var("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|candidate| is_program(candidate) && candidate.canonicalize().is_ok_and(|candidate| candidate != own))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_for_a_token(words: &[&str]) -> bool {
        token_command(&words.iter().map(OsString::from).collect::<Vec<_>>()).is_some()
    }

    #[test]
    fn only_a_call_for_a_token_that_is_understood_is_answered() {
        let token = ["account", "get-access-token"];
        for more in [
            &[][..],
            &["--output", "json", "--resource", "https://vault.azure.net"],
            &["--only-show-errors", "-o", "tsv", "--query", "accessToken"],
            &["--scope", "https://ml.azure.com/.default", "--tenant", "t"],
            &["--subscription", "s", "--verbose"],
        ] {
            assert!(is_for_a_token(&[&token[..], more].concat()), "{more:?}");
        }
        for words in [
            &["account", "show"][..],
            &["account", "get-access-token", "--help"],
            &["account", "get-access-token", "--what-is-this"],
            &["login"],
            &["--version"],
            &[],
        ] {
            assert!(!is_for_a_token(words), "{words:?}");
        }
    }

    #[test]
    fn the_name_of_the_program_decides() {
        for name in ["az", "/opt/bin/az", "az.exe", "AZ"] {
            assert!(is_called_for(Some(&name.into())), "{name}");
        }
        for name in ["azml", "/az/azml", ""] {
            assert!(!is_called_for(Some(&name.into())), "{name}");
        }
        assert!(!is_called_for(None));
    }
}
