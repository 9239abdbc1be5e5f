//! Deployments of templates: how the Python SDK makes a workspace with what it depends on (observed: azure-ai-ml 1.35).

use axum::http::Method;
use serde_json::{Value, json};

use super::super::state::State as Memory;
use super::call::{Call, Place};
use super::error::ArmError;
use super::groups::OTHER;
use super::kind::{self, Kind, SLOW};
use super::reply::Reply;
use super::request::ArmRequest;
use super::store::{merge, underlay};
use super::template::Scope;
use super::{operation, verbs};

pub(super) const PROVIDER: &str = "Microsoft.Resources";

const DEPLOYMENT: Kind = Kind { required: &["/properties/template"], hidden: &["/properties/template"], begun, ..SLOW };

pub(super) fn answer(
    memory: &mut Memory,
    request: &ArmRequest<'_>,
    group: &str,
    segments: &[&str],
) -> Result<Reply, ArmError> {
    let is = |text: &str, wanted: &str| text.eq_ignore_ascii_case(wanted);
    match segments {
        [deployments, _, statuses, id] if is(deployments, "deployments") && is(statuses, "operationStatuses") => {
            operation::look(memory, request, "operationsStatus", id)
        }
        [deployments, name, operations] if is(deployments, "deployments") && is(operations, "operations") => {
            let place = Place::new(&DEPLOYMENT, group, PROVIDER, &["deployments", name]);
            let deployment = memory.store.find(&place.key).ok_or_else(|| place.not_found())?;
            request.page(memory, &steps(deployment)).map(Reply::ok)
        }
        [deployments, _] if is(deployments, "deployments") => {
            let place = Place::new(&DEPLOYMENT, group, PROVIDER, segments);
            verbs::one(Call { memory, request, place })
        }
        [deployments] if is(deployments, "deployments") && request.method == Method::GET => {
            let place = Place::new(&DEPLOYMENT, group, PROVIDER, segments);
            verbs::list(&Call { memory, request, place })
        }
        _ => Err(ArmError::invalid_resource_type(request.path)),
    }
}

/// Makes what the template describes.
fn begun(call: &mut Call<'_>, deployment: &mut Value) {
    let properties = &deployment["properties"];
    let [subscription, group] = [2, 4].map(|at| call.place.id.split('/').nth(at).unwrap_or_default().to_owned());
    let tenant = call.memory.world.subscription(&subscription).map(|it| it.tenant_id.clone());
    let scope = Scope {
        template: &properties["template"],
        parameters: &properties["parameters"],
        subscription: &subscription,
        group: &group,
        tenant: &tenant.unwrap_or_default(),
    };
    let resources = scope.resources();
    let base = call.place.id.split("/providers/").next().unwrap_or_default().to_owned();
    let made: Vec<_> = resources.into_iter().filter_map(|resource| make(call, &base, resource)).collect();
    let ids: Vec<_> = made.iter().map(|id| json!({"id": id})).collect();
    let now = call.now();
    let told = json!({"outputResources": ids, "timestamp": now, "duration": "PT1S", "outputs": {}});
    merge(&mut deployment["properties"], told);
    underlay(deployment, json!({"properties": {"mode": "Incremental"}}));
}

/// Puts a resource of a template into the store, as its kind does, and returns its id.
fn make(call: &mut Call<'_>, base: &str, mut resource: Value) -> Option<String> {
    let (full_type, name) = (resource["type"].as_str()?.to_owned(), resource["name"].as_str()?.to_owned());
    let (provider, types) = full_type.split_once('/')?;
    let names: Vec<_> = name.split('/').collect();
    let types: Vec<_> = types.split('/').collect();
    if names.len() != types.len() {
        return None;
    }
    let own = if provider.eq_ignore_ascii_case(super::PROVIDER) { kind::find(&types) } else { None };
    let segments: Vec<_> = types.iter().zip(&names).flat_map(|(kind, name)| [*kind, *name]).collect();
    let place = Place::new(own.unwrap_or(&OTHER), base, provider, &segments);
    let mut within = Call { memory: &mut *call.memory, request: call.request, place };
    let old = within.stored();
    for member in ["apiVersion", "condition", "dependsOn", "type", "name", "scope"] {
        resource.as_object_mut()?.remove(member);
    }
    within.settle_members(&mut resource, old.as_ref()).ok()?;
    (within.place.kind.begun)(&mut within, &mut resource);
    resource["properties"]["provisioningState"] = "Succeeded".into();
    if within.place.full_type.eq_ignore_ascii_case("Microsoft.KeyVault/vaults") {
        let uri = format!("https://{}.vault.azure.net/", within.place.name.to_lowercase());
        underlay(&mut resource, json!({"properties": {"vaultUri": uri}}));
    }
    (within.place.kind.settled)(&mut resource);
    let (id, key) = (within.place.id.clone(), within.place.key.clone());
    within.memory.store.resources.insert(key, resource);
    Some(id)
}

/// How each resource went.
fn steps(deployment: &Value) -> Vec<Value> {
    let step = |resource: &Value| {
        let id = resource["id"].as_str().unwrap_or_default();
        let segments: Vec<_> = id.split('/').skip(6).collect();
        let types = segments.iter().enumerate().filter(|(at, _)| *at == 0 || at % 2 == 1);
        let types = types.map(|(_, segment)| *segment).collect::<Vec<_>>().join("/");
        json!({
            "id": format!("{}/operations/{}", deployment["id"].as_str().unwrap_or_default(), id.len()),
            "operationId": id.len().to_string(),
            "properties": {
                "provisioningOperation": "Create",
                "provisioningState": "Succeeded",
                "timestamp": deployment["properties"]["timestamp"],
                "duration": "PT1S",
                "statusCode": "OK",
                "targetResource": {"id": id, "resourceType": types, "resourceName": segments.last()},
            },
        })
    };
    deployment["properties"]["outputResources"].as_array().into_iter().flatten().map(step).collect()
}
