//! Where the outputs of jobs are, which are assets by the time somebody asks.

use std::sync::Arc;

use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::super::state::{Shared, State as Memory};
use super::error::ServiceError;
use super::request::{self, DataRequest};

pub(super) fn routes() -> Router<Arc<Shared>> {
    request::service("data", |memory, request| answer(memory, request, ("dataversion", "uri")))
        .merge(request::service("modelregistry", |memory, request| answer(memory, request, ("models", "path"))))
}

/// `{family}/batchGetResolvedUris`: what is not there is left out.
fn answer(
    memory: &mut Memory,
    request: &DataRequest<'_>,
    (family, member): (&str, &str),
) -> Result<Response, ServiceError> {
    let is_known = request.segments() == [family, "batchGetResolvedUris"] && request.method == Method::POST;
    if !is_known {
        return Err(ServiceError::unknown_path(&request.rest.join("/")));
    }
    let body = request.json()?;
    let wanted = body["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let found: Value = wanted
        .filter_map(|asset| {
            let (path, output_type) = output(memory, request, asset)?;
            let datastore = format!("{}/datastores/workspaceblobstore/paths/{path}", long_form(request.workspace_id()));
            Some((asset.to_owned(), json!({member: datastore, "type": output_type})))
        })
        .collect();
    let found = if found.is_null() { json!({}) } else { found };
    Ok(Json(json!({"values": found})).into_response())
}

/// The output that an asset such as `.../data/azureml_{run}_output_data_{output}/versions/1` comes from.
fn output(memory: &mut Memory, request: &DataRequest<'_>, asset: &str) -> Option<(String, String)> {
    let name = asset.rsplit('/').nth(2)?.strip_prefix("azureml_")?;
    let (run, output) = name.split_once("_output_data_")?;
    let run = memory.runs(request.workspace_id()).find(run)?;
    let described = run.properties["outputs"].get(output)?;
    Some((run.output_path(output), described["jobOutputType"].as_str().unwrap_or("uri_folder").to_owned()))
}

/// `azureml://subscriptions/{}/resourcegroups/{}/workspaces/{}`.
fn long_form(workspace_id: &str) -> String {
    let segments: Vec<_> = workspace_id.split('/').collect();
    let at = |number: usize| segments.get(number).copied().unwrap_or_default();
    format!("azureml://subscriptions/{}/resourcegroups/{}/workspaces/{}", at(2), at(4), at(8))
}
