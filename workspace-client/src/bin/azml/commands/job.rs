//! `azml job`.

use std::io::Write as _;

use auth_core::{Error, ErrorKind};
use serde_json::Value;
use workspace_client::resources::Kind as _;
use workspace_client::resources::job::{Job, JobFilter, JobKind, JobStatus, JobType, Jobs};

use super::resource::{Operation, finish, some, workspace_of};
use crate::args::{JobArgs, JobCommand, ListJobArgs};
use crate::context::{Context, block_on};
use crate::entity::{self, Member, is, written};
use crate::output::{Column, Outcome};
use crate::terminal::say;

const COLUMNS: [Column; 5] = [
    ("Name", "name"),
    ("Type", "type"),
    ("Status", "status"),
    ("Experiment", "experiment_name"),
    ("DisplayName", "display_name"),
];

/// How jobs are shown (observed: azure-ai-ml 1.35).
const MEMBERS: &[Member] = &[
    is("/command", "/properties/command"),
    is("/compute", "/properties/computeId"),
    is("/display_name", "/properties/displayName"),
    is("/environment", "/properties/environmentId"),
    is("/environment_variables", "/properties/environmentVariables"),
    is("/experiment_name", "/properties/experimentName"),
    is("/inputs", "/properties/inputs"),
    is("/outputs", "/properties/outputs"),
    is("/properties", "/properties/properties"),
    is("/services", "/properties/services"),
    is("/status", "/properties/status"),
    written("/type", "/properties/jobType", str::to_lowercase),
];

pub(crate) fn run(command: JobCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        JobCommand::List(args) => list(args, context).map(Some),
        JobCommand::Show(args) => {
            let (jobs, name) = find(args, context)?;
            Ok(Some(Outcome::with_columns(shown(&block_on(jobs.get(&name))?), &COLUMNS)))
        }
        JobCommand::Stream(args) => stream(args, context).map(|()| None),
        JobCommand::Cancel(args) => {
            let ws = workspace_of(args.workspace, context)?;
            let operation = Operation::of::<JobKind>("ending", &args.name, &ws);
            block_on(async { finish(ws.jobs().cancel(&args.name).await?, false, &operation).await })?;
            Ok(None)
        }
        JobCommand::Archive(args) => {
            let (jobs, name) = find(args, context)?;
            block_on(jobs.archive(&name)).map(|()| None)
        }
        JobCommand::Restore(args) => {
            let (jobs, name) = find(args, context)?;
            block_on(jobs.restore(&name)).map(|()| None)
        }
    }
}

fn list(args: ListJobArgs, context: &Context) -> Result<Outcome, Error> {
    let mut filter = JobFilter::new().view(args.view.view());
    if let Some(kind) = &args.kind {
        filter = filter.job_type(JobType::from(kind.as_str()));
    }
    if let Some(tag) = args.tag {
        filter = filter.tag(tag);
    }
    let jobs = workspace_of(args.workspace, context)?.jobs();
    Ok(Outcome::with_columns(some(jobs.list_with(&filter), args.limit, |_| true, shown)?, &COLUMNS))
}

/// Writes what the job writes to stdout, and fails where the job does.
fn stream(args: JobArgs, context: &Context) -> Result<(), Error> {
    let (jobs, name) = find(args, context)?;
    let status = block_on(async {
        let job = jobs.get(&name).await?;
        if let Some(url) = job.studio_url() {
            say(&format!("{name}: {url}"));
        }
        let mut logs = jobs.logs(&name);
        let mut file = String::new();
        while let Some(piece) = logs.next().await? {
            if file != piece.file() {
                piece.file().clone_into(&mut file);
                say(&format!("-- {file}"));
            }
            let mut stdout = std::io::stdout().lock();
            // Whoever reads it has seen enough.
            if stdout.write_all(piece.text().as_bytes()).and_then(|()| stdout.flush()).is_err() {
                return Ok(None);
            }
        }
        Ok(logs.status().cloned())
    })?;
    match status {
        None | Some(JobStatus::Completed) => Ok(()),
        Some(status) => Err(Error::new(ErrorKind::Rejected, format!("the job {name} ended as {status}"))
            .with_help(format!("azml job show --name {name}"))),
    }
}

fn shown(job: &Job) -> Value {
    entity::resource(job.raw(), JobKind::TAGS, MEMBERS)
}

fn find(args: JobArgs, context: &Context) -> Result<(Jobs, String), Error> {
    Ok((workspace_of(args.workspace, context)?.jobs(), args.name))
}
