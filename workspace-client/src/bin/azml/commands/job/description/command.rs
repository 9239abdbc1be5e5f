//! A command job.

use std::collections::BTreeMap;
use std::time::Duration;

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use workspace_client::resources::duration;

use super::Common;
use super::data::{self, Inputs, Outputs, Spelling};
use super::setup::{self, Distribution, QueueSettings, Resources, Services};
use crate::commands::asset::Environment;
use crate::commands::resource::Resolver;
use crate::description::{TextOr, members};

/// What a command job has beside what every job has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CommandJob {
    code: Option<String>,
    command: String,
    distribution: Option<Distribution>,
    environment: TextOr<Environment>,
    #[serde(default)]
    environment_variables: BTreeMap<String, String>,
    #[serde(default)]
    inputs: Inputs,
    limits: Option<Limits>,
    #[serde(default)]
    outputs: Outputs,
    queue_settings: Option<QueueSettings>,
    resources: Option<Resources>,
    #[serde(default)]
    services: Services,
}

/// When a job is ended, in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    timeout: Option<u64>,
}

impl CommandJob {
    pub(super) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    pub(super) async fn build(&self, common: &Common, resolver: &Resolver) -> Result<Value, Error> {
        let mut body = common.body("Command", resolver)?;
        body["command"] = self.command.as_str().into();
        body["environmentVariables"] = json!(self.environment_variables);
        body["outputs"] = data::outputs(&self.outputs, Spelling::Job);
        if let Some(code) = &self.code {
            body["codeId"] = resolver.code(code).await?.into();
        }
        body["environmentId"] = Environment::id(&self.environment, resolver).await?.into();
        body["inputs"] = data::inputs(&self.inputs, Spelling::Job, resolver).await?;
        let more = [
            ("distribution", self.distribution.as_ref().map(Distribution::of_job)),
            ("limits", self.limits.as_ref().map(Limits::of_job)),
            ("queueSettings", self.queue_settings.as_ref().map(QueueSettings::of_job)),
            ("resources", self.resources.as_ref().map(Resources::of_job)),
            ("services", (!self.services.is_empty()).then(|| setup::services(&self.services))),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                body[name] = value;
            }
        }
        Ok(body)
    }
}

impl Limits {
    pub(super) fn of_step(&self) -> Value {
        members([("job_limits_type", Some("Command".into())), ("timeout", self.timeout.map(seconds))])
    }

    fn of_job(&self) -> Value {
        members([("jobLimitsType", Some("Command".into())), ("timeout", self.timeout.map(seconds))])
    }
}

/// As the API writes it, such as `PT5M`.
pub(super) fn seconds(seconds: u64) -> Value {
    duration::write(Duration::from_secs(seconds)).into()
}
