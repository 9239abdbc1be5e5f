//! A component, in the words of `az ml`, which are nearly those of the API (observed: azure-ai-ml 1.35).

use auth_core::Error;
use serde::Deserialize;
use serde_json::Value;

use super::environment::Environment;
use crate::commands::job::{Declared, Steps};
use crate::commands::resource::Resolver;
use crate::description::{Description, TextOr};

/// What Azure alone sets.
const READ_ONLY: [&str; 4] = ["creation_context", "id", "latest_version", "resourceGroup"];

/// What refers to something, of all that a component says.
#[derive(Debug, Deserialize)]
struct Parts {
    code: Option<String>,
    environment: Option<TextOr<Environment>>,
    #[serde(default)]
    inputs: Declared,
    jobs: Option<Steps>,
    #[serde(rename = "type")]
    _kind: String,
}

/// What the file of a component says, with ids in the place of what it refers to.
pub(crate) async fn component_spec(said: &Description, resolver: &Resolver) -> Result<Value, Error> {
    let parts: Parts = said.parse("a component")?;
    let mut spec = said.members().clone();
    if let Some(members) = spec.as_object_mut() {
        members.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    }
    if let Some(code) = &parts.code {
        spec["code"] = named(&resolver.code(code).await?);
    }
    if let Some(environment) = &parts.environment {
        spec["environment"] = named(&Environment::id(environment, resolver).await?);
    }
    if let Some(steps) = &parts.jobs {
        spec["jobs"] = steps.build(&parts.inputs, resolver).await?;
    }
    for input in spec["inputs"].as_object_mut().into_iter().flatten().map(|(_, input)| input) {
        // Defaults are texts to the API.
        if let Some(default @ (Value::Bool(_) | Value::Number(_))) = input.get("default") {
            input["default"] = default.to_string().into();
        }
    }
    if spec["is_deterministic"].is_null() {
        spec["is_deterministic"] = true.into();
    }
    spec["_source"] = "YAML.COMPONENT".into();
    Ok(spec)
}

/// An id as components name it.
fn named(id: &str) -> Value {
    if id.starts_with('/') { format!("azureml:{id}") } else { id.to_owned() }.into()
}
