//! Computes, and what they do when they are started and stopped.

use serde_json::{Value, json};

use super::error::ArmError;
use super::kind::Action;

/// The password of the administrator of every attached virtual machine.
pub(in super::super) const PASSWORD: &str = "emu-an-invented-administrator-password";

pub(super) const ACTIONS: &[(&str, Action)] = &[
    ("start", Action::Operation(|compute| set_state(compute, "Starting"), |compute| set(compute, "state", "Running"))),
    ("stop", Action::Operation(|compute| set_state(compute, "Stopping"), |compute| set(compute, "state", "Stopped"))),
    (
        "restart",
        Action::Operation(|compute| set_state(compute, "Restarting"), |compute| set(compute, "state", "Running")),
    ),
    ("listNodes", Action::Answer(nodes)),
    ("listKeys", Action::Answer(keys)),
];

pub(super) fn begun(compute: &mut Value, now: &str) {
    let properties = &mut compute["properties"];
    if properties["createdOn"].is_null() {
        properties["createdOn"] = now.into();
    }
    properties["modifiedOn"] = now.into();
    properties["isAttachedCompute"] = properties["resourceId"].is_string().into();
    match kind(compute) {
        "AmlCompute" => {
            set(compute, "allocationState", "Resizing");
            set(compute, "errors", Value::Null);
        }
        "ComputeInstance" if compute["properties"]["properties"]["state"].is_null() => {
            set(compute, "state", "Creating");
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
        }
        _ => {}
    }
}

fn set_state(compute: &mut Value, state: &str) -> Result<(), ArmError> {
    if kind(compute) != "ComputeInstance" {
        return Err(ArmError::bad_request("The operation is only supported for compute instances."));
    }
    set(compute, "state", state);
    Ok(())
}

fn nodes(compute: &Value) -> Result<Value, ArmError> {
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
    Ok(json!({"nodes": (0..count).map(node).collect::<Vec<_>>()}))
}

fn keys(compute: &Value) -> Result<Value, ArmError> {
    if kind(compute) != "VirtualMachine" {
        return Err(ArmError::bad_request("The compute has no keys."));
    }
    Ok(
        json!({"computeType": "VirtualMachine", "administratorAccount": {"username": "azureuser", "password": PASSWORD}}),
    )
}

fn kind(compute: &Value) -> &str {
    compute["properties"]["computeType"].as_str().unwrap_or_default()
}

fn set(compute: &mut Value, name: &str, value: impl Into<Value>) {
    compute["properties"]["properties"][name] = value.into();
}
