//! The machine that figures belong to.

use std::process::Command;

use super::super::repository::output_of;

/// Its cores, its processor, its system, and the compiler.
pub(super) fn line() -> Result<String, String> {
    let cores = std::thread::available_parallelism().map_err(|error| format!("the number of cores: {error}"))?;
    let processor = value_in("/proc/cpuinfo", "model name", ':').unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let system = value_in("/etc/os-release", "PRETTY_NAME", '=').unwrap_or_else(|| std::env::consts::OS.to_owned());
    let compiler = output_of(Command::new("rustc").arg("--version"))?;
    Ok(format!("{cores} cores of {processor}, {system}, {}", compiler.trim()))
}

/// The first value of this name in a file of names and values, if there is one.
fn value_in(file: &str, name: &str, separator: char) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let mut pairs = text.lines().filter_map(|line| line.split_once(separator));
    let (_, value) = pairs.find(|(found, _)| found.trim() == name)?;
    Some(value.trim().trim_matches('"').to_owned())
}
