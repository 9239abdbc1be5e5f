//! `cargo xtask fuzz`: hostile bytes for the decoders of the cache, and for the parsers of the Azure CLI's files.

use std::path::Path;
use std::process::Command;

use super::repository::{cargo, output_of, root, shown};

/// The packages, and what they give arbitrary inputs to.
const PACKAGES: &[(&str, &[&str])] = &[
    ("auth-cache/fuzz", &["envelope", "record"]),
    ("auth-cli-bridge/fuzz", &["ini", "msal_cache", "profile", "service_principals"]),
];
const RUNS: u64 = 100_000;
const SECONDS: u64 = 20;

/// What cargo-fuzz passes: coverage that guides libFuzzer, and the address sanitizer.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Zsanitizer=address",
    "--cfg",
    "fuzzing",
];
/// An input of this size must not take longer or more memory than that; an allocation from an unchecked length does.
const LIMITS: &[&str] = &["-max_len=65536", "-timeout=10", "-rss_limit_mb=2048", "-malloc_limit_mb=64"];

/// Gives each fuzz target arbitrary inputs until one crashes it or the limits are reached.
#[derive(Debug, clap::Args)]
pub(crate) struct Fuzz {
    /// How many inputs each target gets.
    #[arg(long, default_value_t = RUNS)]
    runs: u64,
    /// How long each target may run, in seconds.
    #[arg(long, default_value_t = SECONDS)]
    seconds: u64,
}

impl Default for Fuzz {
    fn default() -> Self {
        Self { runs: RUNS, seconds: SECONDS }
    }
}

impl Fuzz {
    pub(super) fn run(&self) -> Result<(), String> {
        if !cfg!(any(all(target_os = "linux", target_env = "gnu"), target_os = "macos")) {
            println!("skipped: the address sanitizer is not available here");
            return Ok(());
        }
        let folder = root().join("target/fuzz");
        let host = host()?;
        for (package, targets) in PACKAGES {
            build(package, &folder, &host)?;
            for target in *targets {
                let program = folder.join(&host).join("debug").join(target);
                self.run_target(&folder, &program, &root().join(package).join("seeds").join(target), target)?;
            }
        }
        Ok(())
    }

    /// What crashed before is tried first, then what earlier runs and the seeds found worth keeping.
    fn run_target(&self, folder: &Path, program: &Path, seeds: &Path, target: &str) -> Result<(), String> {
        let crashes = folder.join("crashes").join(target);
        let corpus = folder.join("corpus").join(target);
        for folder in [&crashes, &corpus] {
            std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let mut command = Command::new(program);
        command.current_dir(root()).env("ASAN_OPTIONS", "detect_leaks=0").args(LIMITS);
        command.arg(format!("-runs={}", self.runs)).arg(format!("-max_total_time={}", self.seconds));
        command.arg(format!("-artifact_prefix={}/", crashes.display()));
        command.arg(corpus).arg(&crashes).arg(seeds);
        let output = command.output().map_err(|error| format!("{}: {error}", program.display()))?;
        let report = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            let figures = report.lines().rev().find(|line| line.contains("DONE")).unwrap_or_default();
            println!("   {target}: {figures}");
            return Ok(());
        }
        eprintln!("{report}");
        let input = report.lines().find_map(|line| line.split("Test unit written to ").nth(1)).unwrap_or("[input]");
        Err(format!("{target} failed; to see it again: {} {input}", program.display()))
    }
}

/// The flags must not reach build scripts, which is what naming the target does.
fn build(package: &str, folder: &Path, host: &str) -> Result<(), String> {
    let manifest = format!("{package}/Cargo.toml");
    let mut command = cargo(&["build", "--quiet", "--locked", "--manifest-path", &manifest, "--target", host]);
    command.arg("--target-dir").arg(folder);
    // The sanitizer's flag is unstable; this lets the stable compiler take it.
    command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    let status = command.status().map_err(|error| format!("`{}` does not start: {error}", shown(&command)))?;
    if status.success() { Ok(()) } else { Err("the fuzz targets do not build; they need a C++ compiler".to_owned()) }
}

fn host() -> Result<String, String> {
    let version = output_of(&mut cargo(&["--version", "--verbose"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "`cargo --version --verbose` names no host".to_owned())
}
