//! What `azml job create` is told: a YAML file and `--set`, in the words of `az ml` (observed: azure-ai-ml 1.35).

mod automl;
mod command;
pub(crate) mod data;
mod pipeline;
pub(crate) mod setup;
mod spark;
mod steps;
mod sweep;

use std::collections::BTreeMap;

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::commands::resource::Resolver;
use crate::description::Description;
use automl::AutoMlJob;
use command::CommandJob;
use pipeline::PipelineJob;
use setup::Identity;
use spark::SparkJob;
use sweep::SweepJob;

pub(crate) use steps::{Declared, Steps, parallel_spec, spark_spec};

/// What Azure alone sets.
const READ_ONLY: [&str; 7] =
    ["creation_context", "id", "log_files", "parameters", "parent_job_name", "resourceGroup", "status"];

/// What every job has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Common {
    compute: Option<String>,
    description: Option<String>,
    display_name: Option<String>,
    experiment_name: Option<String>,
    identity: Option<Identity>,
    name: Option<String>,
    properties: BTreeMap<String, String>,
    tags: BTreeMap<String, Option<String>>,
    #[serde(rename = "type")]
    kind: Kind,
}

/// The members that are read as [`Common`].
const COMMON: [&str; 10] = [
    "$schema",
    "compute",
    "description",
    "display_name",
    "experiment_name",
    "identity",
    "name",
    "properties",
    "tags",
    "type",
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    AutoMl,
    #[default]
    Command,
    Pipeline,
    Spark,
    Sweep,
}

/// A job that is to be submitted.
pub(crate) struct NewJob {
    common: Common,
    job: AnyJob,
}

enum AnyJob {
    AutoMl(Box<AutoMlJob>),
    Command(Box<CommandJob>),
    Pipeline(Box<PipelineJob>),
    Spark(Box<SparkJob>),
    Sweep(Box<SweepJob>),
}

impl NewJob {
    pub(crate) fn read(said: Description) -> Result<Self, Error> {
        let said = said.without(&READ_ONLY);
        let common: Common = said.parse("a job")?;
        let job = match common.kind {
            Kind::AutoMl => AnyJob::AutoMl(said.parse_beside("an AutoML job", &COMMON)?),
            Kind::Command => AnyJob::Command(said.parse_beside("a command job", &COMMON)?),
            Kind::Pipeline => AnyJob::Pipeline(PipelineJob::read(&said)?),
            Kind::Spark => AnyJob::Spark(SparkJob::read(&said)?),
            Kind::Sweep => AnyJob::Sweep(said.parse_beside("a sweep job", &COMMON)?),
        };
        Ok(Self { common, job })
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.common.name.as_deref()
    }

    /// The code that it runs; steps have theirs each.
    pub(super) fn code(&self) -> Option<&str> {
        match &self.job {
            AnyJob::Command(job) => job.code(),
            AnyJob::AutoMl(_) | AnyJob::Pipeline(_) => None,
            AnyJob::Spark(job) => job.code(),
            AnyJob::Sweep(job) => job.code(),
        }
    }

    /// As the API takes it.
    pub(crate) async fn build(&self, resolver: &Resolver) -> Result<Value, Error> {
        let properties = match &self.job {
            AnyJob::AutoMl(job) => job.build(&self.common, resolver).await,
            AnyJob::Command(job) => job.build(&self.common, resolver).await,
            AnyJob::Pipeline(job) => job.build(&self.common, resolver).await,
            AnyJob::Spark(job) => job.build(&self.common, resolver).await,
            AnyJob::Sweep(job) => job.build(&self.common, resolver).await,
        };
        Ok(json!({"properties": properties?}))
    }
}

impl Common {
    /// What the API takes of every job.
    fn body(&self, kind: &str, resolver: &Resolver) -> Result<Value, Error> {
        let tags: BTreeMap<_, _> =
            self.tags.iter().map(|(name, value)| (name, value.as_deref().unwrap_or_default())).collect();
        let mut body = json!({
            "jobType": kind,
            "experimentName": self.experiment_name.clone().unwrap_or_else(default_experiment),
            "isArchived": false,
            "properties": self.properties,
            "tags": tags,
        });
        let compute = match &self.compute {
            Some(compute) => resolver.compute(compute)?,
            None => None,
        };
        let members = [
            ("computeId", compute.map(Value::from)),
            ("description", self.description.clone().map(Value::from)),
            ("displayName", self.display_name.clone().map(Value::from)),
            ("identity", self.identity.as_ref().map(Identity::of_job)),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                body[name] = value;
            }
        }
        Ok(body)
    }
}

/// The name of the folder that one is in, as the Python SDK takes it.
fn default_experiment() -> String {
    let folder = std::env::current_dir().ok();
    let name = folder.as_deref().and_then(|folder| folder.file_name()?.to_str()).map(|name| name.replace(' ', ""));
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "Default".to_owned())
}
