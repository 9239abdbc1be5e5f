//! `cargo xtask peers`: what Microsoft's own clients make of the emulator, and of the cases that our crate is tested with.

mod cases;
mod driver;
mod emulator;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use tempfile::TempDir;

use self::driver::{Driver, Peer};
use super::packages;
use super::repository::root;

/// The Python that has them.
pub(super) fn python() -> Result<PathBuf, String> {
    packages::python("peers", PACKAGES)
}

const PACKAGES: &[&str] = &[
    "azure-identity==1.27.0",
    "azureml-core==1.61.0.post4",
    "msal==1.39.0",
    // azureml-core imports pkg_resources, and newer ones do without.
    "setuptools==80.9.0",
];
const REPORT: &str = "auth-msi/PEERS.md";

/// Compares with what Microsoft's clients do.
#[derive(Args, Debug, Default)]
pub(super) struct Peers {
    /// Writes what they do to `auth-msi/PEERS.md` instead of comparing with it.
    #[arg(long)]
    bless: bool,
}

impl Peers {
    pub(super) fn run(self) -> Result<(), String> {
        let python = python()?;
        let home = TempDir::with_prefix("peers-").map_err(|error| format!("no temporary folder: {error}"))?;
        let mut drivers = BTreeMap::new();
        for peer in Peer::ALL {
            drivers.insert(peer, Driver::start(&python, peer, home.path())?);
        }
        let mut problems = emulator::check(&mut drivers)?;
        let (compared, more) = cases::compare(&mut drivers)?;
        problems.extend(more);

        let (path, report) = (root().join(REPORT), report::render(&compared));
        if self.bless {
            std::fs::write(&path, &report).map_err(|error| format!("{REPORT}: {error}"))?;
        } else {
            let known = std::fs::read_to_string(&path).map_err(|error| format!("{REPORT}: {error}"))?;
            problems.extend(report::first_change(&known, &report));
        }
        println!("{} cases with {} clients", compared.len(), Peer::ALL.len());
        if problems.is_empty() { Ok(()) } else { Err(format!("the clients differ:\n  {}", problems.join("\n  "))) }
    }
}
