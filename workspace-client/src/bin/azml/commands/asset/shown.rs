//! How assets are shown (observed: azure-ai-ml 1.35).

use serde_json::Value;
use workspace_client::arm::ResourceId;

use crate::entity::{self, Member, is, put};
use crate::output::Column;

pub(super) const TYPED_COLUMNS: [Column; 4] =
    [("Name", "name"), ("Version", "version"), ("Type", "type"), ("Description", "description")];
pub(super) const CONTAINER_COLUMNS: [Column; 3] =
    [("Name", "name"), ("LatestVersion", "latest_version"), ("Description", "description")];

pub(super) const ENVIRONMENT_COLUMNS: [Column; 4] =
    [("Name", "name"), ("Version", "version"), ("Image", "image"), ("Description", "description")];

pub(super) const COMPONENT_COLUMNS: [Column; 4] =
    [("Name", "name"), ("Version", "version"), ("Type", "type"), ("DisplayName", "display_name")];

pub(super) const COMPONENT: [Member; 10] = [
    is("/code", "/properties/componentSpec/code"),
    is("/command", "/properties/componentSpec/command"),
    is("/display_name", "/properties/componentSpec/display_name"),
    is("/environment", "/properties/componentSpec/environment"),
    is("/inputs", "/properties/componentSpec/inputs"),
    is("/is_deterministic", "/properties/componentSpec/is_deterministic"),
    is("/jobs", "/properties/componentSpec/jobs"),
    is("/outputs", "/properties/componentSpec/outputs"),
    is("/resources", "/properties/componentSpec/resources"),
    is("/type", "/properties/componentSpec/type"),
];
pub(super) const DATA: [Member; 2] = [is("/path", "/properties/dataUri"), is("/type", "/properties/dataType")];
pub(super) const ENVIRONMENT: [Member; 6] = [
    is("/build/dockerfile_path", "/properties/build/dockerfilePath"),
    is("/build/path", "/properties/build/contextUri"),
    is("/conda_file", "/properties/condaFile"),
    is("/image", "/properties/image"),
    is("/inference_config", "/properties/inferenceConfig"),
    is("/os_type", "/properties/osType"),
];
pub(super) const MODEL: [Member; 5] = [
    is("/flavors", "/properties/flavors"),
    is("/job_name", "/properties/jobName"),
    is("/path", "/properties/modelUri"),
    is("/stage", "/properties/stage"),
    is("/type", "/properties/modelType"),
];
const EVERY: [Member; 9] = [
    is("/creation_context/created_at", "/systemData/createdAt"),
    is("/creation_context/created_by", "/systemData/createdBy"),
    is("/creation_context/created_by_type", "/systemData/createdByType"),
    is("/creation_context/last_modified_at", "/systemData/lastModifiedAt"),
    is("/creation_context/last_modified_by", "/systemData/lastModifiedBy"),
    is("/description", "/properties/description"),
    is("/id", "/id"),
    is("/properties", "/properties/properties"),
    is("/tags", "/properties/tags"),
];
const CONTAINER: [Member; 3] = [
    is("/latest_version", "/properties/latestVersion"),
    is("/name", "/name"),
    is("/next_version", "/properties/nextVersion"),
];

/// A version, which Azure names by its version alone.
pub(super) fn version(raw: &Value, members: &[Member]) -> Value {
    let mut shown = entity::of(raw, &[&EVERY, members, &[is("/version", "/name")]].concat());
    let id = raw["id"].as_str().unwrap_or_default();
    if let Some(name) = id.rsplit('/').nth(2) {
        put(&mut shown, "/name", name);
    }
    with_group(shown, id)
}

pub(super) fn container(raw: &Value) -> Value {
    let shown = entity::of(raw, &[&EVERY[..], &CONTAINER].concat());
    with_group(shown, raw["id"].as_str().unwrap_or_default())
}

fn with_group(mut shown: Value, id: &str) -> Value {
    if let Ok(id) = id.parse::<ResourceId>() {
        put(&mut shown, "/resourceGroup", id.resource_group());
    }
    shown
}
