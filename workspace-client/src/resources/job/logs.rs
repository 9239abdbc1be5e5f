//! What a job writes, while it writes it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use auth_core::Error;
use futures_util::stream::{Stream, try_unfold};
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::history::run_history;
use super::{Job, JobStatus, JobType, Jobs, log_name};
use crate::arm::{ArmClient, ArmError, Service};

/// How much of a log is asked for at once.
const WINDOW: u64 = 1 << 20;

/// What a job writes, piece by piece, whether it is running or has ended. Only what is new is asked for.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// let mut logs = ws.jobs().logs("brave_apple_0123456789");
/// while let Some(piece) = logs.next().await? {
///     print!("{}", piece.text());
/// }
/// println!("{:?}", logs.status());
/// # Ok(()) }
/// ```
pub struct JobLogs {
    jobs: Jobs,
    name: String,
    job_type: Option<JobType>,
    status: Option<JobStatus>,
    is_over: bool,
    /// Beginnings of the names of the logs that are wanted; none where those are wanted that people want to see.
    wanted: Vec<String>,
    /// The names of the logs that there were.
    known: Vec<String>,
    /// How far each log was read.
    read: BTreeMap<String, u64>,
    /// The begun last line of each log.
    begun: BTreeMap<String, Vec<u8>>,
    pieces: VecDeque<LogPiece>,
    waited: Duration,
}

/// Some lines of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPiece {
    file: String,
    text: String,
}

/// What run history tells, as far as it is used (observed: azure-ai-ml 1.35).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    status: Option<String>,
    /// The URLs hold signatures.
    #[serde(default)]
    log_files: BTreeMap<String, Url>,
}

impl LogPiece {
    /// The log that it is of, such as `user_logs/std_log.txt`.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The lines, with their ends. What is not UTF-8 is replaced.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl JobLogs {
    pub(super) fn new(jobs: Jobs, name: &str) -> Self {
        Self {
            jobs,
            name: name.to_owned(),
            job_type: None,
            status: None,
            is_over: false,
            wanted: Vec::new(),
            known: Vec::new(),
            read: BTreeMap::new(),
            begun: BTreeMap::new(),
            pieces: VecDeque::new(),
            waited: Duration::ZERO,
        }
    }

    /// The logs alone whose names begin like one of these, such as `user_logs/std_log_process_1` or `system_logs/`. Without any, it is
    /// what the program of the first process writes, or else what the service of the job's type writes.
    #[must_use]
    pub fn only<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        Self { wanted: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// The next piece, as soon as there is one; none, when the job has ended and all of it was read. Dropping the future loses
    /// nothing.
    ///
    /// # Errors
    /// As [`Workspace::get`](crate::Workspace::get); after an error it can be asked again.
    pub async fn next(&mut self) -> Result<Option<LogPiece>, Error> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                return Ok(Some(piece));
            }
            if self.is_over {
                return Ok(None);
            }
            if let Err(error) = self.look().await {
                // The signature of a URL ends after a time, and the details hold a fresh one each time.
                if ArmError::of(&error).is_none_or(|arm| arm.status() != 403) {
                    return Err(error);
                }
                self.look().await?;
            }
            if self.pieces.is_empty() && !self.is_over {
                let pause = pause(self.waited);
                self.jobs.workspace()?.signed_in()?.time().sleep(pause).await;
                self.waited += pause;
            }
        }
    }

    /// The pieces that are left, as a stream; [`JobLogs::status`] tells the rest when it has ended.
    pub fn pieces(&mut self) -> impl Stream<Item = Result<LogPiece, Error>> + Send {
        try_unfold(self, async |logs| Ok(logs.next().await?.map(|piece| (piece, logs))))
    }

    /// How far the job had come when it was last asked.
    pub fn status(&self) -> Option<&JobStatus> {
        self.status.as_ref()
    }

    /// The names of all logs that the job had when it was last asked.
    pub fn names(&self) -> &[String] {
        &self.known
    }

    async fn look(&mut self) -> Result<(), Error> {
        if self.job_type.is_none() {
            let job: Job = self.jobs.get(&self.name).await?;
            self.job_type = Some(job.job_type().unwrap_or(JobType::Other(String::new())));
        }
        let place = format!("runs/{}/details", self.name);
        let (client, request) = run_history(self.jobs.workspace()?, Method::GET, &place).await?;
        let details: Details = client.fetch(&request).await?;
        let status = details.status.as_deref().map(JobStatus::from);
        // What was written before the end was told is there by then.
        let is_over = status.as_ref().is_some_and(|status| status.is_final() || *status == JobStatus::CancelRequested);
        self.known = details.log_files.keys().cloned().collect();
        let names = details.log_files.keys().map(String::as_str);
        let shown = if self.wanted.is_empty() {
            log_name::shown(names, self.job_type.as_ref())
        } else {
            names.filter(|name| self.wanted.iter().any(|wanted| name.starts_with(wanted))).collect()
        };
        for name in shown {
            self.read_on(&client, name, &details.log_files[name]).await?;
        }
        if is_over {
            for (file, line) in std::mem::take(&mut self.begun) {
                self.push(file, &line);
            }
        }
        (self.status, self.is_over) = (status, is_over);
        Ok(())
    }

    async fn read_on(&mut self, client: &ArmClient, name: &str, url: &Url) -> Result<(), Error> {
        // The URL itself is the permission, and nothing of ours is sent there.
        let service = Service::named("the log's storage", url.clone(), None)?;
        loop {
            let from = self.read.get(name).copied().unwrap_or_default();
            let Some(bytes) = client.fetch_range(service.request(Method::GET, ""), from, WINDOW).await? else {
                return Ok(());
            };
            let count = bytes.len() as u64;
            self.read.insert(name.to_owned(), from + count);
            let mut text = self.begun.remove(name).unwrap_or_default();
            text.extend(bytes);
            // A line that is still being written is shown when it is whole.
            let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            let begun = text.split_off(whole);
            self.push(name.to_owned(), &text);
            if !begun.is_empty() {
                self.begun.insert(name.to_owned(), begun);
            }
            if count < WINDOW {
                return Ok(());
            }
        }
    }

    fn push(&mut self, file: String, text: &[u8]) {
        if !text.is_empty() {
            self.pieces.push_back(LogPiece { file, text: String::from_utf8_lossy(text).into_owned() });
        }
    }
}

/// Two seconds at first, a minute in the end (observed: azure-ai-ml 1.35).
fn pause(waited: Duration) -> Duration {
    let seconds = 60.0 / (1.0 + 100.0 * (-waited.as_secs_f64() / 20.0).exp());
    Duration::from_secs_f64(seconds.floor().max(2.0))
}

impl fmt::Debug for JobLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobLogs").field("name", &self.name).field("status", &self.status).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_from_two_seconds_to_a_minute() {
        let pauses = [0, 20, 60, 100, 200, 3600].map(|waited| pause(Duration::from_secs(waited)).as_secs());
        assert_eq!(pauses, [2, 2, 10, 35, 59, 60]);
    }
}
