//! A pipeline: jobs that hand each other what they write.

use std::collections::BTreeMap;

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use super::data::{self, Inputs, Outputs, Spelling};
use super::steps::{Steps, declared};
use super::{COMMON, Common};
use crate::commands::resource::Resolver;
use crate::description::Description;

/// What a pipeline job has beside what every job has.
#[derive(Debug)]
pub(super) struct PipelineJob {
    jobs: Steps,
    own: Own,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    inputs: Inputs,
    outputs: Outputs,
    settings: Settings,
}

/// What is taken by steps that do not say it themselves.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    continue_on_step_failure: Option<bool>,
    default_compute: Option<String>,
    default_datastore: Option<String>,
    force_rerun: Option<bool>,
}

impl PipelineJob {
    pub(super) fn read(said: &Description) -> Result<Box<Self>, Error> {
        let own = said.parse_beside("a pipeline job", &[&COMMON[..], &["jobs"]].concat())?;
        Ok(Box::new(Self { jobs: Steps::read(&said.inner("jobs"))?, own }))
    }

    pub(super) async fn build(&self, common: &Common, resolver: &Resolver) -> Result<Value, Error> {
        let own = &self.own;
        let mut body = common.body("Pipeline", resolver)?;
        body["inputs"] = data::inputs(&own.inputs, Spelling::Job, resolver).await?;
        body["outputs"] = data::outputs(&own.outputs, Spelling::Job);
        body["jobs"] = self.jobs.build(&declared(&own.inputs), resolver).await?;
        body["settings"] = own.settings.build(resolver)?;
        Ok(body)
    }
}

impl Settings {
    fn build(&self, resolver: &Resolver) -> Result<Value, Error> {
        let mut settings = BTreeMap::from([("_source", json!("YAML.JOB"))]);
        if let Some(compute) = &self.default_compute {
            let id = resolver.compute(compute)?.unwrap_or_else(|| "serverless".to_owned());
            settings.insert("default_compute", id.into());
        }
        if let Some(datastore) = &self.default_datastore {
            settings.insert("default_datastore", resolver.datastore(datastore)?.into());
        }
        settings.extend(self.continue_on_step_failure.map(|goes_on| ("continue_on_step_failure", goes_on.into())));
        settings.extend(self.force_rerun.map(|again| ("force_rerun", again.into())));
        Ok(json!(settings))
    }
}
