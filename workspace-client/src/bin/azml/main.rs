//! `azml`: sign in to Azure Machine Learning, and work with its workspaces, without waiting for the Azure CLI.

mod accounts;
mod args;
mod az_shim;
mod claims;
mod commands;
mod completion;
mod context;
mod description;
mod entity;
mod log;
mod output;
mod progress;
mod remains;
mod report;
mod settings;
mod sign_in_prompt;
mod terminal;
mod web;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue};

use crate::args::Cli;
use crate::output::{Format, Printer};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    if az_shim::is_called_for(arguments.next().as_ref()) {
        return az_shim::run(arguments.collect());
    }
    completion::answer();
    let Cli { global, command } = Cli::try_parse().unwrap_or_else(|error| explained(error).exit());
    log::start(global.debug, global.only_show_errors);
    if global.only_show_errors {
        terminal::say_only_errors();
    }
    if global.output == Some(Format::None) {
        terminal::stand_still();
    }
    let printer = Printer::new(&global);
    let (result, code) = match commands::run(command, &global) {
        Ok(Some(outcome)) => (printer.print(&outcome), outcome.code()),
        Ok(None) => (Ok(()), ExitCode::SUCCESS),
        Err(error) => {
            terminal::say(&report::render(&error));
            return report::exit_code(&error);
        }
    };
    match result {
        // Whoever reads our output has seen enough, such as `head`.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => code,
        Err(error) => {
            terminal::say(&format!("error: the output cannot be written: {error}"));
            ExitCode::FAILURE
        }
        Ok(()) => code,
    }
}

/// Some options of `az ml` work with containers on this machine, and azml with Azure alone.
fn explained(mut error: clap::Error) -> clap::Error {
    const OF_CONTAINERS: [&str; 3] = ["--local", "--local-enable-gpu", "--vscode-debug"];
    if let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && OF_CONTAINERS.contains(&option.as_str())
    {
        let tip = format!("azml runs no containers on this machine: use az ml for {option}");
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}
