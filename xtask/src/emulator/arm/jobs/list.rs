//! The jobs of a workspace, a page at a time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::super::data_plane::runs::Run;
use super::super::super::state::State as Memory;
use super::super::error::ArmError;
use super::super::reply::Reply;
use super::super::request::ArmRequest;
use super::told;

/// One page of the jobs that nothing hides. The link to the next one holds the number of its first job.
pub(super) fn page(memory: &mut Memory, request: &ArmRequest<'_>, workspace: &Value) -> Result<Reply, ArmError> {
    let parameter = |name: &str| request.query.get(name).map(String::as_str);
    let from = match parameter("$skip") {
        Some(token) => Some(number(token).ok_or_else(|| ArmError::bad_skip_token(token))?),
        None => None,
    };
    let (now, size) = (memory.now(), memory.world.page_size.max(1));
    let runs = memory.runs(workspace["id"].as_str().unwrap_or_default());
    let mut shown = runs.newest(from).filter(|(_, run)| shows(run, parameter));
    let items: Vec<Value> = shown.by_ref().take(size).map(|(_, run)| told(run, workspace, now)).collect();
    let mut page = json!({"value": items});
    if let Some((next, _)) = shown.next() {
        let mut query = request.query.clone();
        query.insert("$skip".into(), URL_SAFE_NO_PAD.encode(format!("number:{next}")));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&query).finish();
        page["nextLink"] = json!(format!("{}{}?{query}", request.origin, request.path));
    }
    Ok(Reply::ok(page))
}

/// One page of those with which a batch endpoint answered, or one deployment of it.
pub(in super::super) fn of_endpoint(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    endpoint: &Value,
    deployment: Option<&str>,
) -> Result<Reply, ArmError> {
    let id = endpoint["id"].as_str().unwrap_or_default();
    let (now, workspace) = (memory.now(), id.split("/batchEndpoints/").next().unwrap_or_default());
    let answers = memory.runs(workspace).newest(None).map(|(_, run)| run);
    let answers = answers.filter(|run| run.properties["properties"]["azureml.endpointid"] == endpoint["id"]);
    let is_its = |run: &Run| deployment.is_none_or(|it| run.properties["properties"]["azureml.deploymentname"] == it);
    let jobs: Vec<_> = answers
        .filter(is_its)
        .map(|run| {
            json!({
                "id": format!("{id}/jobs/{}", run.name),
                "name": run.name,
                "type": "Microsoft.MachineLearningServices/workspaces/batchEndpoints/jobs",
                "properties": {"name": run.name, "status": run.status(now).name()},
            })
        })
        .collect();
    request.page(memory, &jobs).map(Reply::ok)
}

fn shows<'a>(run: &Run, parameter: impl Fn(&str) -> Option<&'a str>) -> bool {
    let has = |member: &str, wanted: &str| match wanted.split_once('=') {
        Some((name, value)) => run.properties[member][name] == value,
        None => run.properties[member].get(wanted).is_some(),
    };
    let is_archived = match parameter("listViewType") {
        Some("All") => None,
        Some("ArchivedOnly") => Some(true),
        _ => Some(false),
    };
    is_archived.is_none_or(|wanted| wanted == run.is_archived())
        && parameter("jobType").is_none_or(|wanted| wanted.eq_ignore_ascii_case(run.job_type()))
        && parameter("tag").is_none_or(|wanted| has("tags", wanted))
        && parameter("properties").is_none_or(|wanted| wanted.split(',').all(|wanted| has("properties", wanted.trim())))
}

fn number(token: &str) -> Option<u64> {
    let token = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    token.strip_prefix("number:")?.parse().ok()
}
