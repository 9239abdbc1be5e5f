//! A run as run history tells it (read: azure-ai-ml 1.35, `_restclient/runhistory/models`).

use serde_json::{Map, Value, json};

use super::super::super::state::State as Memory;
use super::super::request::DataRequest;
use super::super::runs::{Experiment, Run};
use super::super::timestamp;

/// The types of assets that outputs become, by what jobs call them.
const TYPES: &[(&str, &str)] = &[
    ("custom_model", "CustomModel"),
    ("mlflow_model", "MLFlowModel"),
    ("mltable", "MLTable"),
    ("triton_model", "TritonModel"),
    ("uri_file", "UriFile"),
    ("uri_folder", "UriFolder"),
];

/// `Run`.
pub(super) fn run(run: &Run, request: &DataRequest<'_>, now: i64) -> Value {
    let (began, ended) = run.times();
    let root = run.parent.as_deref().unwrap_or(&run.name);
    let outputs: Value =
        run.output_names().into_iter().map(|name| (name.to_owned(), output(run, request, name))).collect();
    let mut told = common(run, request, now);
    let more = json!({
        "runNumber": run.number,
        "runUuid": Experiment::id_of(&run.name),
        "rootRunId": root,
        "parentRunId": run.parent,
        "createdUtc": timestamp(run.born),
        "createdFrom": "UserInterface",
        "lastModifiedUtc": timestamp(ended.or(began).unwrap_or(run.born)),
        "userId": run.author,
        "duration": began.map(|began| duration(ended.unwrap_or(now) - began)),
        "name": null,
        "displayName": run.properties["displayName"],
        "description": run.properties["description"],
        "dataContainerId": run.container(),
        "hidden": run.is_archived(),
        "tags": run.properties["tags"],
        "parameters": run.parameters,
        "scriptName": null,
        "outputs": outputs,
        "inputs": {},
        "primaryMetricName": run.properties["objective"]["primaryMetric"],
        "token": null,
        "tokenExpiryTimeUtc": null,
        "hasVirtualParent": false,
        "cancelationReason": null,
        "uniqueChildRunComputeTargets": [],
        "retainForLifetimeOfWorkspace": false,
    });
    extend(&mut told, more);
    told
}

/// `RunDetails`.
pub(super) fn details(run: &Run, memory: &Memory, request: &DataRequest<'_>, now: i64) -> Value {
    let link = |path: &str| run.artifact_url(memory, &request.blobs, path);
    let logs: Value = run.logs(now).into_iter().map(|(path, _)| (path.clone(), Value::from(link(&path)))).collect();
    let mut told = common(run, request, now);
    extend(&mut told, json!({"logFiles": logs, "jobCost": null, "inputDatasets": [], "outputDatasets": []}));
    told
}

/// What runs beside the job on a node, while it runs.
pub(super) fn services(run: &Run, node: &str, now: i64) -> Value {
    let status = if run.status(now).is_last() { "Stopped" } else { "Running" };
    let service = |(name, said): (&String, &Value)| {
        let told = json!({
            "type": said["jobServiceType"],
            "port": said["port"],
            "status": status,
            "endpoint": format!("wss://{name}-<nodeIndex>.nodes.azureml.ms"),
            "error": null,
            "properties": service_properties(run, said),
        });
        (name.clone(), told)
    };
    let all = run.properties["services"].as_object().into_iter().flatten();
    let instances = if node == "0" { all.map(service).collect() } else { Map::new() };
    json!({"instances": instances})
}

/// An SSH server is reached through a gateway (observed: azure-dev).
fn service_properties(run: &Run, said: &Value) -> Value {
    let mut properties = said["properties"].clone();
    if said["jobServiceType"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("ssh")) {
        properties["ProxyEndpoint"] = format!("wss://ssh-{}.westeurope.nodes.azureml.ms", run.name).into();
    }
    properties
}

fn common(run: &Run, request: &DataRequest<'_>, now: i64) -> Value {
    let (began, ended) = run.times();
    let target = run.text("computeId").rsplit('/').next().filter(|name| !name.is_empty());
    json!({
        "runId": run.name,
        "experimentId": Experiment::id_of(run.experiment()),
        "status": run.status(now).name(),
        "startTimeUtc": began.map(timestamp),
        "endTimeUtc": ended.map(timestamp),
        "error": run.error(now),
        "warnings": [],
        "target": target,
        "compute": target.map(|target| json!({"target": target, "targetType": "AmlCompute", "instanceCount": 1})),
        "createdBy": {"userObjectId": null, "userTenantId": null, "userName": run.author},
        "properties": properties(run, request),
        "runType": run_type(run),
        "runTypeV2": {"orchestrator": "Execution", "traits": [], "attribution": "Unattributed"},
        "services": {},
        "settings": {},
        "revision": 1,
    })
}

/// The asset that an output becomes.
fn output(run: &Run, request: &DataRequest<'_>, name: &str) -> Value {
    let location = request.workspace["location"].as_str().unwrap_or_default();
    let workspace = request.workspace["properties"]["workspaceId"].as_str().unwrap_or_default();
    let wanted = run.properties["outputs"][name]["jobOutputType"].as_str().unwrap_or("uri_folder");
    let asset_type = TYPES.iter().find(|(known, _)| *known == wanted).map_or("UriFolder", |(_, told)| told);
    let family = if asset_type.ends_with("Model") { "models" } else { "data" };
    let asset = format!("azureml_{}_output_data_{name}", run.name);
    json!({
        "assetId": format!("azureml://locations/{location}/workspaces/{workspace}/{family}/{asset}/versions/1"),
        "type": asset_type,
    })
}

fn properties(run: &Run, request: &DataRequest<'_>) -> Value {
    let mut properties = run.properties["properties"].clone();
    let name = request.workspace["name"].as_str().unwrap_or_default();
    extend(&mut properties, json!({"_azureml.ComputeTargetType": "amlctrain", "azureml.workspaceName": name}));
    properties
}

fn run_type(run: &Run) -> &'static str {
    match run.job_type() {
        "AutoML" => "automl",
        "Pipeline" => "azureml.PipelineRun",
        "Sweep" => "hyperdrive",
        _ if run.parent.is_some() => "azureml.StepRun",
        _ => "azureml.scriptrun",
    }
}

fn duration(seconds: i64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn extend(target: &mut Value, more: Value) {
    if let (Value::Object(target), Value::Object(more)) = (target, more) {
        target.extend(more);
    }
}
