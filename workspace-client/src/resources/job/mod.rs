//! Jobs: what runs on computes.

mod filter;
mod log_name;
mod logs;

use auth_core::Error;
use reqwest::Method;
use reqwest::header::HeaderName;
use serde::Serialize;
use serde_json::{Value, json};

use super::open_enum::open_enum;
use super::verb::to_json;
use super::{Collection, Resource, Verb, kind};
use crate::Workspace;
use crate::arm::{Pager, Poller, Request};

pub use filter::JobFilter;
pub use logs::{JobLogs, LogPiece};

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

    /// Hides a job from lists.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn archive(&self, name: &str) -> Result<(), Error> {
        self.change(name, &json!({"hidden": true})).await
    }

    /// Shows a job in lists again.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn restore(&self, name: &str) -> Result<(), Error> {
        self.change(name, &json!({"hidden": false})).await
    }

    /// What a job writes, from its beginning on.
    pub fn logs(&self, name: &str) -> JobLogs {
        JobLogs::new(self.clone(), name)
    }

    /// A job cannot be changed, but its run can (observed: azure-ai-ml 1.35).
    async fn change(&self, name: &str, change: &Value) -> Result<(), Error> {
        let job = self.get(name).await?;
        let experiment = job.experiment_name().unwrap_or("Default");
        let place = format!("experiments/{experiment}/runs/{name}");
        let (client, request) = run_history(self.workspace()?, Method::PATCH, &place).await?;
        client.fetch(&request.body(change)?.without_result()).await
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

/// A request to the service of the workspace's region that knows runs.
async fn run_history(
    workspace: &Workspace,
    method: Method,
    place: &str,
) -> Result<(crate::arm::ArmClient, Request), Error> {
    let (client, service) = workspace.region().await?;
    let path = format!("history/v1.0{}/{place}", workspace.resource_id()?);
    Ok((client, service.request(method, &path).query("api-version", "v1.0")))
}
