//! Data, models, environments, codes, components and features: containers, and the versions in them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::world::Workspace;
use super::call::{Call, ancestor};
use super::error::ArmError;
use super::kind::Action;
use super::operation::Outcome;
use super::request::ArmRequest;
use super::store::{Store, underlay};
use super::workspaces;

pub(super) const PUBLISH: (&str, Action) = ("publish", Action::Operation(publish, |_| ()));
pub(super) const PACKAGE: (&str, Action) = ("package", Action::Operation(package, |_| ()));
pub(super) const PENDING_UPLOAD: (&str, Action) = ("startPendingUpload", Action::Always(pending_upload));
pub(super) const BACKFILL: (&str, Action) =
    ("backfill", Action::Operation(|_, _| Ok(Outcome::Body(json!({"jobIds": [Uuid::new_v4().to_string()]}))), |_| ()));
pub(super) const REFERENCE: (&str, Action) = ("", Action::Always(reference));

/// A package is a version of the environment that is named, which is made.
fn package(call: &mut Call<'_>, _: &mut Value) -> Result<Outcome, ArmError> {
    let request = call.request.json()?;
    if request["inferencingServer"]["serverType"].is_null() {
        return Err(ArmError::bad_request("The field inferencingServer.serverType is required."));
    }
    let wanted = request["targetEnvironmentId"].as_str().unwrap_or_default();
    let Some((_, environment)) = wanted.split_once("/environments/") else {
        return Err(ArmError::bad_request("The field targetEnvironmentId names no environment."));
    };
    let is_meant = |workspace: &&Workspace| wanted.contains(&format!("/workspaces/{}/", workspace.workspace_id));
    let Some(workspace) = call.memory.world.workspaces.iter().find(is_meant) else {
        return Err(ArmError::bad_request("The field targetEnvironmentId names no workspace."));
    };
    let (name, version) = environment.split_once("/versions/").unwrap_or((environment, ""));
    let container = format!("{}/environments/{name}", workspaces::id(workspace));
    let next = call.memory.store.children(&format!("{container}/versions")).len() + 1;
    let version = if version.is_empty() { next.to_string() } else { version.to_owned() };
    let id = format!("{container}/versions/{version}");
    let resource = json!({
        "id": id,
        "name": version,
        "type": "Microsoft.MachineLearningServices/workspaces/environments/versions",
        "properties": {"image": format!("packages.azurecr.io/{name}:{version}"), "osType": "Linux", "isArchived": false, "tags": {}},
    });
    call.memory.store.resources.insert(id.to_lowercase(), resource);
    let (home, _) = wanted.split_once("/environments/").unwrap_or_default();
    let target = format!("{home}/environments/{name}/versions/{version}");
    Ok(Outcome::Body(json!({"buildState": "Succeeded", "targetEnvironmentId": target})))
}

/// What a container says of its versions.
pub(super) const COUNTED: &[&str] = &["/properties/latestVersion", "/properties/nextVersion"];

pub(super) fn container_begun(_: &mut Call<'_>, container: &mut Value) {
    underlay(container, json!({"properties": {"isArchived": false, "tags": {}, "properties": {}}}));
}

/// A version makes the container that it lies in.
pub(super) fn version_begun(call: &mut Call<'_>, version: &mut Value) {
    underlay(version, json!({"properties": {"isArchived": false, "isAnonymous": false, "tags": {}, "properties": {}}}));
    let parent = call.place.parent().to_owned();
    if call.memory.store.resources.contains_key(&parent) {
        return;
    }
    let id = &call.place.id[..parent.len()];
    let mut container = json!({
        "id": id,
        "name": id.rsplit('/').next(),
        "type": call.place.full_type.trim_end_matches("/versions"),
        "properties": {"isArchived": false, "tags": {}, "properties": {}},
        "systemData": version["systemData"],
    });
    for member in ["dataType", "provisioningState"] {
        if version["properties"][member].is_string() {
            container["properties"][member] = version["properties"][member].clone();
        }
    }
    call.memory.store.resources.insert(parent, container);
}

/// The Python SDK reads the flavors of every model (observed: azure-ai-ml 1.35).
pub(super) fn model_begun(call: &mut Call<'_>, version: &mut Value) {
    underlay(version, json!({"properties": {"flavors": {}}}));
    version_begun(call, version);
}

pub(super) fn environment_begun(call: &mut Call<'_>, version: &mut Value) {
    let kind = if call.place.name.starts_with("AzureML-") { "Curated" } else { "UserCreated" };
    underlay(version, json!({"properties": {"environmentType": kind, "osType": "Linux"}}));
    version_begun(call, version);
}

/// A feature set's features come from its specification, which lies in storage: here every one has this feature.
pub(super) fn feature_set_begun(call: &mut Call<'_>, version: &mut Value) {
    version_begun(call, version);
    let name = "transaction_amount";
    let id = format!("{}/features/{name}", call.place.id);
    let feature = json!({
        "id": id,
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/featuresets/versions/features",
        "properties": {"featureName": name, "dataType": "Double", "description": "An invented feature", "tags": {}, "properties": {}},
        "systemData": version["systemData"],
    });
    call.memory.store.resources.insert(id.to_lowercase(), feature);
}

/// The newest version, and the number that the next one gets.
pub(super) fn container_read(store: &Store, key: &str, container: &mut Value) {
    let versions = store.children(&format!("{key}/versions"));
    let numbers = versions.iter().filter_map(|version| version["name"].as_str()?.parse::<u64>().ok());
    container["properties"]["nextVersion"] = (numbers.max().unwrap_or_default() + 1).to_string().into();
    container["properties"]["latestVersion"] = newest(versions).map_or(Value::Null, |version| version["name"].clone());
}

/// The version that a label names.
pub(super) fn labelled(store: &Store, container: &str, label: &str) -> Option<Value> {
    let known = ["latest", "default"].iter().any(|known| known.eq_ignore_ascii_case(label));
    known.then(|| newest(store.children(&format!("{container}/versions"))))?
}

/// Without a wish: what is not archived.
pub(super) fn shows(item: &Value, request: &ArmRequest<'_>) -> bool {
    let is_archived = item["properties"]["isArchived"] == true;
    if request.parameter("stage").is_some_and(|stage| item["properties"]["stage"] != stage) {
        return false;
    }
    match request.parameter("listViewType").map(str::to_lowercase).as_deref() {
        Some("all") => true,
        Some("archivedonly") => is_archived,
        _ => !is_archived,
    }
}

/// With a hash: the codes of any name with this content.
pub(super) fn codes(call: &Call<'_>) -> Vec<Value> {
    let Some(hash) = call.request.parameter("hash") else {
        return call.memory.store.children(&call.place.key);
    };
    let versions = call.memory.store.below(ancestor(&call.place.key, 1));
    let version = call.request.parameter("hashVersion");
    let has_hash = |item: &Value| {
        let properties = &item["properties"]["properties"];
        // The Python SDK sends a number (observed: azure-ai-ml 1.35).
        let own = properties["hash_version"].as_str().map(ToOwned::to_owned);
        let own = own.unwrap_or_else(|| properties["hash_version"].to_string());
        properties["hash_sha256"] == hash && version.is_none_or(|wanted| wanted == own)
    };
    versions.map(|(_, item)| item).filter(|item| has_hash(item)).cloned().collect()
}

fn newest(versions: Vec<Value>) -> Option<Value> {
    versions.into_iter().max_by_key(|version| version["systemData"]["createdAt"].as_str().map(ToOwned::to_owned))
}

/// Copies a version into a registry.
fn publish(call: &mut Call<'_>, version: &mut Value) -> Result<Outcome, ArmError> {
    let wanted = call.request.json()?;
    let registry = wanted["registryName"].as_str().unwrap_or_default();
    let is_it = |id: &str| {
        id.split('/').count() == 9
            && id.contains("/registries/")
            && id.ends_with(&format!("/{}", registry.to_lowercase()))
    };
    let resources = &call.memory.store.resources;
    let Some(target) = resources.iter().find(|(id, _)| is_it(id)).and_then(|(_, found)| found["id"].as_str()) else {
        return Err(ArmError::bad_request(format!("The registry '{registry}' could not be found.")));
    };
    let segments: Vec<_> = call.place.id.split('/').collect();
    let [kind, name, _, number] = segments[9..] else {
        return Err(ArmError::bad_request("Only versions are published."));
    };
    let name = wanted["destinationName"].as_str().unwrap_or(name);
    let number = wanted["destinationVersion"].as_str().unwrap_or(number);
    let container = format!("{target}/{kind}/{name}");
    let mut copy = version.clone();
    copy["id"] = format!("{container}/versions/{number}").into();
    copy["name"] = number.into();
    copy["type"] = format!("Microsoft.MachineLearningServices/registries/{kind}/versions").into();
    copy["properties"]["provisioningState"] = "Succeeded".into();
    let parent = json!({
        "id": container,
        "name": name,
        "type": format!("Microsoft.MachineLearningServices/registries/{kind}"),
        "properties": {"isArchived": false, "tags": {}, "properties": {}},
        "systemData": version["systemData"],
    });
    call.memory.store.resources.entry(container.to_lowercase()).or_insert(parent);
    call.memory.store.resources.insert(format!("{container}/versions/{number}").to_lowercase(), copy);
    Ok(Outcome::Nothing)
}

/// A container of its own for the files of what is to be made in a registry.
pub(super) fn temporary_begun(call: &mut Call<'_>, given: &mut Value) {
    given["blobReferenceForConsumption"] = upload_place(call, &Uuid::new_v4().to_string());
}

/// A container of its own for what is to be uploaded.
fn pending_upload(call: &mut Call<'_>) -> Result<Value, ArmError> {
    let wanted = call.request.optional_json()?;
    let id = wanted["pendingUploadId"].as_str().map_or_else(|| Uuid::new_v4().to_string(), ToOwned::to_owned);
    Ok(json!({
        "pendingUploadId": id,
        "pendingUploadType": "TemporaryBlobReference",
        "blobReferenceForConsumption": upload_place(call, &id),
    }))
}

fn upload_place(call: &mut Call<'_>, id: &str) -> Value {
    let storage = &call.memory.world.storage;
    let container = storage.upload_container.clone().unwrap_or_else(|| format!("upload-{id}"));
    let uri = format!("{}/{container}", storage.blob_url.trim_end_matches('/'));
    let signed = format!("{uri}?{}", storage.sas);
    call.memory.blobs.make_container(&container);
    json!({
        "blobUri": uri,
        "storageAccountArmId": format!("{}/storage", call.place.root()),
        "credential": {"credentialType": "SAS", "sasUri": signed},
    })
}

/// The address of a blob of a registry's asset, signed.
fn reference(call: &mut Call<'_>) -> Result<Value, ArmError> {
    let wanted = call.request.json()?;
    let uri = wanted["blobUri"].as_str().unwrap_or_default();
    let signed = format!("{uri}?{}", call.memory.world.storage.sas);
    Ok(json!({"blobReferenceForConsumption": {
        "blobUri": uri,
        "storageAccountArmId": format!("{}/storage", call.place.root()),
        "credential": {"credentialType": "SAS", "sasUri": signed},
    }}))
}
