//! `azml job`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DescriptionArgs, EditArgs, LimitArgs, SshArgs, ViewArgs, WorkspaceArgs};
use crate::completion::names;

#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// Submit the job that a YAML file describes
    ///
    /// It is a command, a sweep, an AutoML or Spark job or a pipeline, as az ml takes it. Folders and files of this machine that it
    /// names are uploaded, unless Azure has them already.
    Create(CreateJobArgs),
    /// Check the YAML file of a job and what it names on this machine, without asking Azure
    Validate {
        #[command(flatten)]
        described: DescriptionArgs,
        #[command(flatten)]
        workspace: WorkspaceArgs,
    },
    /// List the jobs of the workspace
    List(ListJobArgs),
    /// Show a job
    Show {
        #[command(flatten)]
        job: JobArgs,
        /// Open its page in Azure ML's studio
        #[arg(short = 'e', long)]
        web: bool,
    },
    /// Show what a job writes, while it runs or after; the exit code is that of the job's fate
    Stream {
        #[command(flatten)]
        job: JobArgs,
        /// The logs whose names begin like this, such as system_logs/ [default: what the program of the first process writes]
        #[arg(long, value_name = "NAME", num_args = 1..)]
        log: Vec<String>,
    },
    /// Show the services that a job runs on a node, such as Jupyter or SSH, with their addresses
    ShowServices(JobNodeArgs),
    /// Open a session where a job runs, with SSH
    ///
    /// The job must have a service of type ssh with your public key. The OpenSSH client comes in through Azure Machine Learning's gateway with
    /// your sign-in. Its exit code is that of the session.
    ConnectSsh {
        #[command(flatten)]
        node: JobNodeArgs,
        #[command(flatten)]
        session: SshArgs,
    },
    /// Carry what an SSH client says to where a job runs, as a ProxyCommand of ~/.ssh/config
    SshProxy(JobNodeArgs),
    /// Download what a job has written
    ///
    /// Its artifacts go to the folder artifacts, its outputs to named-outputs. What is there already is not downloaded again.
    Download(DownloadJobArgs),
    /// Draw the metrics of a job
    ///
    /// Without --metric the newest value of each is shown.
    Metrics(JobMetricsArgs),
    /// Change the description, display name or tags of a job
    Update(UpdateJobArgs),
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

/// Which node of a job.
#[derive(Debug, Args)]
pub(crate) struct JobNodeArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    /// The node
    #[arg(short = 'i', long, value_name = "INDEX", default_value_t = 0)]
    pub(crate) node_index: u32,
}

#[derive(Debug, Args)]
pub(crate) struct CreateJobArgs {
    #[command(flatten)]
    pub(crate) described: DescriptionArgs,

    /// The name [default: that of the file, or a new one]
    #[arg(short, long)]
    pub(crate) name: Option<String>,

    /// Show what it writes, and wait for its end
    #[arg(short, long)]
    pub(crate) stream: bool,

    /// Open its page in Azure ML's studio
    #[arg(short = 'e', long)]
    pub(crate) web: bool,

    /// Write the job that was submitted to this YAML file
    #[arg(short = 'a', long, value_name = "FILE")]
    pub(crate) save_as: Option<PathBuf>,

    /// Has no effect: what cannot be submitted is refused anyway
    #[arg(long = "skip-validation")]
    _skip_validation: bool,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DownloadJobArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,

    /// Only the output of this name
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub(crate) output_name: Option<String>,

    /// The artifacts, and all outputs
    #[arg(long)]
    pub(crate) all: bool,

    /// The folder to which they go
    #[arg(short = 'p', long, value_name = "FOLDER", default_value = ".")]
    pub(crate) download_path: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct JobMetricsArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,

    /// Draw this one, over its steps
    #[arg(short, long, value_name = "NAME")]
    pub(crate) metric: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateJobArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,

    #[command(flatten)]
    pub(crate) changes: EditArgs,

    /// Open its page in Azure ML's studio
    #[arg(short = 'e', long)]
    pub(crate) web: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListJobArgs {
    /// The steps of this pipeline, or the trials of this sweep
    #[arg(short, long, value_name = "NAME", conflicts_with_all = ["kind", "tag"])]
    pub(crate) parent_job_name: Option<String>,

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

    /// All of them
    #[arg(long, conflicts_with = "max_results")]
    pub(crate) all_results: bool,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}
