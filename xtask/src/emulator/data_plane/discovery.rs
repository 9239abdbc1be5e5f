//! The documents that say where the services are. Nobody needs a token for them.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::super::arm;
use super::super::log::Origin;
use super::super::state::Shared;
use super::error::ServiceError;
use super::hosts;

/// What v1 and v2 of the SDK look for (observed: azureml-core 1.61, azure-ai-ml 1.35).
const SERVICES: &[&str] = &[
    "api",
    "catalog",
    "experimentation",
    "gallery",
    "history",
    "hyperdrive",
    "labeling",
    "modelmanagement",
    "pipelines",
];

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/discovery", get(region))
        .route("/discovery/workspaces/{id}", get(workspace))
        .route("/registrymanagement/v1.0/registries/{name}/discovery", get(registry))
}

/// All services are at the host that was asked.
async fn region(Extension(Origin(origin)): Extension<Origin>) -> Json<Value> {
    Json(document(&origin))
}

/// A workspace behind a private link asks by its id.
async fn workspace(Extension(Origin(origin)): Extension<Origin>, Path(_): Path<String>) -> Json<Value> {
    Json(document(&origin))
}

/// Which subscription has a registry, and who answers for it.
async fn registry(
    State(shared): State<Arc<Shared>>,
    Extension(Origin(origin)): Extension<Origin>,
    Path(name): Path<String>,
) -> Response {
    let Some(registry) = arm::registry(&shared.lock(), &name) else {
        return ServiceError::not_found("The registry", &name).into_response();
    };
    let location = registry["location"].as_str().unwrap_or_default();
    let id: Vec<_> = registry["id"].as_str().unwrap_or_default().split('/').collect();
    let base = hosts::api(&origin, location);
    Json(json!({
        "registryName": registry["name"],
        "subscriptionId": id.get(2),
        "resourceGroup": id.get(4),
        "primaryRegion": location,
        "primaryRegionResourceProviderUri": format!("{base}/"),
        "additionalRegions": [],
        "registryFqdns": {},
    }))
    .into_response()
}

fn document(origin: &str) -> Value {
    let mut document: Value = SERVICES.iter().map(|name| ((*name).to_owned(), Value::from(origin))).collect();
    document["studio"] = "https://ml.azure.com".into();
    document
}
