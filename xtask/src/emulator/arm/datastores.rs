//! Datastores: those that come with a workspace, and the secrets of all of them.

use serde_json::{Value, json};

use super::super::world::Storage;
use super::call::Call;
use super::error::ArmError;
use super::kind::Action;
use super::request::ArmRequest;

pub(super) const IMMUTABLE: &[&str] = &[
    "/properties/datastoreType",
    "/properties/accountName",
    "/properties/containerName",
    "/properties/filesystem",
    "/properties/fileShareName",
    "/properties/storeName",
    "/properties/endpoint",
    "/properties/protocol",
];

pub(super) const ACTIONS: &[(&str, Action)] = &[("listSecrets", Action::Answer(secrets))];

/// The four that Azure makes with a workspace.
pub(super) fn defaults(workspace: &Value, storage: &Storage) -> Vec<Value> {
    let id = workspace["properties"]["workspaceId"].as_str().unwrap_or_default();
    let blob = |name: &str, container: &str| (name.to_owned(), "AzureBlob", "containerName", container.to_owned());
    let file = |name: &str, share: String| (name.to_owned(), "AzureFile", "fileShareName", share);
    let all = [
        blob("workspaceblobstore", &storage.container),
        blob("workspaceartifactstore", "azureml"),
        file("workspacefilestore", format!("azureml-filestore-{id}")),
        file("workspaceworkingdirectory", format!("code-{id}")),
    ];
    let datastore = |(name, kind, member, container): (String, &str, &str, String)| {
        let mut datastore = json!({
            "id": format!("{}/datastores/{name}", workspace["id"].as_str().unwrap_or_default()),
            "name": name,
            "type": "Microsoft.MachineLearningServices/workspaces/datastores",
            "properties": {
                "description": null,
                "tags": {},
                "properties": null,
                "isDefault": name == "workspaceblobstore",
                "credentials": {
                    "credentialsType": "AccountKey",
                    "secrets": {"secretsType": "AccountKey", "key": storage.key},
                },
                "datastoreType": kind,
                "accountName": storage.account,
                "endpoint": storage.endpoint,
                "protocol": storage.protocol,
                "serviceDataAccessAuthIdentity": "None",
            },
            "systemData": workspace["systemData"],
        });
        datastore["properties"][member] = container.into();
        datastore
    };
    all.into_iter().map(datastore).collect()
}

pub(super) fn begun(_: &mut Call<'_>, datastore: &mut Value) {
    if datastore["properties"]["isDefault"].is_null() {
        datastore["properties"]["isDefault"] = false.into();
    }
}

pub(super) fn shows(datastore: &Value, request: &ArmRequest<'_>) -> bool {
    let name = datastore["name"].as_str().unwrap_or_default();
    let is_default = datastore["properties"]["isDefault"] == true;
    request.parameter("isDefault").is_none_or(|wanted| wanted.eq_ignore_ascii_case("true") == is_default)
        && request.parameter("names").is_none_or(|names| names.split(',').any(|one| one.eq_ignore_ascii_case(name)))
        && request.parameter("searchText").is_none_or(|text| name.contains(text))
}

/// A key that expires is a signature.
fn secrets(call: &mut Call<'_>, datastore: &mut Value) -> Result<Value, ArmError> {
    let credentials = &datastore["properties"]["credentials"];
    if credentials["credentialsType"] == "AccountKey" && call.request.optional_json()?["expirableSecret"] == true {
        return Ok(json!({"secretsType": "Sas", "sasToken": call.memory.world.storage.sas}));
    }
    match &credentials["secrets"] {
        Value::Null => Err(ArmError::bad_request("The datastore has no secrets.")),
        secrets => Ok(secrets.clone()),
    }
}
