//! The metrics of runs (observed: azureml-core 1.61, `metrics_client`).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::super::state::{Shared, State as Memory};
use super::error::ServiceError;
use super::request::{self, DataRequest};
use super::runs::{Measurement, Run};
use super::timestamp;

pub(super) fn routes() -> Router<Arc<Shared>> {
    request::service("metric", answer)
}

fn answer(memory: &mut Memory, request: &DataRequest<'_>) -> Result<Response, ServiceError> {
    let (segments, now) = (request.segments(), memory.now());
    let ["runs", name, verb] = segments.as_slice() else {
        return Err(ServiceError::unknown_path(&request.rest.join("/")));
    };
    let body = request.json()?;
    let runs = memory.runs(request.workspace_id());
    let run = runs.find(name).ok_or_else(|| ServiceError::not_found("The run", name))?;
    let by_name = by_name(&run, now);
    let told = match (request.method, *verb) {
        (&Method::POST, "list") => {
            let told: Vec<Value> = by_name.keys().map(|name| described(&run, name)).collect();
            json!({"value": told, "continuationToken": null, "nextLink": null})
        }
        (&Method::POST, "full") => {
            let name = body["name"].as_str().or_else(|| body["metricName"].as_str()).unwrap_or_default();
            let values = by_name.get(name).ok_or_else(|| ServiceError::not_found("The metric", name))?;
            valued(&run, name, values)
        }
        (&Method::POST, "lastvalues") => {
            let last = by_name.iter().map(|(name, values)| valued(&run, name, &values[values.len() - 1..]));
            json!({"value": last.collect::<Vec<_>>(), "continuationToken": null, "nextLink": null})
        }
        (&Method::POST, "batch") => {
            let measured: Vec<_> =
                body["values"].as_array().into_iter().flatten().flat_map(|metric| read(metric, now)).collect();
            if let Some(run) = runs.find_mut(name) {
                run.measured.extend(measured);
            }
            json!({"errors": []})
        }
        (&Method::POST | &Method::DELETE, "deleteMetrics") => {
            if let Some(run) = runs.find_mut(name) {
                run.measured.clear();
            }
            json!({})
        }
        _ => return Err(ServiceError::unknown_path(&request.rest.join("/"))),
    };
    Ok(Json(told).into_response())
}

fn by_name(run: &Run, now: i64) -> BTreeMap<String, Vec<Measurement>> {
    let mut by_name: BTreeMap<String, Vec<Measurement>> = BTreeMap::new();
    for measurement in run.measurements(now) {
        by_name.entry(measurement.name.clone()).or_default().push(measurement);
    }
    by_name
}

fn described(run: &Run, name: &str) -> Value {
    json!({
        "dataContainerId": run.container(),
        "name": name,
        "columns": {name: "Double"},
        "namespace": "",
        "standardSchemaId": null,
        "value": [],
        "properties": {"uxMetricType": "azureml.v1.scalar"},
    })
}

fn valued(run: &Run, name: &str, values: &[Measurement]) -> Value {
    let mut told = described(run, name);
    let value = |it: &Measurement| json!({"metricId": format!("{}.{}", run.name, it.step), "createdUtc": timestamp(it.time / 1000), "step": it.step, "data": {name: it.value}});
    told["value"] = values.iter().map(value).collect();
    told
}

/// The numbers of a metric that is logged.
fn read(metric: &Value, now: i64) -> Vec<Measurement> {
    let name = metric["name"].as_str().unwrap_or_default().to_owned();
    let rows = metric["value"].as_array().into_iter().flatten();
    let row = |row: &Value| {
        let value = row["data"].as_object()?.values().find_map(Value::as_f64)?;
        Some(Measurement {
            name: name.clone(),
            value,
            step: row["step"].as_i64().unwrap_or_default(),
            time: now * 1000,
        })
    };
    rows.filter_map(row).collect()
}
