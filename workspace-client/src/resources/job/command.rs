//! The description of a command job.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::common::any_job;
use super::{Distribution, JobTier};
use crate::resources::{Json, duration, escaped};

/// A command to be run. Its defaults are those of the Python SDK.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use workspace_client::resources::job::{CommandJob, JobInput, generated_name};
/// let environment = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest";
/// let job = CommandJob::new("python -c 'print(${{inputs.n}})'", environment).input("n", JobInput::literal("5"));
/// let job = ws.jobs().create_or_update(&generated_name(), &job).await?;
/// println!("{} is {:?}", job.name(), job.status());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct CommandJob(Json);

any_job!(CommandJob);

impl CommandJob {
    /// This command, which may hold `${{inputs.name}}` and `${{outputs.name}}`, in the environment of this id.
    pub fn new(command: impl Into<String>, environment: impl Into<String>) -> Self {
        Self(Json(json!({"properties": {
            "jobType": "Command",
            "command": command.into(),
            "environmentId": environment.into(),
            "environmentVariables": {},
            "inputs": {},
            "isArchived": false,
            "outputs": {},
            "properties": {},
            "tags": {},
        }})))
    }

    /// Beside the code of this id.
    pub fn code(self, id: impl Into<String>) -> Self {
        self.member("codeId", id.into())
    }

    /// Sets an environment variable.
    pub fn environment_variable(self, name: &str, value: impl Into<String>) -> Self {
        self.member(&format!("environmentVariables/{}", escaped(name)), value.into())
    }

    /// In several processes that know of each other.
    pub fn distribution(self, distribution: &Distribution) -> Self {
        self.member("distribution", distribution.described())
    }

    /// On this many machines.
    pub fn instances(self, count: u64) -> Self {
        self.resource("instanceCount", count)
    }

    /// On machines of this size, where the compute has several or there is none.
    pub fn instance_type(self, size: impl Into<String>) -> Self {
        self.resource("instanceType", size.into())
    }

    /// With this much shared memory, such as `4g`.
    pub fn shared_memory(self, size: impl Into<String>) -> Self {
        self.resource("shmSize", size.into())
    }

    /// Ends it after this time.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.member("limits", json!({"jobLimitsType": "Command", "timeout": duration::write(timeout)}))
    }

    /// How soon machines are found for it where there is no compute.
    pub fn tier(self, tier: &JobTier) -> Self {
        self.member("queueSettings/jobTier", tier.as_str())
    }

    fn resource(self, name: &str, value: impl Into<Value>) -> Self {
        let path = "/properties/resources/properties";
        let with_properties = if self.0.0.pointer(path).is_some() { self } else { Self(self.0.with(path, json!({}))) };
        with_properties.member(&format!("resources/{name}"), value)
    }
}
