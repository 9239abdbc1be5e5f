//! Computes, and what they do when they are started and stopped.

use serde_json::{Value, json};

use super::call::Call;
use super::error::ArmError;
use super::kind::Action;
use super::operation::Outcome;
use super::secrets::COMPUTE_PASSWORD;

pub(super) const ACTIONS: &[(&str, Action)] = &[
    (
        "start",
        Action::Operation(|_, compute| set_state(compute, "Starting"), |compute| set(compute, "state", "Running")),
    ),
    (
        "stop",
        Action::Operation(|_, compute| set_state(compute, "Stopping"), |compute| set(compute, "state", "Stopped")),
    ),
    (
        "restart",
        Action::Operation(|_, compute| set_state(compute, "Restarting"), |compute| set(compute, "state", "Running")),
    ),
    ("enableSso", Action::Answer(enable_sso)),
    ("listNodes", Action::Answer(nodes)),
    ("listKeys", Action::Answer(keys)),
];

pub(super) const READ_ONLY: &[&str] = &[
    "/properties/createdOn",
    "/properties/isAttachedCompute",
    "/properties/modifiedOn",
    "/properties/properties/allocationState",
    "/properties/properties/applications",
    "/properties/properties/connectivityEndpoints",
    "/properties/properties/currentNodeCount",
    "/properties/properties/errors",
    "/properties/properties/nodeStateCounts",
    "/properties/properties/sshSettings/adminUserName",
    "/properties/properties/sshSettings/sshPort",
    "/properties/properties/state",
    "/properties/properties/targetNodeCount",
    "/properties/provisioningErrors",
];

pub(super) const HIDDEN: &[&str] = &[
    "/properties/properties/administratorAccount/password",
    "/properties/properties/administratorAccount/privateKeyData",
    "/properties/properties/databricksAccessToken",
    "/properties/properties/userAccountCredentials/adminUserPassword",
    "/properties/properties/userAccountCredentials/adminUserSshPublicKey",
];

pub(super) fn begun(call: &mut Call<'_>, compute: &mut Value) {
    let now = call.now();
    let properties = &mut compute["properties"];
    if properties["createdOn"].is_null() {
        properties["createdOn"] = now.as_str().into();
    }
    properties["modifiedOn"] = now.into();
    properties["provisioningErrors"] = Value::Null;
    properties["isAttachedCompute"] = properties["resourceId"].is_string().into();
    match kind(compute) {
        "AmlCompute" => {
            set(compute, "allocationState", "Resizing");
            set(compute, "errors", Value::Null);
        }
        "ComputeInstance" if compute["properties"]["properties"]["state"].is_null() => {
            set(compute, "state", "Creating");
            let user = call.memory.world.ssh_server.as_ref().map_or("azureuser", |server| &server.user);
            let ssh = &mut compute["properties"]["properties"]["sshSettings"];
            ssh["adminUserName"] = user.into();
            ssh["sshPort"] = 50000.into();
        }
        _ => {}
    }
}

pub(super) fn settled(compute: &mut Value) {
    match kind(compute) {
        "AmlCompute" => {
            let nodes =
                compute["properties"]["properties"]["scaleSettings"]["minNodeCount"].as_u64().unwrap_or_default();
            set(compute, "allocationState", "Steady");
            set(compute, "currentNodeCount", nodes);
            set(compute, "targetNodeCount", nodes);
        }
        "ComputeInstance" => {
            if compute["properties"]["properties"]["state"] == "Creating" {
                set(compute, "state", "Running");
            }
            let endpoints = json!({"publicIpAddress": null, "privateIpAddress": "10.0.0.4"});
            set(compute, "connectivityEndpoints", endpoints);
            let text = |member: &str| compute[member].as_str().unwrap_or_default().to_lowercase();
            let uri = format!("https://{}.{}.instances.azureml.ms/tree/", text("name"), text("location"));
            set(compute, "applications", json!([{"displayName": "Jupyter", "endpointUri": uri}]));
        }
        _ => {}
    }
}

/// A compute that could not be made is there, and says why.
pub(super) fn failed(compute: &mut Value, error: &Value) {
    compute["properties"]["provisioningErrors"] = json!([{"error": error}]);
    match kind(compute) {
        "AmlCompute" => {
            set(compute, "allocationState", "Steady");
            set(compute, "errors", json!([{"error": error}]));
        }
        "ComputeInstance" => {
            let state = match compute["properties"]["properties"]["state"].as_str() {
                Some("Creating") => "CreateFailed",
                Some("Starting") => "Stopped",
                Some("Stopping" | "Restarting") => "Running",
                other => other.unwrap_or("Unknown"),
            };
            let state = state.to_owned();
            set(compute, "state", state);
            set(compute, "errors", json!([{"error": error}]));
        }
        _ => {}
    }
}

fn set_state(compute: &mut Value, state: &str) -> Result<Outcome, ArmError> {
    if kind(compute) != "ComputeInstance" {
        return Err(ArmError::bad_request("The operation is only supported for compute instances."));
    }
    set(compute, "state", state);
    Ok(Outcome::Nothing)
}

fn enable_sso(call: &mut Call<'_>, compute: &mut Value) -> Result<Value, ArmError> {
    if kind(compute) != "ComputeInstance" {
        return Err(ArmError::bad_request("The operation is only supported for compute instances."));
    }
    let Some(is_on) = call.request.json()?["enableSSO"].as_bool() else {
        return Err(ArmError::bad_request("enableSSO must be a boolean."));
    };
    set(compute, "enableSSO", is_on);
    Ok(Value::Null)
}

fn nodes(call: &mut Call<'_>, compute: &mut Value) -> Result<Value, ArmError> {
    if kind(compute) != "AmlCompute" {
        return Err(ArmError::bad_request("The operation is only supported for clusters."));
    }
    let count = compute["properties"]["properties"]["currentNodeCount"].as_u64().unwrap_or_default();
    let node = |index: u64| {
        json!({
            "nodeId": format!("tvmps_{index:016x}_d"),
            "privateIpAddress": format!("10.0.0.{}", index + 5),
            "publicIpAddress": null,
            "port": 50000 + index,
            "nodeState": "idle",
            "runId": null,
        })
    };
    call.request.page_of("nodes", call.memory, &(0..count).map(node).collect::<Vec<_>>())
}

fn keys(_: &mut Call<'_>, compute: &mut Value) -> Result<Value, ArmError> {
    match kind(compute) {
        "VirtualMachine" => {
            let account = json!({"username": "azureuser", "password": COMPUTE_PASSWORD});
            Ok(json!({"computeType": "VirtualMachine", "administratorAccount": account}))
        }
        _ => Err(ArmError::bad_request("The compute has no keys.")),
    }
}

fn kind(compute: &Value) -> &str {
    compute["properties"]["computeType"].as_str().unwrap_or_default()
}

fn set(compute: &mut Value, name: &str, value: impl Into<Value>) {
    compute["properties"]["properties"][name] = value.into();
}
