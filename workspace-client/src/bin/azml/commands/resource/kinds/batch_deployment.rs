//! Deployments of batch endpoints.

use std::collections::BTreeMap;
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use workspace_client::Workspace;
use workspace_client::resources::duration;
use workspace_client::resources::endpoint::batch::{BatchDeploymentKind, BatchDeployments};

use super::deployment::{CodeConfiguration, Model, environment, model};
use crate::args::{EndpointArgs, NoOptions, SetDefaultArgs};
use crate::commands::asset::Environment;
use crate::commands::resource::{Described, Listed, Put, Resolver};
use crate::description::{Description, TextOr, Texts, members, texts};
use crate::entity::{Member, inner, is, seconds, snake_case, written};
use crate::output::Column;

impl Listed for BatchDeploymentKind {
    type Parent = EndpointArgs;

    const MEMBERS: &'static [Member] = &[
        is("/code_configuration/code", "/properties/codeConfiguration/codeId"),
        is("/code_configuration/scoring_script", "/properties/codeConfiguration/scoringScript"),
        is("/component", "/properties/deploymentConfiguration/componentId/assetId"),
        is("/compute", "/properties/compute"),
        is("/environment", "/properties/environmentId"),
        is("/location", "/location"),
        is("/model", "/properties/model/assetId"),
        is("/properties", "/properties/properties"),
        is("/provisioning_state", "/properties/provisioningState"),
        is("/resources/instance_count", "/properties/resources/instanceCount"),
        is("/resources/instance_type", "/properties/resources/instanceType"),
        is("/settings/environment_variables", "/properties/environmentVariables"),
        is("/settings/error_threshold", "/properties/errorThreshold"),
        written("/settings/logging_level", "/properties/loggingLevel", str::to_lowercase),
        is("/settings/max_concurrency_per_instance", "/properties/maxConcurrencyPerInstance"),
        is("/settings/mini_batch_size", "/properties/miniBatchSize"),
        snake_case("/settings/output_action", "/properties/outputAction"),
        is("/settings/output_file_name", "/properties/outputFileName"),
        inner("/settings/retry_settings", "/properties/retrySettings", RETRIES),
    ];
    const COLUMNS: &'static [Column] = &[
        ("Name", "name"),
        ("State", "provisioning_state"),
        ("Model", "model"),
        ("Compute", "compute"),
        ("Instances", "/resources/instance_count"),
    ];

    fn of(workspace: &Workspace, endpoint: &EndpointArgs) -> BatchDeployments {
        workspace.batch_endpoints().deployments(endpoint.name())
    }
}

const RETRIES: &[Member] = &[is("/max_retries", "/maxRetries"), seconds("/timeout", "/timeout")];

/// What a file says of a deployment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchDeployment {
    code_configuration: Option<CodeConfiguration>,
    component: Option<String>,
    compute: Option<String>,
    description: Option<String>,
    environment: Option<TextOr<Environment>>,
    location: Option<String>,
    model: Option<TextOr<Model>>,
    #[serde(default)]
    properties: Texts,
    #[serde(default)]
    resources: Resources,
    #[serde(default)]
    settings: Settings,
    #[serde(default)]
    tags: Texts,
    #[serde(rename = "type")]
    _kind: Option<Kind>,
}

/// What it runs, which its other members tell, too.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Model,
    Pipeline,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Resources {
    instance_count: Option<u64>,
    instance_type: Option<String>,
    properties: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    continue_on_step_failure: Option<bool>,
    default_compute: Option<String>,
    default_datastore: Option<String>,
    environment_variables: BTreeMap<String, String>,
    error_threshold: Option<i64>,
    force_rerun: Option<bool>,
    logging_level: Option<Level>,
    max_concurrency_per_instance: Option<u64>,
    mini_batch_size: Option<u64>,
    output_action: Option<Action>,
    output_file_name: Option<String>,
    #[serde(rename = "retry_settings")]
    retries: Option<Retries>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
    Warning,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    AppendRow,
    SummaryOnly,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retries {
    max_retries: Option<u64>,
    timeout: Option<u64>,
}

impl Described for BatchDeploymentKind {
    type CreateOptions = SetDefaultArgs;
    type ListOptions = NoOptions;
    type ShowOptions = NoOptions;
    type UpdateOptions = NoOptions;

    const READ_ONLY: &'static [&'static str] = &["endpoint_name"];

    async fn describe(said: &Description, resolver: &Resolver) -> Result<Value, Error> {
        let said: BatchDeployment = said.parse("a batch deployment")?;
        let mut properties = match (&said.model, &said.component) {
            (Some(model), None) => said.of_model(model, resolver).await?,
            (None, Some(component)) => said.of_pipeline(component, resolver).await?,
            _ => {
                return Err(Error::new(
                    ErrorKind::Configuration,
                    "a batch deployment has either a model or a component",
                )
                .with_help("say in the file which one, as model or as component"));
            }
        };
        properties["properties"] = texts(&said.properties);
        if let Some(description) = said.description {
            properties["description"] = description.into();
        }
        let mut body = json!({"properties": properties, "tags": texts(&said.tags)});
        if let Some(location) = said.location {
            body["location"] = location.into();
        }
        Ok(body)
    }

    async fn put(deployments: &BatchDeployments, name: &str, body: &Value) -> Result<Put<Self>, Error> {
        Ok(Put::Begun(Box::new(deployments.create_or_update(name, body).await?)))
    }
}

impl BatchDeployment {
    async fn of_model(&self, said: &TextOr<Model>, resolver: &Resolver) -> Result<Value, Error> {
        let code = match &self.code_configuration {
            Some(code) => Some(code.build(resolver).await?),
            None => None,
        };
        let compute = match &self.compute {
            Some(compute) => resolver.compute(compute)?,
            None => None,
        };
        let Settings { error_threshold, logging_level, output_action, retries, .. } = &self.settings;
        let level = logging_level.map(|level| match level {
            Level::Debug => "Debug",
            Level::Info => "Info",
            Level::Warning => "Warning",
        });
        let action = output_action.map(|action| match action {
            Action::AppendRow => "AppendRow",
            Action::SummaryOnly => "SummaryOnly",
        });
        Ok(members([
            ("codeConfiguration", code),
            ("compute", compute.map(Value::from)),
            ("environmentId", environment(self.environment.as_ref(), resolver).await?),
            ("environmentVariables", Some(json!(self.settings.environment_variables))),
            ("errorThreshold", error_threshold.map(Value::from)),
            ("loggingLevel", level.map(Value::from)),
            ("maxConcurrencyPerInstance", self.settings.max_concurrency_per_instance.map(Value::from)),
            ("miniBatchSize", self.settings.mini_batch_size.map(Value::from)),
            ("model", Some(json!({"referenceType": "Id", "assetId": model(said, resolver).await?}))),
            ("outputAction", action.map(Value::from)),
            ("outputFileName", self.settings.output_file_name.clone().map(Value::from)),
            ("resources", Some(self.resources.build())),
            ("retrySettings", retries.as_ref().map(Retries::build)),
        ]))
    }

    async fn of_pipeline(&self, component: &str, resolver: &Resolver) -> Result<Value, Error> {
        let id = resolver.asset(&resolver.ws()?.components(), component).await?;
        let Settings { continue_on_step_failure, default_compute, default_datastore, force_rerun, .. } = &self.settings;
        // The API takes texts alone.
        let settings = members([
            ("continue_on_step_failure", continue_on_step_failure.map(|goes_on| goes_on.to_string().into())),
            ("default_compute", default_compute.clone().map(Value::from)),
            ("default_datastore", default_datastore.clone().map(Value::from)),
            ("force_rerun", force_rerun.map(|again| again.to_string().into())),
        ]);
        Ok(json!({"deploymentConfiguration": {
            "deploymentConfigurationType": "PipelineComponent",
            "componentId": {"referenceType": "Id", "assetId": id},
            "settings": settings,
        }}))
    }
}

impl Resources {
    fn build(&self) -> Value {
        members([
            ("instanceCount", Some(self.instance_count.unwrap_or(1).into())),
            ("instanceType", self.instance_type.clone().map(Value::from)),
            ("properties", Some(self.properties.clone().into())),
        ])
    }
}

impl Retries {
    fn build(&self) -> Value {
        let timeout = self.timeout.map(|seconds| duration::write(Duration::from_secs(seconds)));
        members([("maxRetries", self.max_retries.map(Value::from)), ("timeout", timeout.map(Value::from))])
    }
}
