//! The runs that a job has in it: the steps of a pipeline, the trials of a sweep.

use serde_json::{Value, json};

use super::run::Run;

/// No sweep makes more trials here.
const TRIALS: u64 = 20;

pub(super) fn of(run: &Run, (pace, now): (u32, i64)) -> Vec<Run> {
    let child = |name: String, properties: Value| {
        let mut child = Run::of_job(&name, &run.author, properties, (pace, now, false));
        child.parent = Some(run.name.clone());
        child
    };
    match run.job_type() {
        "Pipeline" => {
            let steps = run.properties["jobs"].as_object().into_iter().flatten();
            steps.map(|(name, step)| child(format!("{}_{name}", run.name), step_properties(run, name, step))).collect()
        }
        "Sweep" => {
            let wanted = run.properties["limits"]["maxTotalTrials"].as_u64().unwrap_or(2).min(TRIALS);
            (0..wanted).map(|number| child(format!("{}_{number}", run.name), trial_properties(run, number))).collect()
        }
        _ => Vec::new(),
    }
}

fn step_properties(run: &Run, name: &str, step: &Value) -> Value {
    let job_type = match step["type"].as_str() {
        Some("automl") => "AutoML",
        Some("pipeline") => "Pipeline",
        Some("spark") => "Spark",
        Some("sweep") => "Sweep",
        _ => "Command",
    };
    json!({
        "jobType": job_type,
        "displayName": step["display_name"].as_str().unwrap_or(name),
        "experimentName": run.experiment(),
        "command": step["command"],
        "componentId": step["componentId"],
        "computeId": step["computeId"],
        "inputs": step["inputs"],
        "outputs": step["outputs"],
        "tags": step["tags"],
        "properties": {"azureml.moduleName": name, "azureml.pipelinerunid": run.name},
    })
}

fn trial_properties(run: &Run, number: u64) -> Value {
    let space = run.properties["searchSpace"].as_object().into_iter().flatten();
    let chosen: serde_json::Map<String, Value> =
        space.map(|(name, range)| (name.clone(), choice(range, number))).collect();
    let inputs: serde_json::Map<String, Value> = chosen
        .iter()
        .map(|(name, value)| (name.clone(), json!({"jobInputType": "literal", "value": value.to_string()})))
        .collect();
    json!({
        "jobType": "Command",
        "displayName": format!("{}_{number}", run.text("displayName")),
        "experimentName": run.experiment(),
        "command": run.properties["trial"]["command"],
        "environmentId": run.properties["trial"]["environmentId"],
        "computeId": run.properties["computeId"],
        "inputs": inputs,
        "tags": {"hyperparameters": Value::Object(chosen).to_string()},
    })
}

/// A value of a range such as `["choice", [[1, 2]]]` or `["uniform", [0, 1]]`.
fn choice(range: &Value, number: u64) -> Value {
    let arguments = &range[1];
    if range[0] == "choice" {
        let options = arguments[0].as_array().or_else(|| arguments.as_array());
        let at = usize::try_from(number).unwrap_or_default();
        return options.filter(|options| !options.is_empty()).map_or(Value::Null, |all| all[at % all.len()].clone());
    }
    arguments[0].clone()
}
