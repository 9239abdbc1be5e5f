//! What a process costs, from its start to its end.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::super::super::repository::{find_program, shown};

/// How long it may take, in seconds.
const PATIENCE: &str = "600";

/// What one run took, or the median of each of several.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) wall: Duration,
    /// Of all its threads, in its own code and the kernel's.
    pub(super) processor: Duration,
    /// In KiB.
    pub(super) peak_memory: u64,
}

/// A command that is to be measured.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) command: Command,
    report: PathBuf,
}

impl Measured {
    /// A program without arguments and variables, in a home of its own.
    pub(super) fn new(program: &Path, home: &Path) -> Result<Self, String> {
        let find = |name: &str, package: &str| {
            find_program(name).ok_or_else(|| format!("{name} is missing: install Debian's {package}"))
        };
        let report = home.join("cost.txt");
        let mut command = Command::new(find("timeout", "coreutils")?);
        // `timeout` ends whatever the program started, too. A parent as small as `time` adds nothing to the peak of its child's memory,
        // as a bigger one would.
        command.arg(PATIENCE).arg(find("time", "time")?).args(["-q", "-f", "%U %S %M", "-o"]).arg(&report).arg(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home);
        command.current_dir(home).stdin(Stdio::null());
        Ok(Self { command, report })
    }

    /// Runs it, and sees whether it printed what it should.
    pub(super) fn run(mut self, is_right: impl Fn(&str) -> bool) -> Result<Cost, String> {
        let started = Instant::now();
        let output = self.command.output();
        let wall = started.elapsed();
        let output = output.map_err(|error| format!("{}: {error}", shown(&self.command)))?;
        let (printed, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            return Err(format!("`{}` ended with {}:\n{complaint}", shown(&self.command), output.status));
        }
        if !is_right(printed.trim()) {
            let start: String = printed.chars().take(200).collect();
            return Err(format!("`{}` printed {start:?}:\n{complaint}", shown(&self.command)));
        }
        let report = std::fs::read_to_string(&self.report).map_err(|error| format!("time told nothing: {error}"))?;
        let (processor, peak_memory) = read(&report).ok_or_else(|| format!("time told {report:?}"))?;
        Ok(Cost { wall, processor, peak_memory })
    }
}

/// Runs several in turn so often, once each before it counts, and takes the medians. A run is told its number.
pub(super) fn in_turn<const N: usize>(
    runs: usize,
    contenders: [&dyn Fn(usize) -> Result<Cost, String>; N],
) -> Result<[Cost; N], String> {
    let mut costs = [const { Vec::new() }; N];
    for run in 0..=runs {
        for (contender, costs) in contenders.iter().zip(&mut costs) {
            let cost = contender(run)?;
            costs.extend((run > 0).then_some(cost));
        }
    }
    Ok(costs.map(|costs| Cost {
        wall: median(costs.iter().map(|cost| cost.wall)),
        processor: median(costs.iter().map(|cost| cost.processor)),
        peak_memory: median(costs.iter().map(|cost| cost.peak_memory)),
    }))
}

fn median<T: Copy + Ord>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

fn read(report: &str) -> Option<(Duration, u64)> {
    let mut words = report.split_whitespace();
    let mut seconds = || Duration::try_from_secs_f64(words.next()?.parse().ok()?).ok();
    let processor = seconds()? + seconds()?;
    Some((processor, words.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_time_tells_is_read() {
        assert_eq!(read("1.25 0.50 20480\n"), Some((Duration::from_millis(1750), 20480)));
        assert_eq!(read("Command exited with non-zero status 1\n"), None);
    }
}
