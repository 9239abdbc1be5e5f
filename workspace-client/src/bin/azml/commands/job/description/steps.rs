//! The steps of a pipeline.

use std::collections::BTreeMap;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use workspace_client::resources::asset::component::NewComponent;

use super::command::Limits;
use super::data::{self, FOLDER, Input, Inputs, Output, Spelling, is_binding};
use super::setup::{Distribution, Identity, Resources, in_snake_case};
use crate::commands::asset::{Environment, component_spec};
use crate::commands::resource::Resolver;
use crate::description::{Description, TextOr, members};

/// What the inputs of a pipeline are, as a component declares them, by name.
pub(crate) type Declared = BTreeMap<String, Value>;

/// The steps of a pipeline, by name.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Steps(BTreeMap<String, Step>);

/// A step: a component that Azure has or a file describes, or a command with what it needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    code: Option<String>,
    command: Option<String>,
    component: Option<String>,
    compute: Option<String>,
    description: Option<String>,
    display_name: Option<String>,
    distribution: Option<Distribution>,
    environment: Option<TextOr<Environment>>,
    #[serde(default)]
    environment_variables: BTreeMap<String, String>,
    identity: Option<Identity>,
    #[serde(default)]
    inputs: Inputs,
    limits: Option<Limits>,
    #[serde(default)]
    outputs: BTreeMap<String, Option<TextOr<Output>>>,
    resources: Option<Resources>,
    #[serde(default, rename = "type")]
    kind: StepKind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StepKind {
    #[default]
    Command,
    Pipeline,
}

impl Steps {
    /// As the API takes them (observed: azure-ai-ml 1.35); `inputs` are the types of those of the pipeline.
    pub(crate) async fn build(&self, inputs: &Declared, resolver: &Resolver) -> Result<Value, Error> {
        let mut steps = Map::new();
        for (name, step) in &self.0 {
            let built = step.build(name, self, inputs, resolver).await;
            steps.insert(name.clone(), built?);
        }
        Ok(steps.into())
    }

    /// What a text stands for, such as `${{parent.jobs.prep.outputs.out}}`, as a component declares it.
    fn declared(&self, inputs: &Declared, text: &str) -> Value {
        let meant = text.trim_start_matches("${{").trim_end_matches("}}").trim();
        let parts: Vec<_> = meant.split('.').collect();
        let known = match parts[..] {
            ["parent", "inputs", name] => inputs.get(name).cloned(),
            ["parent", "jobs", step, "outputs", name] => {
                match self.0.get(step).and_then(|step| step.outputs.get(name)?.as_ref()) {
                    Some(TextOr::Map(output)) => Some(output.declared_as_input()),
                    _ => None,
                }
            }
            _ => return json!({"type": literal_type(text)}),
        };
        known.unwrap_or_else(|| json!({"type": FOLDER}))
    }
}

impl Step {
    async fn build(&self, name: &str, all: &Steps, inputs: &Declared, resolver: &Resolver) -> Result<Value, Error> {
        let (component, source) = self.component(name, all, inputs, resolver).await?;
        let compute = match &self.compute {
            Some(compute) => resolver.compute(compute)?,
            None => None,
        };
        let variables = (!self.environment_variables.is_empty()).then(|| json!(self.environment_variables));
        Ok(members([
            ("_source", Some(source.into())),
            ("componentId", Some(component.into())),
            ("computeId", compute.map(Value::from)),
            ("display_name", self.display_name.clone().map(Value::from)),
            ("distribution", self.distribution.as_ref().map(|it| in_snake_case(&it.of_job()))),
            ("environment_variables", variables),
            ("identity", self.identity.as_ref().map(|it| in_snake_case(&it.of_job()))),
            ("inputs", Some(data::inputs(&self.inputs, Spelling::Step, resolver).await?)),
            ("limits", self.limits.as_ref().map(Limits::of_step)),
            ("name", Some(name.into())),
            ("outputs", Some(self.outputs())),
            ("resources", self.resources.as_ref().map(Resources::of_step)),
            ("type", Some(self.kind.as_str().into())),
        ]))
    }

    /// The component's id, and where it was described.
    async fn component(
        &self,
        name: &str,
        all: &Steps,
        inputs: &Declared,
        resolver: &Resolver,
    ) -> Result<(String, &'static str), Error> {
        let refuse = |why: &str, help: &str| {
            Error::new(ErrorKind::Configuration, format!("jobs.{name} {why}")).with_help(help.to_owned())
        };
        let Some(said) = &self.component else {
            let (Some(command), Some(environment)) = (&self.command, &self.environment) else {
                return Err(refuse("needs a component, or a command and an environment", "see the file's line of it"));
            };
            let spec = self.inline(command, environment, all, inputs, resolver).await?;
            return Ok((anonymous(spec, resolver).await?, "YAML.JOB"));
        };
        if self.command.is_some() || self.code.is_some() || self.environment.is_some() {
            return Err(refuse("has a component and a command of its own", "leave out one of them"));
        }
        let path = resolver.folder.join(said);
        let is_file = path.extension().is_some_and(|end| end == "yml" || end == "yaml");
        if said.starts_with("azureml:") || !is_file {
            return Ok((resolver.asset(&resolver.ws()?.components(), said).await?, "REMOTE.WORKSPACE.COMPONENT"));
        }
        let file = Description::read(Some(&path))?;
        let inner = resolver.below(file.folder());
        // The steps of a pipeline may be pipelines.
        let spec = Box::pin(component_spec(&file, &inner)).await?;
        Ok((anonymous(spec, resolver).await?, "YAML.COMPONENT"))
    }

    async fn inline(
        &self,
        command: &str,
        environment: &TextOr<Environment>,
        all: &Steps,
        inputs: &Declared,
        resolver: &Resolver,
    ) -> Result<Value, Error> {
        let code = match &self.code {
            Some(code) => Some(format!("azureml:{}", resolver.code(code).await?).into()),
            None => None,
        };
        let read = self.inputs.iter().map(|(name, input)| {
            let declared = match input {
                TextOr::Map(input) => input.declared(),
                TextOr::Text(text) => all.declared(inputs, text),
            };
            (name.clone(), declared)
        });
        let written = self.outputs.iter().map(|(name, output)| {
            let declared = match output {
                Some(TextOr::Map(output)) => output.declared(),
                _ => json!({"type": FOLDER}),
            };
            (name.clone(), declared)
        });
        let environment = Environment::id(environment, resolver).await?;
        Ok(members([
            ("_source", Some("YAML.JOB".into())),
            ("code", code),
            ("command", Some(command.into())),
            ("description", self.description.clone().map(Value::from)),
            ("distribution", self.distribution.as_ref().map(Distribution::of_component)),
            ("environment", Some(format!("azureml:{environment}").into())),
            ("inputs", Some(Value::Object(read.collect()))),
            ("is_deterministic", Some(true.into())),
            ("outputs", Some(Value::Object(written.collect()))),
            ("type", Some("command".into())),
        ]))
    }

    fn outputs(&self) -> Value {
        let mut built = Map::new();
        for (name, output) in &self.outputs {
            match output {
                Some(TextOr::Text(text)) => {
                    built.insert(name.clone(), json!({"value": text, "type": "literal"}));
                }
                Some(TextOr::Map(output)) => {
                    let one = BTreeMap::from([(name.clone(), Some(output.clone()))]);
                    built.extend(data::outputs(&one, Spelling::Step).as_object().cloned().unwrap_or_default());
                }
                None => {}
            }
        }
        built.into()
    }
}

impl StepKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Pipeline => "pipeline",
        }
    }
}

/// A component without a name of its own.
async fn anonymous(mut spec: Value, resolver: &Resolver) -> Result<String, Error> {
    spec["name"] = "azureml_anonymous".into();
    spec["version"] = "1".into();
    if resolver.is_dry() {
        return Ok("azureml_anonymous".to_owned());
    }
    let created = resolver.ws()?.components().create_anonymous(&NewComponent::new(spec)).await?;
    Ok(created.id().to_owned())
}

/// What is read, as a component declares it.
pub(super) fn declared(inputs: &Inputs) -> Declared {
    let one = |input: &TextOr<Input>| match input {
        TextOr::Map(input) => input.declared(),
        TextOr::Text(text) => json!({"type": literal_type(text)}),
    };
    inputs.iter().map(|(name, input)| (name.clone(), one(input))).collect()
}

/// What a literal is to a component.
fn literal_type(text: &str) -> &'static str {
    match text {
        "True" | "False" => "boolean",
        text if is_binding(text) => "string",
        text if text.parse::<i64>().is_ok() => "integer",
        text if text.parse::<f64>().is_ok() => "number",
        _ => "string",
    }
}
