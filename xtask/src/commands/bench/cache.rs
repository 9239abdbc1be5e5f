//! `cargo xtask bench cache`: the token cache beside the Rust crate `azure_identity`.

use std::process::Command;

use cargo_metadata::MetadataCommand;

use super::super::repository::{cargo, root, shown};
use super::{machine, replace_table};

/// The package that measures; it is no member of the workspace.
const MANIFEST: &str = "xtask/bench/Cargo.toml";
/// The crates whose versions belong to the figures.
const PEERS: [&str; 2] = ["azure_identity", "azure_core"];

/// Measures what a token costs.
#[derive(Debug, clap::Args)]
pub(super) struct Cache {
    /// A smoke run of a minute, whose figures mean little.
    #[arg(long)]
    quick: bool,
    /// Replaces the table in BENCHMARKS.md.
    #[arg(long, conflicts_with = "quick")]
    write: bool,
}

impl Cache {
    pub(super) fn run(&self) -> Result<(), String> {
        println!("Building the measuring programs (release) ...");
        let target = root().join("target/bench");
        let build = ["build", "--quiet", "--release", "--locked", "--manifest-path", MANIFEST, "--target-dir"];
        run_command(cargo(&build).arg(&target))?;
        let file = target.join("table.md");
        let mut bench = Command::new(target.join("release/cache-bench"));
        run_command(bench.arg(&file).args(self.quick.then_some("--quick")))?;
        let table = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let table = format!("{}.\n\n{table}", line()?);
        println!("\n{table}");
        if self.write { replace_table("cache", &table) } else { Ok(()) }
    }
}

fn run_command(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("`{}` does not start: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", shown(command))) }
}

/// The machine, and the versions of the peers.
fn line() -> Result<String, String> {
    let metadata = MetadataCommand::new().manifest_path(root().join(MANIFEST)).exec();
    let metadata = metadata.map_err(|error| format!("{MANIFEST}: {error}"))?;
    let version = |name: &&str| {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == *name);
        package.map(|package| format!(", {name} {}", package.version)).unwrap_or_default()
    };
    Ok(format!("{}{}", machine::line()?, PEERS.iter().map(version).collect::<String>()))
}
