//! `azml job stream`.

use std::io::Write as _;

use auth_core::{Error, ErrorKind};
use workspace_client::resources::job::{JobStatus, Jobs};

use crate::terminal::say;

/// Writes what the job writes to stdout, of the logs whose names begin like one of these if there are any, and fails where the job does.
pub(super) async fn run(jobs: &Jobs, name: &str, wanted: &[String]) -> Result<(), Error> {
    let job = jobs.get(name).await?;
    if let Some(url) = job.studio_url() {
        say(&format!("{name}: {url}"));
    }
    let mut logs = jobs.logs(name).only(wanted);
    let mut file = String::new();
    while let Some(piece) = logs.next().await? {
        if file != piece.file() {
            piece.file().clone_into(&mut file);
            say(&format!("-- {file}"));
        }
        let mut stdout = std::io::stdout().lock();
        // Whoever reads it has seen enough.
        if stdout.write_all(piece.text().as_bytes()).and_then(|()| stdout.flush()).is_err() {
            return Ok(());
        }
    }
    if file.is_empty() && !wanted.is_empty() {
        let names = logs.names();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        say(&format!("the job {name} wrote nothing to {}; its logs are {there}", wanted.join(", ")));
    }
    match logs.status() {
        None | Some(JobStatus::Completed) => Ok(()),
        Some(status) => Err(Error::new(ErrorKind::Rejected, format!("the job {name} ended as {status}"))
            .with_help(format!("azml job show --name {name}"))),
    }
}
