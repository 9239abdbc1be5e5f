//! A step that runs on Spark.

use auth_core::Error;
use serde_json::{Map, Value, json};

use super::component::Component;
use super::{Place, beside_component};
use crate::commands::job::description::spark::{Entry, Machines, Program, with_executors};
use crate::commands::resource::Resolver;
use crate::description::{Description, members};

/// The step: a component, or a program of its own.
#[derive(Debug)]
pub(super) struct SparkStep {
    component: Option<Description>,
    program: Program,
}

/// What a step takes over from the component that it runs.
const INHERITED: [&str; 7] = ["archives", "args", "conf", "entry", "files", "jars", "py_files"];

impl SparkStep {
    pub(super) fn read(what: &str, said: &Description) -> Result<Box<Self>, Error> {
        let program = said.parse_beside(what, &beside_component())?;
        Ok(Box::new(Self { component: said.inner_if_said("component"), program }))
    }

    pub(super) async fn build(&self, place: &Place<'_>) -> Result<Value, Error> {
        let program = &self.program;
        let component = match &self.component {
            Some(_) if program.entry.is_some() || program.code.is_some() => {
                return Err(place.refusal("has a component and a program of its own", "leave out one of them"));
            }
            Some(component) => Component::find(component, place.resolver).await?,
            None => {
                let mut spec = program.of_component(place.resolver).await?;
                spec["conf"] = program.started_conf()?.into();
                place.component_of(spec).await?
            }
        };
        let identity = program.identity(place.step.compute.is_some(), place.step.identity.is_some());
        let mut step = members([
            ("_source", Some(component.source.into())),
            ("componentId", Some(component.id.into())),
            ("identity", identity.map(|kind| json!({"identity_type": kind}))),
            ("resources", program.resources.as_ref().map(Machines::of_step)),
        ]);
        for name in INHERITED {
            if let Some(inherited) = component.spec.get(name) {
                step[name] = inherited.clone();
            }
        }
        let own = program.conf();
        if !own.is_empty() || step["conf"].is_object() {
            let mut conf = step["conf"].as_object().cloned().unwrap_or_default();
            conf.extend(own);
            step["conf"] = with_executors(conf).into();
        }
        if let Ok(entry) = serde_json::from_value::<Entry>(step["entry"].clone()) {
            step["entry"] = entry.of_step()?;
        }
        Ok(step)
    }
}

/// What refers to something in the file of such a component, with ids in its place, and settings under their long names.
pub(crate) async fn spark_spec(spec: &mut Value, said: &Description, resolver: &Resolver) -> Result<(), Error> {
    let program = ["archives", "args", "code", "conf", "entry", "environment", "files", "jars", "py_files"];
    let others: Vec<_> = said.members().as_object().map(Map::keys).into_iter().flatten().map(String::as_str).collect();
    let others: Vec<_> = others.into_iter().filter(|name| !program.contains(name)).collect();
    let program: Program = said.parse_beside("a Spark component", &others)?;
    if let (Some(spec), Value::Object(built)) = (spec.as_object_mut(), program.of_component(resolver).await?) {
        spec.extend(built);
    }
    Ok(())
}
