//! `experiments/*`.

use serde_json::{Value, json};

use super::super::super::state::State as Memory;
use super::super::runs::Experiment;
use super::{Call, MlflowError, view};

pub(super) fn answer(memory: &mut Memory, call: &Call<'_>, verb: &str) -> Result<Value, MlflowError> {
    let now = memory.now();
    let runs = memory.runs(call.request.workspace_id());
    let known = runs.all_experiments();
    match verb {
        "create" => {
            let name = call.required("name")?;
            if known.iter().any(|experiment| experiment.name == name) {
                return Err(MlflowError::exists(format!("Experiment(name={name}) already exists.")));
            }
            let mut experiment = Experiment::new(&name, now);
            for tag in call.parameters["tags"].as_array().into_iter().flatten() {
                let text = |member: &str| tag[member].as_str().unwrap_or_default().to_owned();
                experiment.tags.insert(text("key"), text("value"));
            }
            let id = experiment.id.clone();
            runs.experiments.insert(name, experiment);
            Ok(json!({"experiment_id": id}))
        }
        "get" => {
            let id = call.required("experiment_id")?;
            let found = known.iter().find(|experiment| experiment.id == id);
            found.map(|experiment| json!({"experiment": view::experiment(experiment)})).ok_or_else(|| absent(&id))
        }
        "get-by-name" => {
            let name = call.required("experiment_name")?;
            let found = known.iter().find(|experiment| experiment.name == name);
            found.map(|experiment| json!({"experiment": view::experiment(experiment)})).ok_or_else(|| absent(&name))
        }
        "list" | "search" => {
            let told: Vec<Value> = known.iter().map(view::experiment).collect();
            Ok(call.page("experiments", &told))
        }
        "set-experiment-tag" => {
            let id = call.required("experiment_id")?;
            let mut experiment = known.into_iter().find(|experiment| experiment.id == id).ok_or_else(|| absent(&id))?;
            experiment.tags.insert(call.required("key")?, call.text("value").unwrap_or_default());
            runs.experiments.insert(experiment.name.clone(), experiment);
            Ok(json!({}))
        }
        _ => Err(MlflowError::no_endpoint(&format!("experiments/{verb}"))),
    }
}

fn absent(name: &str) -> MlflowError {
    MlflowError::absent(format!("Could not find experiment {name}."))
}
