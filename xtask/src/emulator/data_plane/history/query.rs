//! Many runs at once.

use std::collections::BTreeMap;

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::super::state::State as Memory;
use super::super::error::ServiceError;
use super::super::request::DataRequest;
use super::super::runs::{Experiment, Run};
use super::{filter, view};

/// The parameters of a list, in the query or in the body, and what they are called there.
const PARAMETERS: [(&str, &str); 3] =
    [("filter", "$filter"), ("top", "$top"), ("continuationToken", "$continuationtoken")];

/// One page of these runs; a filter is applied to what is told of them.
pub(super) fn page(
    memory: &Memory,
    request: &DataRequest<'_>,
    runs: &[Run],
    query: &BTreeMap<String, String>,
) -> Result<Json<Value>, ServiceError> {
    let parameter =
        |name: &str| query.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    let now = memory.now();
    let mut told: Vec<Value> = runs.iter().map(|run| view::run(run, request, now)).collect();
    if let Some(text) = parameter("$filter").filter(|text| !text.is_empty()) {
        let filter = filter::read(text)?;
        told.retain(|run| filter.iter().all(|term| term.holds(run)));
    }
    let start = parameter("$continuationtoken").and_then(|token| token.parse().ok()).unwrap_or(0).min(told.len());
    let size =
        parameter("$top").and_then(|top| top.parse().ok()).unwrap_or(usize::MAX).min(memory.world.page_size).max(1);
    let end = told.len().min(start + size);
    let continuation = (end < told.len()).then(|| end.to_string());
    let next = continuation.as_ref().filter(|_| request.method == axum::http::Method::GET).map(|token| {
        let mut query = query.clone();
        query.retain(|name, _| !name.eq_ignore_ascii_case("$continuationtoken"));
        query.insert("$continuationtoken".into(), token.clone());
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&query).finish();
        let path = request.rest.join("/");
        format!("{}/history/v1.0{}/{path}?{query}", request.api, request.workspace_id())
    });
    Ok(Json(json!({"value": told[start..end], "continuationToken": continuation, "nextLink": next})))
}

/// `runs:query`, in one experiment or in all; the experiment goes by its name or its id.
pub(super) fn runs(
    memory: &mut Memory,
    request: &DataRequest<'_>,
    experiment: Option<&str>,
) -> Result<Response, ServiceError> {
    let body = request.json()?;
    let mut query = request.query.clone();
    for (member, parameter) in PARAMETERS {
        let text =
            body[member].as_str().map(ToOwned::to_owned).or_else(|| body[member].as_u64().map(|it| it.to_string()));
        query.extend(text.map(|text| (parameter.to_owned(), text)));
    }
    let is_in = |run: &Run| {
        experiment.is_none_or(|wanted| run.experiment() == wanted || Experiment::id_of(run.experiment()) == wanted)
    };
    let runs: Vec<Run> = memory.runs(request.workspace_id()).all().filter(is_in).collect();
    page(memory, request, &runs, &query).map(IntoResponse::into_response)
}

/// `rundata`.
pub(super) fn data(memory: &mut Memory, request: &DataRequest<'_>) -> Result<Response, ServiceError> {
    one(memory, request, &request.json()?).map(|data| Json(data).into_response())
}

/// `batchrundata`: each request has a name.
pub(super) fn batch_data(memory: &mut Memory, request: &DataRequest<'_>) -> Result<Response, ServiceError> {
    let body = request.json()?;
    let (mut found, mut absent) = (json!({}), json!({}));
    for (name, wanted) in body["requests"].as_object().into_iter().flatten() {
        match one(memory, request, wanted) {
            Ok(data) => found[name] = data,
            Err(error) => absent[name] = json!({"error": {"code": "UserError", "message": error.message}}),
        }
    }
    Ok(Json(json!({"successfulResults": found, "failedResults": absent})).into_response())
}

fn one(memory: &mut Memory, request: &DataRequest<'_>, wanted: &Value) -> Result<Value, ServiceError> {
    let name = wanted["runId"].as_str().unwrap_or_default();
    let now = memory.now();
    let run = memory.runs(request.workspace_id()).ask(name, now);
    let run = run.ok_or_else(|| ServiceError::not_found("The run", name))?;
    let part = |select: &str, told: Value| if wanted[select] == true { told } else { Value::Null };
    Ok(json!({
        "runMetadata": part("selectRunMetadata", view::run(&run, request, now)),
        "runDefinition": part("selectRunDefinition", json!({"command": run.properties["command"]})),
        "jobSpecification": part("selectJobSpecification", json!({"properties": run.properties})),
    }))
}
