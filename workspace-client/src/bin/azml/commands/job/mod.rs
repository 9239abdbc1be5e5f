//! `azml job`.

mod create;
mod description;
mod download;
mod metrics;
mod services;
mod shown;
mod stream;
mod update;

use auth_core::Error;
use serde_json::Value;
use workspace_client::resources::job::{Job, JobFilter, JobKind, JobRun, JobType, Jobs};

use super::resource::{Operation, finish, some, workspace_of};
use super::ssh;
use crate::args::{JobArgs, JobCommand, JobNodeArgs, LimitArgs, ListJobArgs, WorkspaceArgs};
use crate::context::{Context, block_on};
use crate::entity::{self, Member, is, written};
use crate::output::{Column, Outcome};

use self::shown::shown;
pub(crate) use description::{Declared, NewJob, Steps, parallel_spec, spark_spec};

const COLUMNS: [Column; 5] = [
    ("Name", "name"),
    ("Type", "type"),
    ("Status", "status"),
    ("Experiment", "experiment_name"),
    ("DisplayName", "display_name"),
];

/// What run history tells of the steps of a pipeline.
const RUN_MEMBERS: &[Member] = &[
    is("/display_name", "/displayName"),
    is("/name", "/runId"),
    is("/status", "/status"),
    written("/type", "/runType", str::to_lowercase),
];

pub(crate) fn run(command: JobCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        JobCommand::Create(args) => create::run(args, context).map(Some),
        JobCommand::Validate { described, workspace } => create::validate(&described, workspace, context).map(Some),
        JobCommand::List(args) => list(args, context).map(Some),
        JobCommand::Show { job, web } => {
            let (jobs, name) = find(job, context)?;
            let job = block_on(async {
                let job = jobs.get(&name).await?;
                if web {
                    create::show(&job, context).await;
                }
                Ok::<_, Error>(job)
            })?;
            Ok(Some(one(&job)))
        }
        JobCommand::Stream { job, log } => {
            let (jobs, name) = find(job, context)?;
            block_on(stream::run(&jobs, &name, &log)).map(|()| None)
        }
        JobCommand::ConnectSsh { node, session } => ssh::to_job(node, &session, context),
        JobCommand::SshProxy(node) => ssh::carry_to_job(node, context).map(|()| None),
        JobCommand::ShowServices(JobNodeArgs { job, node_index }) => {
            let (jobs, name) = find(job, context)?;
            Ok(services::shown(&block_on(jobs.services(&name, node_index))?))
        }
        JobCommand::Download(args) => download::run(args, context).map(Some),
        JobCommand::Metrics(args) => metrics::run(args, context).map(Some),
        JobCommand::Update(args) => update::run(args, context).map(Some),
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
    let limit = args.limit.or_all(args.all_results);
    if let Some(parent) = args.parent_job_name {
        let jobs = workspace_of(args.workspace, context)?.jobs();
        let children =
            some(jobs.children(&parent), limit, |_| true, |run: &JobRun| entity::of(run.raw(), RUN_MEMBERS))?;
        return Ok(Outcome::with_columns(children, &COLUMNS));
    }
    let mut filter = JobFilter::new().view(args.view.view());
    if let Some(kind) = &args.kind {
        filter = filter.job_type(JobType::from(kind.as_str()));
    }
    if let Some(tag) = args.tag {
        filter = filter.tag(tag);
    }
    listed(&filter, limit, args.workspace, context)
}

/// The jobs that a filter lets through.
pub(crate) fn listed(
    filter: &JobFilter,
    limit: LimitArgs,
    workspace: WorkspaceArgs,
    context: &Context,
) -> Result<Outcome, Error> {
    let jobs = workspace_of(workspace, context)?.jobs();
    Ok(Outcome::with_columns(some(jobs.list_with(filter), limit, |_| true, shown)?, &COLUMNS))
}

/// Submits a job that is described as the API has it.
pub(crate) fn submitted(jobs: &Jobs, name: &str, body: &Value) -> Result<Outcome, Error> {
    Ok(one(&block_on(jobs.create_or_update(name, body))?))
}

fn one(job: &Job) -> Outcome {
    Outcome::with_columns(shown(job), &COLUMNS)
}

fn find(args: JobArgs, context: &Context) -> Result<(Jobs, String), Error> {
    Ok((workspace_of(args.workspace, context)?.jobs(), args.name))
}
