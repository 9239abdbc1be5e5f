//! `cargo xtask ml-client`: Microsoft's own client of Azure Machine Learning against the emulator.

use std::process::Command;

use tempfile::TempDir;
use xtask::emulator::{Emulator, defaults};

use super::packages;
use super::repository::output_of;

pub(super) const PACKAGES: &[&str] = &["azure-ai-ml==1.35.2", "azure-identity==1.27.0"];
const SCRIPT: &str = include_str!("ml_client.py");

/// Lets the client do what people do, and sees that it is told what it should be.
pub(super) fn run() -> Result<(), String> {
    let python = packages::python("ml-client", PACKAGES)?;
    let home = TempDir::with_prefix("ml-client-").map_err(|error| format!("no temporary folder: {error}"))?;
    let azure = Emulator::start();
    let script = home.path().join("client.py");
    std::fs::write(&script, SCRIPT).map_err(|error| format!("{}: {error}", script.display()))?;
    let mut command = Command::new(python);
    command.arg(script).args([defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE]);
    command.env_clear().envs(azure.env()).env("HOME", home.path()).current_dir(home.path());
    command.envs(["PATH", "SYSTEMROOT"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.env("AZURE_TENANT_ID", defaults::CONTOSO).env("AZURE_CLIENT_ID", defaults::SERVICE_PRINCIPAL_ID);
    command.env("AZURE_CLIENT_SECRET", defaults::SERVICE_PRINCIPAL_SECRET);
    print!("{}", output_of(&mut command)?);
    match azure.requests().iter().filter(|request| request.status >= 500).count() {
        0 => Ok(()),
        failed => Err(format!("{failed} requests were answered with a failure of the emulator")),
    }
}
