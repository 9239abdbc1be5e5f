//! One command a file.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "commands talk to a person")]

mod approve;
mod az_shim;
mod bench;
mod demo;
mod emulator;
mod fuzz;
mod identity_server;
mod interop;
mod job_files;
mod layers;
mod ml_client;
mod mlflow;
mod packages;
mod peers;
mod process;
mod repository;
mod storage;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tooling of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Acts as the browser of a sign-in at the emulator.
    #[command(hide = true)]
    Approve(approve::Approve),
    /// Gives the Azure SDKs for Python and JavaScript tokens through azml in the place of az.
    AzShim,
    /// Measures azml and the token cache beside their peers.
    Bench(bench::Bench),
    /// Runs what CI runs.
    Ci,
    /// Signs in and shows a workspace, all against a loopback Azure on this machine.
    Demo,
    /// Runs the loopback Azure until Ctrl-C.
    Emulator(emulator::Emulator),
    /// Gives the cache's decoders hostile bytes, within limits.
    Fuzz(fuzz::Fuzz),
    /// Gives the Azure SDKs for Python and JavaScript tokens of a login of azml.
    IdentityServer,
    /// Lets Microsoft's own clients sign in at the emulator, and answers from their logins.
    Interop(interop::Interop),
    /// Submits the job files of the tests with azml and with Microsoft's own client, and compares what they send.
    JobFiles,
    /// Checks which crate depends on what.
    Layers(layers::Layers),
    /// Logs to a real MLflow server, and reads that with Python's own client.
    Mlflow,
    /// Lets Microsoft's own client of Azure Machine Learning work with the emulator.
    MlClient,
    /// Compares with what Microsoft's clients do at the endpoints of managed identities.
    Peers(peers::Peers),
    /// Lists blobs of a real Azurite with the Azure SDK's client and our sign-in.
    Storage,
    /// Formats, lints, checks and tests everything.
    Test,
    /// Checks the repository's own rules.
    Tidy,
}

impl Xtask {
    /// Runs the command; a problem ends with exit code 1.
    pub(crate) fn run(self) -> ExitCode {
        let outcome = match self.command {
            Command::Approve(approve) => approve.run(),
            Command::AzShim => az_shim::run(),
            Command::Bench(bench) => bench.run(),
            Command::Ci => test::run(test::Place::Ci),
            Command::Demo => demo::run(),
            Command::Emulator(emulator) => emulator.run(),
            Command::Fuzz(fuzz) => fuzz.run(),
            Command::IdentityServer => identity_server::run(),
            Command::Interop(interop) => interop.run(),
            Command::JobFiles => job_files::run(),
            Command::Layers(layers) => layers.run(),
            Command::Mlflow => mlflow::run(),
            Command::MlClient => ml_client::run(),
            Command::Peers(peers) => peers.run(),
            Command::Storage => storage::run(),
            Command::Test => test::run(test::Place::Here),
            Command::Tidy => tidy::run(),
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("error: {problem}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Runs a future to its end.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| format!("no async runtime: {error}"))?.block_on(future))
}
