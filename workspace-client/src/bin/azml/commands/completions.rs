//! `azml completions`.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Cli;

pub(crate) fn run(shell: Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "azml", &mut script);
    // Whoever closes the pipe early has seen enough.
    let _ = std::io::stdout().write_all(&script);
}
