//! `registered-models/*` and `model-versions/*`.

use serde_json::{Value, json};

use super::super::super::state::State as Memory;
use super::{Call, MlflowError};

pub(super) fn answer(memory: &mut Memory, call: &Call<'_>, subject: &str, verb: &str) -> Result<Value, MlflowError> {
    let now = memory.now() * 1000;
    let models = &mut memory.runs(call.request.workspace_id()).models;
    let absent = |name: &str| MlflowError::absent(format!("Registered Model with name={name} not found"));
    match (subject, verb) {
        ("registered-models", "create") => {
            let name = call.required("name")?;
            if models.contains_key(&name) {
                return Err(MlflowError::exists(format!("Registered Model (name={name}) already exists.")));
            }
            let model = json!({
                "name": name,
                "creation_timestamp": now,
                "last_updated_timestamp": now,
                "description": call.parameters["description"],
                "tags": call.parameters["tags"].as_array().cloned().unwrap_or_default(),
                "latest_versions": [],
            });
            models.insert(name, model.clone());
            Ok(json!({"registered_model": model}))
        }
        ("registered-models", "get") => {
            let name = call.required("name")?;
            models.get(&name).map(|model| json!({"registered_model": model})).ok_or_else(|| absent(&name))
        }
        ("registered-models", "delete") => {
            let name = call.required("name")?;
            models.remove(&name).map(|_| json!({})).ok_or_else(|| absent(&name))
        }
        ("registered-models", "list" | "search") => {
            let all: Vec<Value> = models.values().cloned().collect();
            Ok(call.page("registered_models", &all))
        }
        ("model-versions", "create") => {
            let name = call.required("name")?;
            let model = models.get_mut(&name).ok_or_else(|| absent(&name))?;
            let versions = model["latest_versions"].as_array_mut().expect("a model is made with its versions");
            let version = json!({
                "name": name,
                "version": (versions.len() + 1).to_string(),
                "creation_timestamp": now,
                "last_updated_timestamp": now,
                "current_stage": "None",
                "source": call.parameters["source"],
                "run_id": call.parameters["run_id"],
                "status": "READY",
            });
            versions.push(version.clone());
            Ok(json!({"model_version": version}))
        }
        ("model-versions", "get") => {
            let (name, version) = (call.required("name")?, call.required("version")?);
            let versions = models.get(&name).ok_or_else(|| absent(&name))?["latest_versions"].as_array();
            let found = versions.into_iter().flatten().find(|known| known["version"] == version.as_str());
            let message = || format!("Model Version (name={name}, version={version}) not found");
            found.map(|found| json!({"model_version": found})).ok_or_else(|| MlflowError::absent(message()))
        }
        ("model-versions", "search") => {
            let filter = call.text("filter").unwrap_or_default();
            let wanted = filter.split_once('=').map(|(_, name)| name.trim().trim_matches(['\'', '"']).to_owned());
            let models =
                models.values().filter(|model| wanted.as_ref().is_none_or(|wanted| model["name"] == wanted.as_str()));
            let all: Vec<Value> =
                models.flat_map(|model| model["latest_versions"].as_array().cloned().unwrap_or_default()).collect();
            Ok(call.page("model_versions", &all))
        }
        _ => Err(MlflowError::no_endpoint(&format!("{subject}/{verb}"))),
    }
}
