//! Whole processes.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cache_bench::Failure;

/// Another program of this package.
pub(super) fn sibling(name: &str) -> Result<PathBuf, Failure> {
    Ok(std::env::current_exe()?.with_file_name(name))
}

/// What a program prints.
pub(super) fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{} ended with {}", command.get_program().display(), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// How long a process takes from its start to its end.
pub(super) fn time(command: &mut Command) -> Result<Duration, Failure> {
    let started = Instant::now();
    let status = command.stdin(Stdio::null()).status()?;
    let took = started.elapsed();
    if status.success() {
        Ok(took)
    } else {
        Err(format!("{} ended with {status}", command.get_program().display()).into())
    }
}

/// The median times of two commands that run in turn, once each before it counts.
pub(super) fn in_turn(runs: usize, first: &mut Command, second: &mut Command) -> Result<(Duration, Duration), Failure> {
    time(first)?;
    time(second)?;
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        firsts.push(time(first)?);
        seconds.push(time(second)?);
    }
    Ok((crate::setting::median(firsts), crate::setting::median(seconds)))
}
