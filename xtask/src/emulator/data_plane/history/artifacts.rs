//! What a run has written, by its path: what there is, and where to read it.

use axum::Json;
use axum::http::{Method, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::super::super::state::State as Memory;
use super::super::error::ServiceError;
use super::super::request::DataRequest;
use super::super::runs::{Experiment, Run};
use super::super::timestamp;

/// Where the artifacts of runs come from.
const ORIGIN: &str = "ExperimentRun";

/// `artifact/v2.0/.../artifacts/{what}/{origin}/{container}/{path}`.
pub(super) fn answer(memory: &mut Memory, request: &DataRequest<'_>) -> Result<Response, ServiceError> {
    let segments = request.segments();
    let unknown = || ServiceError::unknown_path(&request.rest.join("/"));
    let ["artifacts", rest @ ..] = segments.as_slice() else { return Err(unknown()) };
    let (what, place) = match rest {
        ["prefix", "contentinfo", place @ ..] => ("prefix/contentinfo", place),
        [what @ ("content" | "contentinfo" | "metadata"), place @ ..] => (*what, place),
        place => ("", place),
    };
    let [ORIGIN, container, path @ ..] = place else { return Err(unknown()) };
    let name = container.strip_prefix("dcid.").unwrap_or(container);
    let run = memory.runs(request.workspace_id()).find(name);
    let run = run.ok_or_else(|| ServiceError::not_found("The container", container))?;
    show(memory, request, &run, what, &path.join("/"))
}

/// `.../runs/{run}/artifacts/{what}`, with the path as a parameter.
pub(super) fn of_run(
    memory: &mut Memory,
    request: &DataRequest<'_>,
    run: &Run,
    what: &[&str],
) -> Result<Response, ServiceError> {
    match what {
        ["batch", "metadata"] if request.method == Method::POST => {
            let body = request.json()?;
            let wanted: Vec<_> = body["paths"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|it| it["path"].as_str().unwrap_or_default().to_owned())
                .collect();
            let mut links = Map::new();
            for path in &wanted {
                let url = run.new_artifact(memory, &request.blobs, path);
                links.insert(path.clone(), link(run, path, &url));
            }
            let files = memory.artifacts(run);
            let found = files.iter().filter(|(path, _)| wanted.contains(path));
            let told: Value = found.map(|(path, content)| (path.clone(), metadata(run, path, content))).collect();
            Ok(Json(json!({"artifacts": told, "artifactContentInformation": links, "errors": {}})).into_response())
        }
        ["path"] => show(memory, request, run, "", ""),
        ["artifacturi"] => {
            let path = request.query.get("path").map(String::as_str).unwrap_or_default();
            Ok(Json(json!(run.artifact_url(memory, &request.blobs, path))).into_response())
        }
        _ => show(memory, request, run, &what.join("/"), ""),
    }
}

fn show(
    memory: &mut Memory,
    request: &DataRequest<'_>,
    run: &Run,
    what: &str,
    path: &str,
) -> Result<Response, ServiceError> {
    let path = request.query.get("path").map_or(path, String::as_str);
    let files = memory.artifacts(run);
    let mut within = files.iter().filter(|(known, _)| known.starts_with(path));
    let absent = || ServiceError::not_found("The artifact", path);
    let link = |path: &str| link(run, path, &run.artifact_url(memory, &request.blobs, path));
    let page =
        |items: Vec<Value>| Json(json!({"value": items, "continuationToken": null, "nextLink": null})).into_response();
    match what {
        "" => Ok(page(within.map(|(path, content)| metadata(run, path, content)).collect())),
        "prefix/contentinfo" => Ok(page(within.map(|(path, _)| link(path)).collect())),
        "contentinfo" => {
            within.find(|(known, _)| known == path).map(|(path, _)| Json(link(path)).into_response()).ok_or_else(absent)
        }
        "metadata" if path.is_empty() => Ok(page(within.map(|(path, content)| metadata(run, path, content)).collect())),
        "metadata" => within
            .find(|(known, _)| known == path)
            .map(|(path, content)| Json(metadata(run, path, content)).into_response())
            .ok_or_else(absent),
        "content" => {
            let content = within.find(|(known, _)| known == path).ok_or_else(absent)?.1.clone();
            Ok(([(header::CONTENT_TYPE, "application/octet-stream")], content).into_response())
        }
        _ => Err(ServiceError::unknown_path(what)),
    }
}

fn link(run: &Run, path: &str, url: &str) -> Value {
    json!({"contentUri": url, "origin": ORIGIN, "container": run.container(), "path": path, "tags": null})
}

fn metadata(run: &Run, path: &str, content: &[u8]) -> Value {
    json!({
        "artifactId": format!("{ORIGIN}/{}/{path}", run.container()),
        "origin": ORIGIN,
        "container": run.container(),
        "path": path,
        "etag": Experiment::id_of(&format!("{path}{}", content.len())),
        "createdTime": timestamp(run.born),
        "dataPath": null,
        "contentLength": content.len(),
        "tags": null,
    })
}
