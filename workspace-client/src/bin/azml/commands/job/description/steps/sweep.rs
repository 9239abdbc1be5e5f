//! A step that tries a component with many values.

use std::collections::BTreeMap;

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::component::Component;
use super::{COMMON, Place};
use crate::commands::job::description::setup::{QueueSettings, Resources};
use crate::commands::job::description::sweep::{EarlyTermination, Limits, Objective, Sampling, search_space};
use crate::description::{Description, TextOr, members};

/// The step.
#[derive(Debug)]
pub(super) struct SweepStep {
    trial: Description,
    own: Own,
}

/// What the step has beside what every step has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    early_termination: Option<EarlyTermination>,
    limits: Limits,
    objective: Objective,
    queue_settings: Option<QueueSettings>,
    resources: Option<Resources>,
    sampling_algorithm: Option<TextOr<Sampling>>,
    search_space: BTreeMap<String, Map<String, Value>>,
    #[serde(rename = "trial")]
    _trial: Value,
}

impl SweepStep {
    pub(super) fn read(what: &str, said: &Description) -> Result<Box<Self>, Error> {
        let own: Own = said.parse_beside(what, &COMMON)?;
        search_space(&own.search_space)?;
        Ok(Box::new(Self { trial: said.inner("trial"), own }))
    }

    pub(super) async fn build(&self, place: &Place<'_>) -> Result<Value, Error> {
        let Component { id, source, .. } = Component::find(&self.trial, place.resolver).await?;
        let own = &self.own;
        let mut step = members([
            ("_source", Some(source.into())),
            ("early_termination", own.early_termination.as_ref().map(EarlyTermination::of_step)),
            ("limits", Some(own.limits.of_step())),
            ("objective", Some(own.objective.of_step())),
            ("queue_settings", own.queue_settings.as_ref().map(QueueSettings::of_sweep_step)),
            ("resources", own.resources.as_ref().map(Resources::of_step)),
            ("search_space", Some(json!(own.search_space))),
            ("trial", Some(json!({"componentId": id}))),
        ]);
        if let Some(sampling) = &own.sampling_algorithm {
            step["sampling_algorithm"] = Sampling::of_step(sampling)?;
        }
        Ok(step)
    }
}
