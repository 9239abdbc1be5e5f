//! `cargo xtask emulator`: a loopback Azure to play with.

use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::TempDir;
use xtask::emulator::{Emulator as Azure, IdentityHost, defaults};

use super::block_on;
use super::repository::this_program;

/// Runs the loopback Azure until Ctrl-C.
#[derive(Args, Debug)]
pub(super) struct Emulator {
    /// Writes the `export` lines to this file too.
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// Adds the variables of such a machine, so that its managed identities are found.
    #[arg(long, value_name = "HOST")]
    identity: Option<IdentityHost>,
}

impl Emulator {
    pub(super) fn run(self) -> Result<(), String> {
        let azure = Azure::start();
        let folder =
            TempDir::with_prefix("azure-emulator-home-").map_err(|error| format!("no temporary folder: {error}"))?;
        let this = this_program()?;
        if self.identity == Some(IdentityHost::Arc) {
            leave_keys_where_programs_look(&azure)?;
        }
        let mut variables = azure.env();
        // So that the person's own logins are neither used nor replaced.
        for name in ["AZML_CONFIG_DIR", "AZURE_CONFIG_DIR", "AZUREML_AUTH_CONFIG_DIR"] {
            variables.push((name.to_owned(), folder.path().join(name.to_lowercase()).display().to_string()));
        }
        variables.extend(self.identity.map(|host| azure.managed_identity_env(host)).into_iter().flatten());
        variables.push(("BROWSER".to_owned(), format!("{} approve %s &", this.display())));
        let lines: Vec<String> = variables.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
        let lines = lines.concat();
        if let Some(file) = &self.port_file {
            std::fs::write(file, &lines).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        let ended = block_on(async {
            tokio::select! {
                biased; // Ctrl-C is listened for before anybody is told about it.
                ended = tokio::signal::ctrl_c() => ended,
                never = announce(&azure, &lines) => never,
            }
        })?;
        ended.map_err(|error| format!("cannot wait for Ctrl-C: {error}"))
    }
}

/// Programs take keys from one folder alone, which belongs to the agent of Azure Arc.
fn leave_keys_where_programs_look(azure: &Azure) -> Result<(), String> {
    let folder = Path::new("/var/opt/azcmagent/tokens");
    std::fs::create_dir_all(folder).map_err(|error| {
        format!(
            "{}: {error}; programs look there for the keys of Azure Arc: let this user write to it",
            folder.display()
        )
    })?;
    azure.set_arc_tokens_folder(folder);
    Ok(())
}

async fn announce(azure: &Azure, lines: &str) -> std::io::Result<()> {
    println!("Loopback Azure: {} and {}", azure.https_url(), azure.http_url());
    println!("User {}, subscription {},", defaults::ADA, defaults::SUBSCRIPTION);
    println!("workspace {} in {}.", defaults::WORKSPACE, defaults::RESOURCE_GROUP);
    println!("Paste this into another terminal:\n\n{lines}\nCtrl-C ends it.");
    std::future::pending().await
}
