//! Runs and experiments in the words of MLflow.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::runs::{Experiment, Measurement, Run, Status};

pub(super) fn experiment(experiment: &Experiment) -> Value {
    let tags: Vec<Value> = experiment.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    json!({
        "experiment_id": experiment.id,
        "name": experiment.name,
        "artifact_location": "",
        "lifecycle_stage": if experiment.is_archived { "deleted" } else { "active" },
        "creation_time": experiment.born * 1000,
        "last_update_time": experiment.born * 1000,
        "tags": tags,
    })
}

pub(super) fn run(run: &Run, now: i64) -> Value {
    let mut last: BTreeMap<String, Measurement> = BTreeMap::new();
    for measurement in run.measurements(now) {
        last.insert(measurement.name.clone(), measurement);
    }
    let parameters: Vec<Value> =
        run.parameters.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    json!({
        "info": info(run, now),
        "data": {
            "metrics": last.values().map(metric).collect::<Vec<_>>(),
            "params": parameters,
            "tags": tags(run),
        },
        "inputs": {},
    })
}

pub(super) fn info(run: &Run, now: i64) -> Value {
    let (began, ended) = run.times();
    json!({
        "run_id": run.name,
        "run_uuid": run.name,
        "run_name": run.properties["displayName"],
        "experiment_id": Experiment::id_of(run.experiment()),
        "user_id": run.author,
        "status": status(run.status(now)),
        "start_time": began.unwrap_or(run.born) * 1000,
        "end_time": ended.map(|ended| ended * 1000),
        "lifecycle_stage": if run.is_archived() { "deleted" } else { "active" },
        "artifact_uri": format!("azureml://artifacts/ExperimentRun/{}", run.container()),
    })
}

pub(super) fn metric(measurement: &Measurement) -> Value {
    let Measurement { name, value, step, time } = measurement;
    json!({"key": name, "value": value, "step": step, "timestamp": time})
}

/// What MLflow calls the statuses of a run that its client tells.
pub(super) fn told(status: &str) -> Option<Status> {
    match status {
        "FAILED" => Some(Status::Failed),
        "FINISHED" => Some(Status::Completed),
        "KILLED" => Some(Status::Canceled),
        "RUNNING" => Some(Status::Running),
        "SCHEDULED" => Some(Status::Queued),
        _ => None,
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Canceled => "KILLED",
        Status::Completed => "FINISHED",
        Status::Failed | Status::NotResponding => "FAILED",
        Status::CancelRequested | Status::Finalizing | Status::Running => "RUNNING",
        Status::NotStarted | Status::Preparing | Status::Queued | Status::Starting => "SCHEDULED",
    }
}

/// Its own tags, and those that MLflow's clients look for.
fn tags(run: &Run) -> Vec<Value> {
    let own = run.properties["tags"].as_object().into_iter().flatten();
    let mut tags: BTreeMap<String, Value> = own.map(|(key, value)| (key.clone(), value.clone())).collect();
    tags.entry("mlflow.runName".into()).or_insert_with(|| run.properties["displayName"].clone());
    tags.entry("mlflow.user".into()).or_insert_with(|| run.author.as_str().into());
    if let Some(parent) = &run.parent {
        tags.insert("mlflow.parentRunId".into(), parent.as_str().into());
    }
    tags.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}
