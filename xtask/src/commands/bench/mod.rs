//! `cargo xtask bench`: timings for BENCHMARKS.md.

mod cache;
mod cli;
mod client;
mod login;
mod machine;

use std::path::PathBuf;
use std::process::Command;

use super::repository::{cargo, output_of, root};

/// A peer, from PyPI.
const AZURE_CLI: &str = "azure-cli==2.91.0";

/// Measures, beside peers, in one run on one machine.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    cli: cli::Cli,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Measures the token cache beside `azure_identity`.
    Cache(cache::Cache),
    /// Measures lists, uploads and a workspace beside azure-ai-ml and the Azure CLI.
    Client(client::Client),
    /// Times azml beside the Azure CLI; this is what runs if nothing is named.
    Cli(cli::Cli),
}

impl Bench {
    pub(super) fn run(&self) -> Result<(), String> {
        match &self.what {
            Some(What::Cache(cache)) => cache.run(),
            Some(What::Client(client)) => client.run(),
            Some(What::Cli(cli)) => cli.run(),
            None => self.cli.run(),
        }
    }
}

fn build_azml() -> Result<PathBuf, String> {
    println!("Building azml (release) ...");
    output_of(&mut cargo(&["build", "--quiet", "--release", "-p", "workspace-client", "--features", "cli"]))?;
    Ok(root().join("target/release/azml"))
}

/// The Azure CLI in a folder of its own, installed if it is not there yet.
fn azure_cli() -> Result<PathBuf, String> {
    let folder = root().join("target/peers/azure-cli");
    let az = folder.join("bin/az");
    if !az.is_file() {
        println!("Installing {AZURE_CLI} into {} ...", folder.display());
        output_of(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        output_of(Command::new(folder.join("bin/pip")).args(["install", "--quiet", AZURE_CLI]))?;
    }
    Ok(az)
}

/// Replaces the table of this name in BENCHMARKS.md.
fn replace_table(name: &str, table: &str) -> Result<(), String> {
    let file = root().join("BENCHMARKS.md");
    let failed = |error: std::io::Error| format!("BENCHMARKS.md: {error}");
    let page = with_table(&std::fs::read_to_string(&file).map_err(failed)?, name, table)?;
    std::fs::write(&file, page).map_err(failed)
}

fn with_table(page: &str, name: &str, table: &str) -> Result<String, String> {
    let (start, end) = (format!("<!-- {name} table -->\n"), "<!-- end -->");
    let (before, rest) = page.split_once(&start).ok_or_else(|| format!("BENCHMARKS.md has no {name} table"))?;
    let (_, after) = rest.split_once(end).ok_or_else(|| format!("BENCHMARKS.md's {name} table has no end"))?;
    Ok(format!("{before}{start}{table}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::with_table;

    #[test]
    fn a_table_replaces_the_one_of_its_name_and_no_other() {
        let page = "a\n<!-- cli table -->\nold\n<!-- end -->\nb\n<!-- cache table -->\nold\n<!-- end -->\nc\n";
        let expected = "a\n<!-- cli table -->\nold\n<!-- end -->\nb\n<!-- cache table -->\nnew\n<!-- end -->\nc\n";
        assert_eq!(with_table(page, "cache", "new\n").as_deref(), Ok(expected));
        assert_eq!(with_table(page, "other", "new\n"), Err("BENCHMARKS.md has no other table".to_owned()));
    }
}
