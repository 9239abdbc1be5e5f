//! Online, batch and serverless endpoints, and the deployments behind them.

use serde_json::{Value, json};

use super::call::{Call, ancestor};
use super::error::ArmError;
use super::kind::Action;
use super::operation::Outcome;
use super::secrets::{ENDPOINT_PRIMARY_KEY, ENDPOINT_SECONDARY_KEY, ENDPOINT_TOKEN, REGENERATED_KEY};
use super::store::underlay;

pub(super) const READ_ONLY: &[&str] = &["/properties/scoringUri", "/properties/swaggerUri"];
pub(super) const SERVERLESS_READ_ONLY: &[&str] =
    &["/properties/inferenceEndpoint", "/properties/endpointState", "/properties/marketplaceSubscriptionId"];

pub(super) const ONLINE_ACTIONS: &[(&str, Action)] = &[
    ("listKeys", Action::Answer(keys)),
    (
        "regenerateKeys",
        Action::Operation(|call, endpoint| regenerate(call, endpoint).map(|()| Outcome::Nothing), |_| ()),
    ),
    ("token", Action::Answer(token)),
];
pub(super) const BATCH_ACTIONS: &[(&str, Action)] = &[("listkeys", Action::Answer(keys))];
pub(super) const SERVERLESS_ACTIONS: &[(&str, Action)] =
    &[("listKeys", Action::Answer(keys)), ("regenerateKeys", Action::Operation(regenerate_and_tell, |_| ()))];
pub(super) const DEPLOYMENT_ACTIONS: &[(&str, Action)] =
    &[("getLogs", Action::Answer(logs)), ("skus", Action::List(skus))];

/// How long a token of an endpoint lives, in seconds.
const TOKEN_LIFETIME: i64 = 43_200;

pub(super) fn online_begun(call: &mut Call<'_>, endpoint: &mut Value) {
    let base = base(call, endpoint);
    underlay(
        endpoint,
        json!({
            "tags": {},
            "properties": {
                "scoringUri": format!("{base}/score"),
                "swaggerUri": format!("{base}/swagger.json"),
                "traffic": {},
                "mirrorTraffic": {},
                "publicNetworkAccess": "Enabled",
            },
        }),
    );
    add_keys(endpoint);
}

pub(super) fn batch_begun(call: &mut Call<'_>, endpoint: &mut Value) {
    let base = base(call, endpoint);
    let uris = json!({"scoringUri": format!("{base}/jobs"), "swaggerUri": format!("{base}/swagger.json")});
    underlay(endpoint, json!({"tags": {}, "properties": uris}));
    add_keys(endpoint);
}

pub(super) fn serverless_begun(call: &mut Call<'_>, endpoint: &mut Value) {
    let inference = json!({"uri": base(call, endpoint), "headers": {}});
    underlay(
        endpoint,
        json!({"tags": {}, "properties": {"inferenceEndpoint": inference, "endpointState": "Creating"}}),
    );
    add_keys(endpoint);
}

pub(super) fn serverless_settled(endpoint: &mut Value) {
    endpoint["properties"]["endpointState"] = "Online".into();
}

/// Traffic goes to deployments that exist, all of it or none.
pub(super) fn check_traffic(call: &Call<'_>, endpoint: &Value) -> Result<(), ArmError> {
    for (member, least) in [("traffic", 100), ("mirrorTraffic", 0)] {
        let Some(traffic) = endpoint["properties"][member].as_object() else { continue };
        for name in traffic.keys() {
            let deployment = format!("{}/deployments/{}", call.place.key, name.to_lowercase());
            if !call.memory.store.resources.contains_key(&deployment) {
                let message = format!("The deployment '{name}' in '{member}' does not exist.");
                return Err(ArmError::invalid_request(&[(&format!("properties/{member}"), message)]));
            }
        }
        let sum: u64 = traffic.values().filter_map(Value::as_u64).sum();
        if sum > 100 || (sum != 0 && sum < least) {
            let message = format!("The percentages in '{member}' add up to {sum}.");
            return Err(ArmError::invalid_request(&[(&format!("properties/{member}"), message)]));
        }
    }
    Ok(())
}

pub(super) fn check_deployment_delete(call: &Call<'_>) -> Result<(), ArmError> {
    let endpoint = call.memory.store.resources.get(ancestor(&call.place.key, 1));
    let traffic = endpoint.and_then(|endpoint| endpoint["properties"]["traffic"][&call.place.name].as_u64());
    match traffic {
        Some(1..) => Err(ArmError::bad_request(format!("The deployment '{}' still has traffic.", call.place.name))),
        _ => Ok(()),
    }
}

pub(super) fn deployment_begun(_: &mut Call<'_>, deployment: &mut Value) {
    // The Python SDK reads how it scales (observed: azure-ai-ml 1.35).
    underlay(deployment, json!({"properties": {"scaleSettings": {"scaleType": "Default"}}}));
    underlay(deployment, json!({"tags": {}, "sku": {"name": "Default", "tier": "Standard", "capacity": 1}}));
}

pub(super) fn batch_deployment_begun(_: &mut Call<'_>, deployment: &mut Value) {
    underlay(deployment, json!({"tags": {}}));
}

/// A name is unique in its region, and every endpoint answers on the host that it was made at.
fn base(call: &Call<'_>, endpoint: &Value) -> String {
    let location = endpoint["location"].as_str().unwrap_or_default();
    format!("{}/inference/{location}/{}", call.request.origin, call.place.name)
}

fn add_keys(endpoint: &mut Value) {
    let keys = json!({"primaryKey": ENDPOINT_PRIMARY_KEY, "secondaryKey": ENDPOINT_SECONDARY_KEY});
    underlay(endpoint, json!({"properties": {"keys": keys}}));
}

fn keys(_: &mut Call<'_>, endpoint: &mut Value) -> Result<Value, ArmError> {
    match endpoint["properties"]["authMode"].as_str() {
        Some(mode @ ("AMLToken" | "AAD")) => {
            Err(ArmError::bad_request(format!("The endpoint has no keys, as its authentication mode is {mode}.")))
        }
        _ => Ok(endpoint["properties"]["keys"].clone()),
    }
}

fn token(call: &mut Call<'_>, endpoint: &mut Value) -> Result<Value, ArmError> {
    let mode = endpoint["properties"]["authMode"].as_str().unwrap_or_default();
    if mode != "AMLToken" {
        return Err(ArmError::bad_request(format!("The endpoint has no token, as its authentication mode is {mode}.")));
    }
    let now = call.memory.now();
    Ok(json!({
        "accessToken": ENDPOINT_TOKEN,
        "expiryTimeUtc": now + TOKEN_LIFETIME,
        "refreshAfterTimeUtc": now + TOKEN_LIFETIME / 2,
        "tokenType": "Bearer",
    }))
}

fn regenerate(call: &mut Call<'_>, endpoint: &mut Value) -> Result<(), ArmError> {
    let wanted = call.request.json()?;
    let member = match wanted["keyType"].as_str().map(str::to_lowercase).as_deref() {
        Some("primary") => "primaryKey",
        Some("secondary") => "secondaryKey",
        _ => return Err(ArmError::invalid_request(&[("keyType", "The value is Primary or Secondary.".to_owned())])),
    };
    let key = match wanted["keyValue"].as_str() {
        // The Python SDK sends the key that is to go (observed: azure-ai-ml 1.35).
        Some(own) if endpoint["properties"]["keys"][member] != own => own.to_owned(),
        _ => format!("{REGENERATED_KEY}{}", call.memory.store.operations.len()),
    };
    call.memory.secrets.push(key.clone());
    endpoint["properties"]["keys"][member] = key.into();
    Ok(())
}

fn regenerate_and_tell(call: &mut Call<'_>, endpoint: &mut Value) -> Result<Outcome, ArmError> {
    regenerate(call, endpoint)?;
    Ok(Outcome::Body(endpoint["properties"]["keys"].clone()))
}

fn logs(call: &mut Call<'_>, deployment: &mut Value) -> Result<Value, ArmError> {
    let wanted = call.request.optional_json()?;
    let container = wanted["containerType"].as_str().unwrap_or("InferenceServer");
    let name = deployment["name"].as_str().unwrap_or_default();
    let lines = [
        format!("{container}: starting {name}"),
        format!("{container}: the model is loaded"),
        format!("{container}: ready"),
    ];
    let tail = wanted["tail"].as_u64().and_then(|tail| usize::try_from(tail).ok()).unwrap_or(lines.len());
    Ok(json!({"content": lines[lines.len().saturating_sub(tail)..].join("\n")}))
}

fn skus(_: &Value) -> Vec<Value> {
    vec![json!({
        "resourceType": "Microsoft.MachineLearning.Services/endpoints/deployments",
        "sku": {"name": "Default", "tier": "Standard"},
        "capacity": {"minimum": 1, "maximum": 20, "default": 1, "scaleType": "Manual"},
    })]
}
