//! Registries, whose assets other workspaces use.

use serde_json::{Value, json};

use super::call::Call;
use super::error::ArmError;
use super::kind::Action;
use super::operation::Outcome;
use super::store::underlay;

pub(super) const ACTIONS: &[(&str, Action)] = &[("removeRegions", Action::Operation(remove_regions, |_| ()))];

pub(super) fn begun(call: &mut Call<'_>, registry: &mut Value) {
    let (id, name) = (&call.place.id, &call.place.name);
    let location = registry["location"].as_str().unwrap_or_default();
    let subscription = call.place.id.split('/').nth(2).unwrap_or_default();
    let host = format!("{location}.api.azureml.ms");
    let properties = json!({
        "discoveryUrl": format!("https://{host}/registrymanagement/v1.0/registries/{name}/discovery"),
        "intellectualPropertyPublisher": null,
        "managedResourceGroup": {"resourceId": format!("/subscriptions/{subscription}/resourceGroups/azureml-rg-{name}")},
        "mlFlowRegistryUri": format!("azureml://{host}/mlflow/v1.0{id}"),
        "publicNetworkAccess": "Enabled",
        "regionDetails": [{"location": location}],
    });
    underlay(registry, json!({"tags": {}, "properties": properties}));
}

/// The regional front end knows what lies in registries by `azureml://registries/...`, which is all that azure-ai-ml 1.35 reads.
pub(super) fn tell_without_group(told: &mut Value) {
    match told {
        Value::Array(items) => items.iter_mut().for_each(tell_without_group),
        Value::Object(members) => {
            if let Some(Value::String(id)) = members.get_mut("id")
                && let Some((_, inside)) = id.split_once("/registries/")
                && inside.contains('/')
            {
                *id = format!("azureml://registries/{inside}");
            }
            members.values_mut().for_each(tell_without_group);
        }
        _ => {}
    }
}

/// The description holds the regions that are to go.
fn remove_regions(call: &mut Call<'_>, registry: &mut Value) -> Result<Outcome, ArmError> {
    let wanted = call.request.json()?;
    let gone = wanted["properties"]["regionDetails"].as_array().cloned().unwrap_or_default();
    let home = registry["location"].clone();
    if gone.iter().any(|region| {
        region["location"] == home
            && registry["properties"]["regionDetails"].as_array().is_some_and(|all| all.len() > 1)
    }) {
        return Err(ArmError::bad_request("The registry's own region cannot be removed."));
    }
    if let Some(regions) = registry["properties"]["regionDetails"].as_array_mut() {
        regions.retain(|region| !gone.iter().any(|one| one["location"] == region["location"]));
    }
    Ok(Outcome::Resource)
}
