//! Jobs: what runs on computes.

mod automl;
mod command;
mod common;
mod data;
mod filter;
mod git;
mod history;
mod log_name;
mod logs;
mod name;
mod outputs;
mod pipeline;
mod service;
mod setup;
mod spark;
mod sweep;

use auth_core::Error;
use reqwest::header::HeaderName;
use serde::Serialize;
use serde_json::Value;

use super::open_enum::open_enum;
use super::verb::to_json;
use super::{Collection, Resource, Verb, kind};
use crate::Workspace;
use crate::arm::{Pager, Poller};

pub use automl::{AutoMlJob, AutoMlTask};
pub use command::CommandJob;
pub use data::{DataMode, DataType, JobInput, JobOutput};
pub use filter::JobFilter;
pub use git::git_properties;
pub use history::{JobArtifact, JobChange, JobFile, JobRun};
pub use logs::{JobLogs, LogPiece};
pub use name::generated_name;
pub use pipeline::PipelineJob;
pub use service::JobService;
pub use setup::{Distribution, JobIdentity, JobTier};
pub use spark::SparkJob;
pub use sweep::{Goal, Sampling, SweepJob};

/// The person's token for Azure ML's own services, which a pipeline hands to its steps (observed: azure-ai-ml 1.35).
const TOKEN_OF_PERSON: HeaderName = HeaderName::from_static("x-azureml-token");

kind! {
    /// The kind of [`Job`].
    pub JobKind: "job" in "jobs" at "2025-12-01"
}

/// A job, of any type.
pub type Job = Resource<JobKind>;
/// The jobs of a workspace.
pub type Jobs = Collection<JobKind>;

impl Workspace {
    /// The jobs of the workspace.
    pub fn jobs(&self) -> Jobs {
        Jobs::of(self)
    }
}

open_enum! {
    /// What a job is.
    JobType {
        AutoMl = "AutoML",
        Command = "Command",
        Pipeline = "Pipeline",
        Spark = "Spark",
        Sweep = "Sweep",
    }
}

open_enum! {
    /// How far a job has come.
    JobStatus {
        CancelRequested = "CancelRequested",
        Canceled = "Canceled",
        Completed = "Completed",
        Failed = "Failed",
        Finalizing = "Finalizing",
        NotResponding = "NotResponding",
        NotStarted = "NotStarted",
        Paused = "Paused",
        Preparing = "Preparing",
        Provisioning = "Provisioning",
        Queued = "Queued",
        Running = "Running",
        Starting = "Starting",
        Unknown = "Unknown",
    }
}

impl JobStatus {
    /// Whether nothing more happens by itself (observed: azure-ai-ml 1.35).
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Canceled | Self::Completed | Self::Failed | Self::NotResponding | Self::Paused)
    }
}

impl Job {
    /// What it is.
    pub fn job_type(&self) -> Option<JobType> {
        self.json().one_of("/properties/jobType")
    }

    /// How far it has come.
    pub fn status(&self) -> Option<JobStatus> {
        self.json().one_of("/properties/status")
    }

    /// The name that people see.
    pub fn display_name(&self) -> Option<&str> {
        self.json().text("/properties/displayName")
    }

    /// The experiment that it belongs to.
    pub fn experiment_name(&self) -> Option<&str> {
        self.json().text("/properties/experimentName")
    }

    /// The compute that it runs on, by resource id.
    pub fn compute_id(&self) -> Option<&str> {
        self.json().text("/properties/computeId")
    }

    /// What it runs, of a command job.
    pub fn command(&self) -> Option<&str> {
        self.json().text("/properties/command")
    }

    /// What it reads, by name.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, JobInput)> {
        members(self.raw(), "/properties/inputs").map(|(name, raw)| (name, JobInput::new(raw)))
    }

    /// What it writes, by name.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, JobOutput)> {
        members(self.raw(), "/properties/outputs").map(|(name, raw)| (name, JobOutput::new(raw)))
    }

    /// Its page in Azure ML's studio.
    pub fn studio_url(&self) -> Option<&str> {
        self.json().text("/properties/services/Studio/endpoint")
    }
}

impl Jobs {
    /// Those that a filter lets through.
    pub fn list_with(&self, filter: &JobFilter) -> Pager<Job> {
        self.place().pager(filter.ask())
    }

    /// Submits a job, described by JSON in the API's shape: `{"properties": {"jobType": "Command", ...}}`. A pipeline is handed a
    /// token of whoever submits it, for its steps.
    ///
    /// # Errors
    /// As [`Collection::get`], and [`ArmError`](crate::arm::ArmError) as the source where the description is refused.
    pub async fn create_or_update(&self, name: &str, job: &impl Serialize) -> Result<Job, Error> {
        let body = to_json(job)?;
        let mut verb = Verb::put(&[name], &body)?;
        if acts_as_person(&body) {
            let client = self.workspace()?.reach().await?;
            verb = verb.header(TOKEN_OF_PERSON, client.token(client.ml_scopes()?).await?.secret().expose());
        }
        self.place().fetch(verb).await
    }

    /// Ends a job before its time.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn cancel(&self, name: &str) -> Result<Poller<()>, Error> {
        self.place().begin(Verb::post(&[name, "cancel"]).without_result()).await
    }

    /// Deletes a job. That there is none is no error.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn delete(&self, name: &str) -> Result<Poller<()>, Error> {
        self.place().begin(Verb::delete(&[name])).await
    }

    /// What a job writes, from its beginning on.
    pub fn logs(&self, name: &str) -> JobLogs {
        JobLogs::new(self.clone(), name)
    }

    fn workspace(&self) -> Result<&Workspace, Error> {
        self.place().root().workspace()
    }
}

fn acts_as_person(body: &Value) -> bool {
    let text = |member: &str| body.pointer(member).and_then(Value::as_str).unwrap_or_default();
    text("/properties/jobType").eq_ignore_ascii_case("Pipeline")
        || text("/properties/identity/identityType").eq_ignore_ascii_case("UserIdentity")
}

fn members<'a>(raw: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let members = raw.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
    members.filter(|(_, value)| value.is_object()).map(|(name, value)| (name.as_str(), value))
}
