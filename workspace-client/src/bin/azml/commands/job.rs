//! `azml job`.

use std::io::Write as _;

use auth_core::{Error, ErrorKind};
use serde_json::Value;
use workspace_client::arm::ResourceId;
use workspace_client::resources::asset::ListView;
use workspace_client::resources::job::{Job, JobFilter, JobStatus, JobType, Jobs};

use super::resource::{finish, some, workspace_of};
use crate::args::{JobArgs, JobCommand, ListJobArgs};
use crate::context::{Context, block_on};
use crate::entity::{self, Member, put};
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
const MEMBERS: [Member; 18] = [
    ("/command", "/properties/command"),
    ("/compute", "/properties/computeId"),
    ("/creation_context/created_at", "/systemData/createdAt"),
    ("/creation_context/created_by", "/systemData/createdBy"),
    ("/creation_context/created_by_type", "/systemData/createdByType"),
    ("/description", "/properties/description"),
    ("/display_name", "/properties/displayName"),
    ("/environment", "/properties/environmentId"),
    ("/environment_variables", "/properties/environmentVariables"),
    ("/experiment_name", "/properties/experimentName"),
    ("/id", "/id"),
    ("/inputs", "/properties/inputs"),
    ("/name", "/name"),
    ("/outputs", "/properties/outputs"),
    ("/properties", "/properties/properties"),
    ("/services", "/properties/services"),
    ("/status", "/properties/status"),
    ("/tags", "/properties/tags"),
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
            let (jobs, name) = find(args, context)?;
            block_on(async { finish(jobs.cancel(&name).await?, false, "ending the job").await })?;
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
    let mut filter = JobFilter::new().view(ListView::of(args.include_archived, args.archived_only));
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
    let mut shown = entity::of(job.raw(), &MEMBERS);
    if let Some(kind) = job.job_type() {
        put(&mut shown, "/type", kind.as_str().to_lowercase());
    }
    if let Ok(id) = job.id().parse::<ResourceId>() {
        put(&mut shown, "/resourceGroup", id.resource_group());
    }
    shown
}

fn find(args: JobArgs, context: &Context) -> Result<(Jobs, String), Error> {
    Ok((workspace_of(args.workspace, context)?.jobs(), args.name))
}
