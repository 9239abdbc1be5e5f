//! What belongs to a region of a subscription.

use axum::http::Method;
use serde_json::{Value, json};

use super::super::state::State as Memory;
use super::error::ArmError;
use super::reply::Reply;
use super::request::ArmRequest;
use super::{jobs, operation};

pub(super) fn answer(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    location: &str,
    rest: &[&str],
) -> Result<Reply, ArmError> {
    let is = |text: &str, wanted: &str| text.eq_ignore_ascii_case(wanted);
    match rest {
        [kind] if is(kind, "updateQuotas") && request.method == Method::POST => {
            update_quotas(memory, request, location)
        }
        _ if request.method != Method::GET => Err(ArmError::method_not_allowed(request.method)),
        [kind] if is(kind, "quotas") => {
            let quotas: Vec<_> =
                memory.store.below(&place(request, location, "quotas")).map(|(_, quota)| quota.clone()).collect();
            request.page(memory, &quotas).map(Reply::ok)
        }
        [kind, id] if is(kind, "operationsStatus") || is(kind, "operationResults") => {
            operation::look(memory, request, kind, id)
        }
        [kind, id] if is(kind, "mfeOperationResults") => jobs::operation(memory, request, id),
        [kind] if is(kind, "vmSizes") => Ok(Reply::ok(json!({"value": sizes()}))),
        [kind] if is(kind, "usages") => request.page(memory, &usages(request, location)).map(Reply::ok),
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

/// What lies in this list of the region.
fn place(request: &ArmRequest<'_>, location: &str, list: &str) -> String {
    let subscription = request.path.split('/').nth(2).unwrap_or_default();
    format!("/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}/{list}")
}

/// Each quota that is set is told with how it went.
fn update_quotas(memory: &mut Memory, request: &ArmRequest<'_>, location: &str) -> Result<Reply, ArmError> {
    let wanted = request.json()?;
    let mut told = Vec::new();
    for quota in wanted["value"].as_array().into_iter().flatten() {
        let (id, limit) = (quota["id"].as_str().unwrap_or_default(), quota["limit"].clone());
        let name = id.rsplit('/').next().unwrap_or_default();
        let stored = json!({
            "id": id,
            "type": quota["type"],
            "amlWorkspaceLocation": location,
            "name": {"value": name, "localizedValue": name},
            "limit": limit,
            "unit": quota["unit"],
        });
        let key = format!("{}/{}", place(request, location, "quotas"), id.trim_start_matches('/')).to_lowercase();
        let is_possible = limit.as_i64().is_some_and(|limit| limit >= -1);
        if is_possible {
            memory.store.resources.insert(key, stored);
        }
        let status = if is_possible { "Success" } else { "InvalidQuotaBelowClusterMinimum" };
        told.push(json!({"id": id, "type": quota["type"], "limit": limit, "unit": quota["unit"], "status": status}));
    }
    Ok(Reply::ok(json!({"value": told})))
}

fn usages(request: &ArmRequest<'_>, location: &str) -> Vec<Value> {
    let place = place(request, location, "usages");
    let usage = |name: &str, text: &str, current: u32, limit: u32| {
        json!({
            "id": format!("{place}/{name}"),
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
