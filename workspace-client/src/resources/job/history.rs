//! What run history knows of jobs, and Azure Resource Manager does not (observed: azure-ai-ml 1.35).

use auth_core::{Error, Secret};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{JobStatus, Jobs};
use crate::Workspace;
use crate::arm::{ArmClient, Pager, Request, Turn, item as read, unreadable};
use crate::resources::{Json, escaped, item};

item! {
    /// A run, such as the step of a pipeline or the trial of a sweep.
    JobRun shows name
}

item! {
    /// A file that a job has written.
    JobArtifact shows path
}

/// Where a file of a job can be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JobFile {
    /// Its path within the job, as Azure says it: whoever writes a file of that name checks it first.
    pub path: String,
    /// Its URL, which is a permission by itself and ends after a time.
    pub url: Secret,
}

/// What can be changed of a job that was submitted.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct JobChange(Json);

/// What is asked of a run at its own place, and what at its place in its experiment.
#[derive(Clone, Copy)]
enum Home {
    Experiment,
    Run,
}

impl Jobs {
    /// Changes what people see of a job; what it does cannot be changed.
    ///
    /// # Errors
    /// As [`Collection::get`](crate::resources::Collection::get).
    pub async fn update(&self, name: &str, change: &JobChange) -> Result<(), Error> {
        self.change(name, &change.0.0).await
    }

    /// Hides a job from lists.
    ///
    /// # Errors
    /// As [`Jobs::update`].
    pub async fn archive(&self, name: &str) -> Result<(), Error> {
        self.change(name, &json!({"hidden": true})).await
    }

    /// Shows a job in lists again.
    ///
    /// # Errors
    /// As [`Jobs::update`].
    pub async fn restore(&self, name: &str) -> Result<(), Error> {
        self.change(name, &json!({"hidden": false})).await
    }

    /// The steps of a pipeline, or the trials of a sweep.
    pub fn children(&self, name: &str) -> Pager<JobRun> {
        self.pages(Home::Run, name, "children", None)
    }

    /// The files that a job has written, its logs among them.
    pub fn artifacts(&self, name: &str) -> Pager<JobArtifact> {
        self.pages(Home::Experiment, name, "artifacts", None)
    }

    /// Where the files of a job can be read whose path begins like this; all of them, if it is empty.
    ///
    /// # Errors
    /// As [`Collection::get`](crate::resources::Collection::get).
    pub async fn files(&self, name: &str, prefix: &str) -> Result<Vec<JobFile>, Error> {
        let prefix = Some(("path", prefix.to_owned()));
        let links: Pager<Json> = self.pages(Home::Experiment, name, "artifacts/prefix/contentinfo", prefix);
        links.try_collect().await?.iter().map(JobFile::new).collect()
    }

    /// A job cannot be changed, but its run can.
    async fn change(&self, name: &str, change: &Value) -> Result<(), Error> {
        let place = self.in_experiment(name).await?;
        let (client, request) = run_history(self.workspace()?, Method::PATCH, &place).await?;
        client.fetch(&request.body(change)?.without_result()).await
    }

    /// Where run history has a job in its experiment.
    async fn in_experiment(&self, name: &str) -> Result<String, Error> {
        let job = self.get(name).await?;
        Ok(format!("experiments/{}/runs/{name}", job.experiment_name().unwrap_or("Default")))
    }

    fn pages<T>(
        &self,
        home: Home,
        name: &str,
        what: &'static str,
        parameter: Option<(&'static str, String)>,
    ) -> Pager<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let (jobs, name) = (self.clone(), name.to_owned());
        Pager::new(move |turn| {
            let (jobs, name, parameter) = (jobs.clone(), name.clone(), parameter.clone());
            async move {
                let workspace = jobs.workspace()?;
                let size = match turn {
                    Turn::First(size) => size,
                    Turn::Next(request) => return workspace.region().await?.0.page(&request, "value").await?.map(read),
                };
                let run = match home {
                    Home::Experiment => jobs.in_experiment(&name).await?,
                    Home::Run => format!("runs/{name}"),
                };
                let (client, mut request) = run_history(workspace, Method::GET, &format!("{run}/{what}")).await?;
                if let Some((name, value)) = &parameter {
                    request = request.query(name, value);
                }
                if let Some(size) = size {
                    request = request.query("$top", &size.to_string());
                }
                client.page(&request, "value").await?.map(read)
            }
        })
    }
}

impl JobRun {
    /// The name, by which it is a job, too.
    pub fn name(&self) -> Option<&str> {
        self.0.text("/runId")
    }

    /// The name that people see.
    pub fn display_name(&self) -> Option<&str> {
        self.0.text("/displayName")
    }

    /// How far it has come.
    pub fn status(&self) -> Option<JobStatus> {
        self.0.one_of("/status")
    }
}

impl JobArtifact {
    /// The path within the job.
    pub fn path(&self) -> Option<&str> {
        self.0.text("/path")
    }

    /// How many bytes it has.
    pub fn size(&self) -> Option<u64> {
        self.0.number("/contentLength")
    }
}

impl JobFile {
    fn new(link: &Json) -> Result<Self, Error> {
        match (link.text("/path"), link.text("/contentUri")) {
            (Some(path), Some(url)) => Ok(Self { path: path.to_owned(), url: Secret::new(url) }),
            _ => Err(unreadable("it does not say where a file of the job is")),
        }
    }
}

impl Default for JobChange {
    fn default() -> Self {
        Self::new()
    }
}

impl JobChange {
    /// No change yet.
    pub fn new() -> Self {
        Self(Json(json!({})))
    }

    /// The name that people see.
    pub fn display_name(self, name: impl Into<String>) -> Self {
        Self(self.0.with("/displayName", name.into()))
    }

    /// What it is for.
    pub fn description(self, description: impl Into<String>) -> Self {
        Self(self.0.with("/description", description.into()))
    }

    /// Adds a tag; the others stay.
    pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
        Self(self.0.with(&format!("/tags/{}", escaped(name)), value.into()))
    }
}

/// A request to the service of the workspace's region that knows runs.
pub(super) async fn run_history(
    workspace: &Workspace,
    method: Method,
    place: &str,
) -> Result<(ArmClient, Request), Error> {
    let (client, service) = workspace.region().await?;
    let path = format!("history/v1.0{}/{place}", workspace.resource_id()?);
    Ok((client, service.request(method, &path).query("api-version", "v1.0")))
}
