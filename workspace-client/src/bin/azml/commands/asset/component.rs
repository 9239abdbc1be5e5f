//! A component, in the words of `az ml`, which are nearly those of the API (observed: azure-ai-ml 1.35).

use auth_core::Error;
use serde::Deserialize;
use serde_json::Value;

use super::environment::Environment;
use crate::commands::job::{Declared, Steps, parallel_spec, spark_spec};
use crate::commands::resource::Resolver;
use crate::description::{Description, TextOr, python_float};
use crate::output::python;

/// What Azure alone sets.
const READ_ONLY: [&str; 4] = ["creation_context", "id", "latest_version", "resourceGroup"];

/// What refers to something, of all that a component says.
#[derive(Debug, Deserialize)]
struct Parts {
    code: Option<String>,
    environment: Option<TextOr<Environment>>,
    #[serde(default)]
    inputs: Declared,
    #[serde(rename = "type")]
    kind: String,
}

/// What the file of a component says, with ids in the place of what it refers to.
pub(crate) async fn component_spec(said: &Description, resolver: &Resolver) -> Result<Value, Error> {
    let parts: Parts = said.parse("a component")?;
    let mut spec = said.members().clone();
    if let Some(members) = spec.as_object_mut() {
        members.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    }
    match parts.kind.as_str() {
        "parallel" => parallel_spec(&mut spec, said, resolver).await?,
        "spark" => spark_spec(&mut spec, said, resolver).await?,
        _ => parts.put_ids(&mut spec, resolver).await?,
    }
    if spec["jobs"].is_object() {
        spec["jobs"] = Steps::read(&said.inner("jobs"))?.build(&parts.inputs, resolver).await?;
    }
    for input in spec["inputs"].as_object_mut().into_iter().flatten().map(|(_, input)| input) {
        // Defaults are texts to the API, which the Python SDK writes as Python does.
        let default = match (&input["default"], input["type"].as_str()) {
            (default @ Value::Bool(_), _) => python(default),
            (Value::Number(default), Some("number")) => python_float(default.as_f64().unwrap_or_default()),
            (Value::Number(default), _) => default.to_string(),
            _ => continue,
        };
        input["default"] = default.into();
    }
    // A pipeline is what its steps are.
    if spec["is_deterministic"].is_null() && parts.kind != "pipeline" {
        spec["is_deterministic"] = true.into();
    }
    spec["_source"] = "YAML.COMPONENT".into();
    Ok(spec)
}

impl Parts {
    async fn put_ids(&self, spec: &mut Value, resolver: &Resolver) -> Result<(), Error> {
        if let Some(code) = &self.code {
            spec["code"] = named(&resolver.code(code).await?);
        }
        if let Some(environment) = &self.environment {
            spec["environment"] = named(&Environment::id(environment, resolver).await?);
        }
        Ok(())
    }
}

/// An id as components name it.
fn named(id: &str) -> Value {
    if id.starts_with('/') { format!("azureml:{id}") } else { id.to_owned() }.into()
}
