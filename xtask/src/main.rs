//! The commands of `cargo xtask`.
#![allow(clippy::disallowed_methods, reason = "tooling reads the real environment, clock and disk")]

mod commands;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    commands::Xtask::parse().run()
}
