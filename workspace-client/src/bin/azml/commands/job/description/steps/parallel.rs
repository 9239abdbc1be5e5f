//! A step that works on its data in many small batches at once.

use std::collections::BTreeMap;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::component::Component;
use super::{Place, beside_component, not_empty};
use crate::commands::asset::Environment;
use crate::commands::job::description::setup::Resources;
use crate::commands::resource::Resolver;
use crate::description::{Description, TextOr, members};

/// The step.
#[derive(Debug)]
pub(super) struct ParallelStep {
    component: Option<Description>,
    own: Own,
}

/// What the step has beside what every step has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    #[serde(default)]
    environment_variables: BTreeMap<String, String>,
    error_threshold: Option<i64>,
    input_data: Option<String>,
    logging_level: Option<String>,
    max_concurrency_per_instance: Option<u64>,
    mini_batch_error_threshold: Option<i64>,
    mini_batch_size: Option<String>,
    partition_keys: Option<Vec<String>>,
    resources: Option<Resources>,
    retry_settings: Option<Retries>,
    task: Option<Task>,
}

/// How often a batch is tried, and how long, in seconds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retries {
    max_retries: Option<u64>,
    timeout: Option<u64>,
}

/// What is done with each batch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Task {
    append_row_to: Option<String>,
    code: Option<String>,
    entry_script: Option<String>,
    environment: TextOr<Environment>,
    model: Option<String>,
    program_arguments: Option<String>,
    #[serde(rename = "type")]
    kind: TaskKind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TaskKind {
    Function,
    Model,
    RunFunction,
}

/// What refers to something, of all that such a component says.
#[derive(Debug, Deserialize)]
struct Parts {
    mini_batch_size: Option<String>,
    partition_keys: Option<Vec<String>>,
    task: Task,
}

/// What a step takes over from the component that it runs.
const INHERITED: [&str; 8] = [
    "input_data",
    "max_concurrency_per_instance",
    "mini_batch_error_threshold",
    "mini_batch_size",
    "partition_keys",
    "resources",
    "retry_settings",
    "task",
];

impl ParallelStep {
    pub(super) fn read(what: &str, said: &Description) -> Result<Box<Self>, Error> {
        let own: Own = said.parse_beside(what, &beside_component())?;
        Ok(Box::new(Self { component: said.inner_if_said("component"), own }))
    }

    pub(super) async fn build(&self, place: &Place<'_>) -> Result<Value, Error> {
        let mut said = self.own.members(place.resolver).await?;
        let component = match (&self.component, &self.own.task) {
            (Some(component), _) => Component::find(component, place.resolver).await?,
            (None, Some(_)) => {
                let mut spec = said.clone();
                spec["mini_batch_size"] = self.own.batch()?.unwrap_or_default().to_string().into();
                place.component_of(spec).await?
            }
            (None, None) => return Err(place.refusal("needs a component, or a task", "see the file's line of it")),
        };
        for name in INHERITED {
            let inherited = &component.spec[name];
            if said[name].is_null() && !inherited.is_null() {
                said[name] = inherited.clone();
            }
        }
        let batch = said["mini_batch_size"].as_str().and_then(|size| size.parse::<u64>().ok());
        if let Some(batch) = batch {
            said["mini_batch_size"] = batch.into();
        }
        said["_source"] = component.source.into();
        said["componentId"] = component.id.into();
        if let Some(variables) = not_empty(json!(self.own.environment_variables)) {
            said["environment_variables"] = variables;
        }
        Ok(said)
    }
}

impl Own {
    /// What steps and components say alike.
    async fn members(&self, resolver: &Resolver) -> Result<Value, Error> {
        let task = match &self.task {
            Some(task) => Some(task.build(resolver).await?),
            None => None,
        };
        let retries = |retries: &Retries| {
            members([
                ("max_retries", retries.max_retries.map(Value::from)),
                ("timeout", retries.timeout.map(Value::from)),
            ])
        };
        Ok(members([
            ("error_threshold", self.error_threshold.map(Value::from)),
            ("input_data", self.input_data.clone().map(Value::from)),
            ("logging_level", self.logging_level.as_ref().map(|level| level.to_uppercase().into())),
            ("max_concurrency_per_instance", self.max_concurrency_per_instance.map(Value::from)),
            ("mini_batch_error_threshold", self.mini_batch_error_threshold.map(Value::from)),
            ("mini_batch_size", self.batch()?.map(|size| size.to_string().into())),
            ("partition_keys", self.partition_keys.as_ref().map(|keys| listed(keys))),
            ("resources", self.resources.as_ref().map(Resources::of_step)),
            ("retry_settings", self.retry_settings.as_ref().map(retries)),
            ("task", task),
        ]))
    }

    fn batch(&self) -> Result<Option<u64>, Error> {
        self.mini_batch_size.as_deref().map(bytes_or_items).transpose()
    }
}

impl Task {
    async fn build(&self, resolver: &Resolver) -> Result<Value, Error> {
        let code = match &self.code {
            Some(code) => Some(format!("azureml:{}", resolver.code(code).await?).into()),
            None => None,
        };
        let kind = match self.kind {
            TaskKind::Function => "function",
            TaskKind::Model => "model",
            TaskKind::RunFunction => "run_function",
        };
        Ok(members([
            ("append_row_to", self.append_row_to.clone().map(Value::from)),
            ("code", code),
            ("entry_script", self.entry_script.clone().map(Value::from)),
            ("environment", Some(format!("azureml:{}", Environment::id(&self.environment, resolver).await?).into())),
            ("model", self.model.clone().map(Value::from)),
            ("program_arguments", self.program_arguments.clone().map(Value::from)),
            ("type", Some(kind.into())),
        ]))
    }
}

/// What refers to something in the file of such a component, with ids in its place, and what the API spells another way.
pub(crate) async fn parallel_spec(spec: &mut Value, said: &Description, resolver: &Resolver) -> Result<(), Error> {
    let parts: Parts = said.parse("a parallel component")?;
    spec["task"] = parts.task.build(resolver).await?;
    let batch = parts.mini_batch_size.as_deref().map(bytes_or_items).transpose()?;
    spec["mini_batch_size"] = batch.unwrap_or_default().to_string().into();
    if let Some(keys) = &parts.partition_keys {
        spec["partition_keys"] = listed(keys);
    }
    Ok(())
}

/// The API takes a list as text, as Python writes it.
fn listed(keys: &[String]) -> Value {
    let keys: Vec<_> = keys.iter().map(|key| Value::from(key.as_str()).to_string()).collect();
    format!("[{}]", keys.join(", ")).into()
}

/// How large a batch is: `10` items, or `10kb`.
fn bytes_or_items(said: &str) -> Result<u64, Error> {
    let said = said.to_lowercase();
    let (digits, unit) = match () {
        () if said.ends_with("kb") => (said.trim_end_matches("kb"), 1 << 10),
        () if said.ends_with("mb") => (said.trim_end_matches("mb"), 1 << 20),
        () if said.ends_with("gb") => (said.trim_end_matches("gb"), 1 << 30),
        () => (said.as_str(), 1),
    };
    digits.parse().ok().and_then(|number: u64| number.checked_mul(unit)).ok_or_else(|| {
        Error::new(ErrorKind::Configuration, "mini_batch_size is no size of a batch")
            .with_help("write a number of files or rows, or a size such as 10kb, 10mb or 1gb")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_items_or_bytes() {
        let sizes = ["0", "10", "10kb", "3MB", "1gb"].map(|said| bytes_or_items(said).unwrap());
        assert_eq!(sizes, [0, 10, 10_240, 3_145_728, 1_073_741_824]);
        for wrong in ["", "kb", "-1", "1.5kb", "10 kb", "99999999999999999999", "99999999999gb"] {
            assert!(bytes_or_items(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_are_listed_as_python_lists_them() {
        assert_eq!(listed(&["store".to_owned(), "a \"day\"".to_owned()]), r#"["store", "a \"day\""]"#);
    }
}
