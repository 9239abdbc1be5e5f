//! The steps of a pipeline.

mod automl;
mod command;
mod component;
mod parallel;
mod spark;
mod sweep;

use std::collections::BTreeMap;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::data::{self, FOLDER, Input, Inputs, Output, Spelling, is_binding};
use super::setup::{Identity, in_snake_case};
use crate::commands::resource::Resolver;
use crate::description::{Description, TextOr, members};
use automl::AutoMlStep;
use command::CommandStep;
use component::Component;
use parallel::ParallelStep;
use spark::SparkStep;
use sweep::SweepStep;

pub(crate) use parallel::parallel_spec;
pub(crate) use spark::spark_spec;

/// What the inputs of a pipeline are, as a component declares them, by name.
pub(crate) type Declared = BTreeMap<String, Value>;

/// The steps of a pipeline, by name.
#[derive(Debug)]
pub(crate) struct Steps(BTreeMap<String, Step>);

#[derive(Debug)]
struct Step {
    common: Common,
    work: Work,
}

/// What every step has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Common {
    comment: Option<String>,
    compute: Option<String>,
    description: Option<String>,
    display_name: Option<String>,
    identity: Option<Identity>,
    inputs: Inputs,
    outputs: BTreeMap<String, Option<TextOr<Output>>>,
    properties: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    #[serde(rename = "type")]
    kind: Kind,
}

/// The members that are read as [`Common`].
const COMMON: [&str; 11] = [
    "$schema",
    "comment",
    "compute",
    "description",
    "display_name",
    "identity",
    "inputs",
    "outputs",
    "properties",
    "tags",
    "type",
];

/// The same and the component, which is found apart from what a step says of its own.
fn beside_component() -> Vec<&'static str> {
    [&COMMON[..], &["component"]].concat()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    AutoMl,
    #[default]
    Command,
    Parallel,
    Pipeline,
    Spark,
    Sweep,
}

#[derive(Debug)]
enum Work {
    AutoMl(Box<AutoMlStep>),
    /// A pipeline among the steps is a component, too.
    Command(Box<CommandStep>),
    Parallel(Box<ParallelStep>),
    Spark(Box<SparkStep>),
    Sweep(Box<SweepStep>),
}

impl Steps {
    /// Reads the map of them; nothing is none.
    pub(crate) fn read(said: &Description) -> Result<Self, Error> {
        if said.members().is_null() {
            return Ok(Self(BTreeMap::new()));
        }
        let steps: BTreeMap<String, Value> = said.parse("jobs")?;
        let read = |name: &String| Ok((name.clone(), Step::read(name, &said.inner(name))?));
        steps.keys().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// As the API takes them (observed: azure-ai-ml 1.35); `inputs` are the types of those of the pipeline.
    pub(crate) async fn build(&self, inputs: &Declared, resolver: &Resolver) -> Result<Value, Error> {
        let mut steps = Map::new();
        for (name, step) in &self.0 {
            let place = Place { name, step: &step.common, steps: self, inputs, resolver };
            steps.insert(name.clone(), step.build(&place).await?);
        }
        Ok(steps.into())
    }
}

impl Step {
    fn read(name: &str, said: &Description) -> Result<Self, Error> {
        let what = format!("jobs.{name}");
        let common: Common = said.parse(&what)?;
        let work = match common.kind {
            Kind::AutoMl => Work::AutoMl(AutoMlStep::read(&what, name, said)?),
            Kind::Command | Kind::Pipeline => Work::Command(CommandStep::read(&what, said)?),
            Kind::Parallel => Work::Parallel(ParallelStep::read(&what, said)?),
            Kind::Spark => Work::Spark(SparkStep::read(&what, said)?),
            Kind::Sweep => Work::Sweep(SweepStep::read(&what, said)?),
        };
        Ok(Self { common, work })
    }

    async fn build(&self, place: &Place<'_>) -> Result<Value, Error> {
        let mut step = self.common.build(place.name, place.resolver).await?;
        let own = match &self.work {
            Work::AutoMl(work) => work.build(place)?,
            Work::Command(work) => work.build(place).await?,
            Work::Parallel(work) => work.build(place).await?,
            Work::Spark(work) => work.build(place).await?,
            Work::Sweep(work) => work.build(place).await?,
        };
        if let (Some(step), Value::Object(own)) = (step.as_object_mut(), own) {
            step.extend(own);
            step.retain(|_, value| !value.is_null());
        }
        Ok(step)
    }
}

impl Common {
    async fn build(&self, name: &str, resolver: &Resolver) -> Result<Value, Error> {
        let compute = match &self.compute {
            Some(compute) => resolver.compute(compute)?,
            None => None,
        };
        Ok(members([
            ("comment", self.comment.clone().map(Value::from)),
            ("computeId", compute.map(Value::from)),
            ("display_name", self.display_name.clone().map(Value::from)),
            ("identity", self.identity.as_ref().map(|it| in_snake_case(&it.of_job()))),
            ("inputs", not_empty(data::inputs(&self.inputs, Spelling::Step, resolver).await?)),
            ("name", Some(name.into())),
            ("outputs", not_empty(self.outputs())),
            ("properties", not_empty(json!(self.properties))),
            ("tags", not_empty(json!(self.tags))),
            ("type", Some(self.kind.as_str().into())),
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

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::AutoMl => "automl",
            Self::Command => "command",
            Self::Parallel => "parallel",
            Self::Pipeline => "pipeline",
            Self::Spark => "spark",
            Self::Sweep => "sweep",
        }
    }
}

/// A step among the others of its pipeline.
struct Place<'a> {
    name: &'a str,
    step: &'a Common,
    steps: &'a Steps,
    /// Of the pipeline.
    inputs: &'a Declared,
    resolver: &'a Resolver,
}

impl Place<'_> {
    fn refusal(&self, why: &str, help: &str) -> Error {
        Error::new(ErrorKind::Configuration, format!("jobs.{} {why}", self.name)).with_help(help.to_owned())
    }

    /// A component of what the step itself says, beside what it reads and writes.
    async fn component_of(&self, mut own: Value) -> Result<Component, Error> {
        let read = self.step.inputs.iter().map(|(name, input)| (name.clone(), self.declared(input)));
        let written = self.step.outputs.iter().map(|(name, output)| {
            let declared = match output {
                Some(TextOr::Map(output)) => output.declared(),
                _ => json!({"type": FOLDER}),
            };
            (name.clone(), declared)
        });
        let common = members([
            ("_source", Some(component::INLINE.into())),
            ("description", self.step.description.clone().map(Value::from)),
            ("inputs", not_empty(Value::Object(read.collect()))),
            ("is_deterministic", Some(true.into())),
            ("outputs", not_empty(Value::Object(written.collect()))),
            ("tags", not_empty(json!(self.step.tags))),
            ("type", Some(self.step.kind.as_str().into())),
        ]);
        if let (Some(own), Value::Object(common)) = (own.as_object_mut(), common) {
            own.extend(common);
        }
        Component::create(own, component::INLINE, self.resolver).await
    }

    /// What is read, as a component declares it.
    fn declared(&self, input: &TextOr<Input>) -> Value {
        match input {
            TextOr::Map(input) => input.declared(),
            TextOr::Text(text) if is_binding(text) => self.meant(text),
            TextOr::Text(text) => json!({"type": literal_type(text), "default": text}),
        }
    }

    /// What a text stands for, such as `${{parent.jobs.prep.outputs.out}}`, as a component declares it.
    fn meant(&self, text: &str) -> Value {
        let meant = text.trim_start_matches("${{").trim_end_matches("}}").trim();
        let parts: Vec<_> = meant.split('.').collect();
        let known = match parts[..] {
            ["parent", "inputs", name] => self.inputs.get(name).cloned(),
            ["parent", "jobs", step, "outputs", name] => {
                let step = self.steps.0.get(step);
                match step.and_then(|step| step.common.outputs.get(name)?.as_ref()) {
                    Some(TextOr::Map(output)) => Some(output.declared_as_input()),
                    _ => None,
                }
            }
            _ => return json!({"type": literal_type(text)}),
        };
        known.unwrap_or_else(|| json!({"type": FOLDER}))
    }
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

/// Members, if there are any.
fn not_empty(value: Value) -> Option<Value> {
    Some(value).filter(|value| value.as_object().is_none_or(|members| !members.is_empty()))
}
