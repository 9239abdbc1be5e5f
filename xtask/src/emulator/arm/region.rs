//! What belongs to a region of a subscription.

use axum::http::Method;
use serde_json::{Value, json};

use super::super::state::State as Memory;
use super::error::ArmError;
use super::reply::Reply;
use super::{ArmRequest, jobs, operation};

pub(super) fn answer(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    location: &str,
    rest: &[&str],
) -> Result<Reply, ArmError> {
    if request.method != Method::GET {
        return Err(ArmError::method_not_allowed(request.method));
    }
    let is = |text: &str, wanted: &str| text.eq_ignore_ascii_case(wanted);
    match rest {
        [kind, id] if is(kind, "operationsStatus") || is(kind, "operationResults") => {
            operation::look(memory, request, kind, id)
        }
        [kind, id] if is(kind, "mfeOperationResults") => jobs::operation(memory, request, id),
        [kind] if is(kind, "vmSizes") => Ok(Reply::ok(json!({"value": sizes()}))),
        [kind] if is(kind, "usages") => request.page(memory, &usages(location)).map(Reply::ok),
        _ => Err(ArmError::invalid_resource_type(request.path)),
    }
}

fn sizes() -> Vec<Value> {
    let size = |name: &str, family: &str, cpus: u32, gpus: u32, memory: f64| {
        json!({
            "name": name,
            "family": family,
            "vCPUs": cpus,
            "gpus": gpus,
            "osVhdSizeMB": 1_047_552,
            "maxResourceVolumeMB": 28_672,
            "memoryGB": memory,
            "lowPriorityCapable": true,
            "premiumIO": true,
            "supportedComputeTypes": ["AmlCompute", "ComputeInstance"],
        })
    };
    vec![
        size("Standard_DS3_v2", "standardDSv2Family", 4, 0, 14.0),
        size("Standard_DS12_v2", "standardDSv2Family", 4, 0, 28.0),
        size("Standard_NC6s_v3", "standardNCSv3Family", 6, 1, 112.0),
    ]
}

fn usages(location: &str) -> Vec<Value> {
    let usage = |name: &str, text: &str, current: u32, limit: u32| {
        json!({
            "id": format!("/subscriptions/providers/Microsoft.MachineLearningServices/locations/{location}/usages/{name}"),
            "type": "Microsoft.MachineLearningServices/usages",
            "amlWorkspaceLocation": location,
            "unit": "Count",
            "currentValue": current,
            "limit": limit,
            "name": {"value": name, "localizedValue": text},
        })
    };
    vec![
        usage("Total Cluster Dedicated Regional vCPUs", "Total Cluster Dedicated Regional vCPUs", 4, 100),
        usage("standardDSv2Family", "Standard DSv2 Family Cluster Dedicated vCPUs", 4, 24),
        usage("standardNCSv3Family", "Standard NCSv3 Family Cluster Dedicated vCPUs", 0, 0),
    ]
}
