//! The programs that are measured, and where they run.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use xtask::emulator::defaults;

use super::super::super::packages;
use super::super::super::repository::{cargo, output_of, root};
use super::super::{AZURE_CLI, azure_cli, build_azml, login};
use super::azure::Azure;
use super::cost::Measured;

/// The workspace that everybody asks about.
pub(super) const WORKSPACE: [&str; 3] = [defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE];
/// Microsoft's client, from PyPI.
const PACKAGES: &[&str] = &["azure-ai-ml==1.35.2", "azure-identity==1.27.0"];
const SCRIPT: &str = include_str!("client.py");
/// The package of our own programs; it is no member of the workspace.
const MANIFEST: &str = "xtask/bench/Cargo.toml";
const PROGRAMS: [&str; 3] = ["azure", "list-jobs", "upload"];

#[derive(Debug)]
pub(super) struct Place {
    pub(super) azml: PathBuf,
    pub(super) azure_cli: PathBuf,
    folder: TempDir,
    /// How often slow commands run.
    pub(super) runs: usize,
    programs: PathBuf,
    python: PathBuf,
}

impl Place {
    /// Builds and installs what is measured.
    pub(super) fn new(runs: usize) -> Result<Self, String> {
        let (azure_cli, python) = (azure_cli()?, packages::python("ml-client", PACKAGES)?);
        let azml = build_azml()?;
        println!("Building the measuring programs (release) ...");
        let target = root().join("target/bench");
        let mut build = cargo(&["build", "--quiet", "--release", "--locked", "--manifest-path", MANIFEST]);
        output_of(build.args(PROGRAMS.iter().flat_map(|name| ["--bin", name])).arg("--target-dir").arg(&target))?;
        let folder = TempDir::with_prefix("azml-bench-").map_err(|error| format!("no temporary folder: {error}"))?;
        Ok(Self { azml, azure_cli, folder, runs, programs: target.join("release"), python })
    }

    /// The versions of Microsoft's clients.
    pub(super) fn peers() -> String {
        [PACKAGES, &[AZURE_CLI]].concat().join(", ").replace("==", " ")
    }

    /// For what goes when this goes.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// One of our own programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// A program in a new and empty home.
    pub(super) fn measured(&self, program: &Path) -> Result<Measured, String> {
        let home = TempDir::new_in(self.folder()).map_err(|error| format!("no temporary folder: {error}"))?;
        Measured::new(program, &home.keep())
    }

    /// The same, where a service principal has its secret in the environment.
    pub(super) fn as_service(&self, program: &Path, azure: &Azure) -> Result<Measured, String> {
        self.measured(program).map(|measured| with_secret(measured, azure))
    }

    /// A program in a home where a person is signed in with the Azure CLI.
    pub(super) fn as_person(&self, program: &Path, azure: &Azure) -> Result<Measured, String> {
        let home = self.folder().join("person");
        if !home.exists() {
            login::write(&home, &azure.told.access_token, &azure.told.refresh_token)?;
        }
        let mut measured = Measured::new(program, &home)?;
        measured.command.envs(azure.told.env.clone()).env("AZURE_CORE_COLLECT_TELEMETRY", "false");
        Ok(measured)
    }

    /// Microsoft's client in a new and empty home, which does the thing of this name.
    pub(super) fn ml_client(&self, thing: &str) -> Result<Measured, String> {
        let script = self.folder().join("client.py");
        std::fs::write(&script, SCRIPT).map_err(|error| format!("{}: {error}", script.display()))?;
        let mut measured = self.measured(&self.python)?;
        measured.command.arg(script).arg(thing);
        Ok(measured)
    }

    /// The same, where a service principal has its secret in the environment.
    pub(super) fn ml_client_as_service(&self, thing: &str, azure: &Azure) -> Result<Measured, String> {
        self.ml_client(thing).map(|measured| with_secret(measured, azure))
    }
}

fn with_secret(mut measured: Measured, azure: &Azure) -> Measured {
    let command = measured.command.envs(azure.told.env.clone()).env("AZURE_TENANT_ID", defaults::CONTOSO);
    command.env("AZURE_CLIENT_ID", defaults::SERVICE_PRINCIPAL_ID);
    command.env("AZURE_CLIENT_SECRET", defaults::SERVICE_PRINCIPAL_SECRET);
    measured
}
