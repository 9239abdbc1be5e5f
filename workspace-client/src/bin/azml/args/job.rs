//! `azml job`.

use clap::{Args, Subcommand};

use super::{LimitArgs, ViewArgs, WorkspaceArgs};
use crate::completion::names;

#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// List the jobs of the workspace
    List(ListJobArgs),
    /// Show a job
    Show(JobArgs),
    /// Show what a job writes, while it runs or after; the exit code is that of the job's fate
    Stream(JobArgs),
    /// End a job before its time
    Cancel(JobArgs),
    /// Hide a job from lists
    Archive(JobArgs),
    /// Show a job in lists again
    Restore(JobArgs),
}

/// Which job.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    /// The job
    #[arg(short, long, add = names(|ws| ws.jobs().list()))]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListJobArgs {
    /// Only those of this type, such as command or pipeline
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,

    /// Only those with this tag: its name, or NAME=VALUE
    #[arg(long)]
    pub(crate) tag: Option<String>,

    #[command(flatten)]
    pub(crate) view: ViewArgs,

    #[command(flatten)]
    pub(crate) limit: LimitArgs,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}
