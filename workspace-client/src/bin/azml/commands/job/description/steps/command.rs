//! A step that runs a component, or a command of its own.

use std::collections::BTreeMap;

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use super::component::Component;
use super::{Place, beside_component, not_empty};
use crate::commands::asset::Environment;
use crate::commands::job::description::command::Limits;
use crate::commands::job::description::setup::{self, Distribution, QueueSettings, Resources, Services, in_snake_case};
use crate::description::{Description, TextOr, members};

/// The step: a component that Azure has or a file describes, or a command with what it needs.
#[derive(Debug)]
pub(super) struct CommandStep {
    component: Option<Description>,
    own: Own,
}

/// What the step has beside what every step has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    code: Option<String>,
    command: Option<String>,
    distribution: Option<Distribution>,
    environment: Option<TextOr<Environment>>,
    #[serde(default)]
    environment_variables: BTreeMap<String, String>,
    limits: Option<Limits>,
    queue_settings: Option<QueueSettings>,
    resources: Option<Resources>,
    #[serde(default)]
    services: Services,
}

impl CommandStep {
    pub(super) fn read(what: &str, said: &Description) -> Result<Box<Self>, Error> {
        let own: Own = said.parse_beside(what, &beside_component())?;
        Ok(Box::new(Self { component: said.inner_if_said("component"), own }))
    }

    pub(super) async fn build(&self, place: &Place<'_>) -> Result<Value, Error> {
        let Component { id, source, .. } = self.component(place).await?;
        let own = &self.own;
        Ok(members([
            ("_source", Some(source.into())),
            ("componentId", Some(id.into())),
            ("distribution", own.distribution.as_ref().map(|it| in_snake_case(&it.of_job()))),
            ("environment_variables", not_empty(json!(own.environment_variables))),
            ("limits", own.limits.as_ref().map(Limits::of_step)),
            ("queue_settings", own.queue_settings.as_ref().map(|it| in_snake_case(&it.of_job()))),
            ("resources", own.resources.as_ref().map(Resources::of_step)),
            ("services", not_empty(setup::services_of_step(&own.services))),
        ]))
    }

    async fn component(&self, place: &Place<'_>) -> Result<Component, Error> {
        let own = &self.own;
        if let Some(said) = &self.component {
            if own.command.is_some() || own.code.is_some() || own.environment.is_some() {
                return Err(place.refusal("has a component and a command of its own", "leave out one of them"));
            }
            return Component::find(said, place.resolver).await;
        }
        let (Some(command), Some(environment)) = (&own.command, &own.environment) else {
            let why = "needs a component, or a command and an environment";
            return Err(place.refusal(why, "see the file's line of it"));
        };
        let code = match &own.code {
            Some(code) => Some(format!("azureml:{}", place.resolver.code(code).await?).into()),
            None => None,
        };
        let environment = Environment::id(environment, place.resolver).await?;
        let spec = members([
            ("code", code),
            ("command", Some(command.as_str().into())),
            ("distribution", own.distribution.as_ref().map(Distribution::of_component)),
            ("environment", Some(format!("azureml:{environment}").into())),
        ]);
        place.component_of(spec).await
    }
}
