//! A loopback Azure in a process of its own, built for speed, so that its work is none of those who ask.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde::Deserialize;

const PATIENCE: Duration = Duration::from_secs(60);
/// How many jobs a page of a list holds.
pub(super) const PAGE: usize = 100;

/// The running process. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Azure {
    process: Child,
    pub(super) told: Told,
}

/// How it is reached, and what a login of the Azure CLI holds.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Told {
    pub(super) env: Vec<(String, String)>,
    pub(super) access_token: String,
    pub(super) refresh_token: String,
}

impl Azure {
    /// With so many jobs that a list tells. What it writes lies in this folder.
    pub(super) fn start(program: &Path, jobs: usize, folder: &Path) -> Result<Self, String> {
        let problem = |error: String| format!("the loopback Azure does not start: {error}");
        let mut command = Command::new(program);
        command.args([jobs, PAGE].map(|number| number.to_string())).env_clear().env("TMPDIR", folder);
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut azure = Self { process: process.map_err(|error| problem(error.to_string()))?, told: Told::default() };
        let mut printed = BufReader::new(azure.process.stdout.take().expect("its output is piped"));
        let (send, receive) = mpsc::channel();
        // It ends with the process.
        std::thread::spawn(move || {
            let mut line = String::new();
            // Whoever has lost patience no longer listens.
            let _ = send.send(printed.read_line(&mut line).map(|_| line));
        });
        let line = receive.recv_timeout(PATIENCE).map_err(|error| problem(error.to_string()))?;
        let line = line.map_err(|error| problem(error.to_string()))?;
        azure.told = serde_json::from_str(&line).map_err(|error| problem(error.to_string()))?;
        Ok(azure)
    }
}

impl Drop for Azure {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
