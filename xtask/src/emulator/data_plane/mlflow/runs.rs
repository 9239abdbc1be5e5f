//! `runs/*`, with their metrics and artifacts.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::super::state::State as Memory;
use super::super::runs::{Experiment, Measurement, Run};
use super::{Call, MlflowError, view};

pub(super) fn answer(memory: &mut Memory, call: &Call<'_>, subject: &str, verb: &str) -> Result<Value, MlflowError> {
    let now = memory.now();
    match (subject, verb) {
        ("runs", "create") => create(memory, call, now),
        ("runs", "search") => search(memory, call, now),
        ("runs", "get") => run(memory, call).map(|run| json!({"run": view::run(run, now)})),
        ("runs", "update") => update(run(memory, call)?, call, now),
        ("runs", "delete" | "restore") => {
            run(memory, call)?.properties["isArchived"] = (verb == "delete").into();
            Ok(json!({}))
        }
        ("runs", "log-metric") => {
            let measured = measurement(&call.parameters, now)?;
            run(memory, call)?.measured.push(measured);
            Ok(json!({}))
        }
        ("runs", "log-parameter") => log_parameter(run(memory, call)?, &call.parameters).map(|()| json!({})),
        ("runs", "set-tag") => {
            let (key, value) = (call.required("key")?, call.text("value").unwrap_or_default());
            run(memory, call)?.properties["tags"][key] = value.into();
            Ok(json!({}))
        }
        ("runs", "delete-tag") => {
            let key = call.required("key")?;
            run(memory, call)?.properties["tags"].as_object_mut().map(|tags| tags.remove(&key));
            Ok(json!({}))
        }
        ("runs", "log-batch") => log_batch(run(memory, call)?, call, now),
        ("metrics", "get-history") => {
            let key = call.required("metric_key")?;
            let all = run(memory, call)?.measurements(now);
            let told: Vec<Value> = all.iter().filter(|it| it.name == key).map(view::metric).collect();
            Ok(call.page("metrics", &told))
        }
        ("artifacts", "list") => {
            let run = run(memory, call)?.clone();
            Ok(artifacts(&memory.artifacts(&run), &run.container(), &call.text("path").unwrap_or_default()))
        }
        _ => Err(MlflowError::no_endpoint(&format!("{subject}/{verb}"))),
    }
}

fn run<'a>(memory: &'a mut Memory, call: &Call<'_>) -> Result<&'a mut Run, MlflowError> {
    let id = call.required("run_id").or_else(|_| call.required("run_uuid"))?;
    let found = memory.runs(call.request.workspace_id()).find_mut(&id);
    found.ok_or_else(|| MlflowError::absent(format!("Run '{id}' not found.")))
}

fn create(memory: &mut Memory, call: &Call<'_>, now: i64) -> Result<Value, MlflowError> {
    let runs = memory.runs(call.request.workspace_id());
    let wanted = call.text("experiment_id").unwrap_or_default();
    let mut known = runs.all_experiments().into_iter();
    let experiment = match known.find(|experiment| experiment.id == wanted) {
        Some(experiment) => experiment.name,
        // Without one, and for MLflow's own number of the default, it is the default.
        None if wanted.is_empty() || wanted == "0" => "Default".to_owned(),
        None => return Err(MlflowError::absent(format!("Could not find experiment {wanted}."))),
    };
    let name = Uuid::new_v4().to_string();
    let mut run = Run::told(&name, &call.request.author, &experiment, now);
    for tag in call.parameters["tags"].as_array().into_iter().flatten() {
        run.properties["tags"][tag["key"].as_str().unwrap_or_default()] = tag["value"].clone();
    }
    let parent = run.properties["tags"]["mlflow.parentRunId"].as_str().map(ToOwned::to_owned);
    run.parent = parent;
    if let Some(shown) = call.text("run_name").filter(|shown| !shown.is_empty()) {
        run.properties["displayName"] = shown.into();
    }
    let told = view::run(&run, now);
    runs.insert(run, now);
    Ok(json!({"run": told}))
}

/// A run that is a job of this workspace ends by itself, whatever its client says.
fn update(run: &mut Run, call: &Call<'_>, now: i64) -> Result<Value, MlflowError> {
    if let Some(status) = call.text("status") {
        let told = view::told(&status).ok_or_else(|| MlflowError::invalid(format!("Unknown status {status}.")))?;
        if run.is_told() {
            run.life.tell(told, now);
        }
    }
    if let Some(name) = call.text("run_name").filter(|name| !name.is_empty()) {
        run.properties["displayName"] = name.into();
    }
    Ok(json!({"run_info": view::info(run, now)}))
}

/// Runs of these experiments, the newest first; `filter` is a comparison of tags, parameters or attributes with `=`, or several.
fn search(memory: &mut Memory, call: &Call<'_>, now: i64) -> Result<Value, MlflowError> {
    let ids: Vec<&str> =
        call.parameters["experiment_ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let stage = call.text("run_view_type").unwrap_or_default();
    let terms =
        call.text("filter").filter(|text| !text.is_empty()).map(|text| terms(&text)).transpose()?.unwrap_or_default();
    let runs = memory.runs(call.request.workspace_id()).all();
    let runs = runs.filter(|run| ids.is_empty() || ids.contains(&Experiment::id_of(run.experiment()).as_str()));
    let runs = runs.filter(|run| stage == "ALL" || run.is_archived() == (stage == "DELETED_ONLY"));
    let told = runs.map(|run| view::run(&run, now));
    let told: Vec<Value> = told.filter(|run| terms.iter().all(|(left, value)| value_of(run, left) == *value)).collect();
    Ok(call.page("runs", &told))
}

fn terms(filter: &str) -> Result<Vec<(String, String)>, MlflowError> {
    let lower = filter.replace(" AND ", " and ");
    let term = |part: &str| {
        let (left, right) = part.split_once('=').filter(|(left, _)| !left.ends_with(['!', '<', '>']))?;
        let clean = |text: &str| text.trim().trim_matches(['\'', '"', '`']).to_owned();
        Some((left.trim().replace(['`', '"'], ""), clean(right)))
    };
    let understood =
        |part| term(part).ok_or_else(|| MlflowError::invalid(format!("The filter '{part}' is not understood.")));
    lower.split(" and ").map(understood).collect()
}

fn value_of(run: &Value, left: &str) -> String {
    let (group, name) = left.split_once('.').unwrap_or(("attributes", left));
    let list = match group {
        "params" | "parameters" => &run["data"]["params"],
        "tags" => &run["data"]["tags"],
        _ => return run["info"][name].as_str().unwrap_or_default().to_owned(),
    };
    let found = list.as_array().into_iter().flatten().find(|item| item["key"] == name);
    found.and_then(|item| item["value"].as_str()).unwrap_or_default().to_owned()
}

fn log_batch(run: &mut Run, call: &Call<'_>, now: i64) -> Result<Value, MlflowError> {
    let items = |member: &str| call.parameters[member].as_array().into_iter().flatten();
    let measured: Vec<_> = items("metrics").map(|metric| measurement(metric, now)).collect::<Result<_, _>>()?;
    for parameter in items("params") {
        log_parameter(run, parameter)?;
    }
    for tag in items("tags") {
        run.properties["tags"][tag["key"].as_str().unwrap_or_default()] = tag["value"].clone();
    }
    run.measured.extend(measured);
    Ok(json!({}))
}

/// A parameter keeps its value.
fn log_parameter(run: &mut Run, parameter: &Value) -> Result<(), MlflowError> {
    let text = |member: &str| parameter[member].as_str().unwrap_or_default().to_owned();
    let (key, value) = (text("key"), text("value"));
    match run.parameters.get(&key) {
        Some(known) if *known != value => Err(MlflowError::invalid(format!(
            "Changing param values is not allowed. Param with key='{key}' was already logged with value='{known}'."
        ))),
        _ => {
            run.parameters.insert(key, value);
            Ok(())
        }
    }
}

fn measurement(metric: &Value, now: i64) -> Result<Measurement, MlflowError> {
    let number = |member: &str| metric[member].as_i64().or_else(|| metric[member].as_str()?.parse().ok());
    let name = metric["key"].as_str().filter(|key| !key.is_empty());
    let name = name.ok_or_else(|| MlflowError::invalid("Missing value for required parameter 'key'."))?.to_owned();
    let value = metric["value"]
        .as_f64()
        .ok_or_else(|| MlflowError::invalid("Missing value for required parameter 'value'."))?;
    Ok(Measurement { name, value, step: number("step").unwrap_or(0), time: number("timestamp").unwrap_or(now * 1000) })
}

/// The files and folders directly in this one.
fn artifacts(all: &[(String, Vec<u8>)], container: &str, path: &str) -> Value {
    let prefix = if path.is_empty() { String::new() } else { format!("{}/", path.trim_end_matches('/')) };
    let mut files: Vec<Value> = Vec::new();
    for (name, content) in all {
        let Some(rest) = name.strip_prefix(&prefix) else { continue };
        let item = match rest.split_once('/') {
            Some((folder, _)) => json!({"path": format!("{prefix}{folder}"), "is_dir": true}),
            None => json!({"path": name, "is_dir": false, "file_size": content.len()}),
        };
        if !files.contains(&item) {
            files.push(item);
        }
    }
    json!({"root_uri": format!("azureml://artifacts/ExperimentRun/{container}"), "files": files})
}
