//! `azml completions`.

use std::io::Write as _;

use auth_core::{Error, ErrorKind};
use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::args::Cli;
use crate::completion::VARIABLE;

pub(crate) fn run(shell: Shell, dynamic: bool) -> Result<(), Error> {
    let mut script = Vec::new();
    if dynamic {
        let name = shell.to_string();
        let shells = Shells::builtins();
        let completer = shells.completer(&name).ok_or_else(|| {
            Error::new(ErrorKind::Configuration, format!("names cannot be completed in {name}"))
                .with_help(format!("azml completions {name}"))
        })?;
        // Writing to memory does not fail.
        let _ = completer.write_registration(VARIABLE, "azml", "azml", "azml", &mut script);
    } else {
        clap_complete::generate(shell, &mut Cli::command(), "azml", &mut script);
    }
    // Whoever closes the pipe early has seen enough.
    let _ = std::io::stdout().write_all(&script);
    Ok(())
}
