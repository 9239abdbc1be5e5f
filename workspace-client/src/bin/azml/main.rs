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

use crate::args::Cli;
use crate::output::{Format, Printer};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    if az_shim::is_called_for(arguments.next().as_ref()) {
        return az_shim::run(arguments.collect());
    }
    completion::answer();
    let Cli { global, command } = Cli::parse();
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
