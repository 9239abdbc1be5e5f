//! A fresh process that reads one token from the encrypted file.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cache_bench::Failure;
use tempfile::TempDir;

use super::process;
use super::session::Session;
use crate::setting::Effort;
use crate::table::Row;

pub(super) fn measure(effort: Effort) -> Result<Vec<Row>, Failure> {
    let runs = effort.of(100, 10);
    let place = TempDir::with_prefix("cache-bench-")?;
    let home = place.path().join("home");
    std::fs::create_dir_all(&home)?;

    let file = beyond_start(runs, &place.path().join("file"), "file", &[("HOME", home.display().to_string())])?;
    let with_file = "reading a saved token, key in a file: what it costs a fresh process beyond its start";
    let with_keyring = "the same, key in the keyring (gnome-keyring)";
    let keyring = match Session::start(&home)? {
        Some(session) => {
            let took = beyond_start(runs, &place.path().join("keyring"), "keyring", session.env())?;
            Row::new(with_keyring, took).at_most(Duration::from_millis(15))
        }
        None => Row::new(with_keyring, "not measured: gnome-keyring is not installed".to_owned()),
    };
    Ok(vec![Row::new(with_file, file).at_most(Duration::from_millis(3)), keyring])
}

/// What reading takes longer than starting the same program with the same runtime.
fn beyond_start(runs: usize, directory: &Path, protection: &str, env: &[(&str, String)]) -> Result<Duration, Failure> {
    let command = |action: &str| {
        let mut command = Command::new(process::sibling("saved-token")?);
        command
            .arg(action)
            .arg(directory)
            .arg(protection)
            .env_clear()
            .envs(env.iter().map(|(name, value)| (name, value)));
        Ok::<_, Failure>(command)
    };
    process::time(&mut command("save")?)?;
    let (read, start) = process::in_turn(runs, &mut command("read")?, &mut command("start")?)?;
    Ok(read.saturating_sub(start))
}
