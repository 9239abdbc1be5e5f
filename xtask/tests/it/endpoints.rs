//! Online, batch and serverless endpoints with their deployments, and schedules.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use xtask::emulator::secrets;

use crate::caller::Caller;

fn endpoint(mode: &str, traffic: &Value) -> Value {
    json!({"location": "westeurope", "properties": {"authMode": mode, "traffic": traffic}})
}

fn deployment(count: u32) -> Value {
    let sku = json!({"name": "Default", "capacity": count});
    json!({"location": "westeurope", "sku": sku, "properties": {"endpointComputeType": "Managed", "model": "m"}})
}

#[tokio::test]
async fn an_online_endpoint_lives_with_its_deployments() {
    let arm = Caller::new();
    let orphan = arm.ask(Method::PUT, "onlineEndpoints/ep/deployments/blue", Some(deployment(1))).await;
    assert_eq!(orphan.code(), (404, "ResourceNotFound"));
    let begun = arm.ask(Method::PUT, "onlineEndpoints/ep", Some(endpoint("Key", &json!({})))).await;
    assert_eq!((begun.status, begun.headers.contains_key("location")), (StatusCode::CREATED, false));
    arm.finish(&begun, "azure-asyncoperation").await;
    let told = arm.get("onlineEndpoints/ep").await.body;
    assert_eq!(told["properties"]["provisioningState"], "Succeeded");
    assert!(told["properties"]["scoringUri"].as_str().unwrap().ends_with("/inference/westeurope/ep/score"), "{told}");
    assert!(!told.to_string().contains(secrets::ENDPOINT_PRIMARY_KEY), "{told}");

    arm.put("onlineEndpoints/ep/deployments/blue", deployment(1)).await;
    let begun =
        arm.ask(Method::PATCH, "onlineEndpoints/ep/deployments/blue", Some(json!({"sku": {"capacity": 3}}))).await;
    assert_eq!((begun.status, begun.body.clone()), (StatusCode::ACCEPTED, Value::Null));
    let ended = arm.finish(&begun, "location").await;
    assert_eq!(ended.body["sku"], json!({"name": "Default", "capacity": 3, "tier": "Standard"}));

    let gone = arm.delete("onlineEndpoints/ep").await;
    arm.finish(&gone, "location").await;
    assert_eq!(arm.get("onlineEndpoints/ep/deployments/blue").await.code(), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn traffic_goes_to_deployments_that_exist_all_of_it_or_none() {
    let arm = Caller::new();
    arm.put("onlineEndpoints/ep", endpoint("Key", &json!({}))).await;
    arm.put("onlineEndpoints/ep/deployments/blue", deployment(1)).await;
    for wrong in [json!({"green": 100}), json!({"blue": 99}), json!({"blue": 101})] {
        let refused = arm.ask(Method::PUT, "onlineEndpoints/ep", Some(endpoint("Key", &wrong))).await;
        assert_eq!(refused.code(), (400, "BadRequest"));
        assert_eq!(refused.body["error"]["details"][0]["target"], "properties/traffic");
    }
    arm.put("onlineEndpoints/ep", endpoint("Key", &json!({"blue": 100}))).await;
    assert_eq!(arm.delete("onlineEndpoints/ep/deployments/blue").await.code(), (400, "BadRequest"));
    arm.put("onlineEndpoints/ep", endpoint("Key", &json!({"blue": 0}))).await;
    assert_eq!(arm.delete("onlineEndpoints/ep/deployments/blue").await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn keys_and_tokens_are_told_by_the_mode_of_an_endpoint() {
    let arm = Caller::new();
    arm.put("onlineEndpoints/keys", endpoint("Key", &json!({}))).await;
    arm.put("onlineEndpoints/tokens", endpoint("AMLToken", &json!({}))).await;
    let keys = arm.ask(Method::POST, "onlineEndpoints/keys/listKeys", None).await.body;
    assert_eq!(keys["primaryKey"], secrets::ENDPOINT_PRIMARY_KEY);
    assert_eq!(arm.ask(Method::POST, "onlineEndpoints/keys/token", None).await.code(), (400, "BadRequest"));
    let token = arm.ask(Method::POST, "onlineEndpoints/tokens/token", None).await.body;
    assert_eq!(token["accessToken"], secrets::ENDPOINT_TOKEN);
    assert_eq!(arm.ask(Method::POST, "onlineEndpoints/tokens/listKeys", None).await.code(), (400, "BadRequest"));

    let begun = arm.post("onlineEndpoints/keys/regenerateKeys", json!({"keyType": "Primary"})).await;
    assert_eq!(arm.finish(&begun, "location").await.status, StatusCode::NO_CONTENT);
    let renewed = arm.ask(Method::POST, "onlineEndpoints/keys/listKeys", None).await.body;
    let renewed = renewed["primaryKey"].as_str().unwrap().to_owned();
    assert!(renewed.starts_with(secrets::REGENERATED_KEY) && arm.azure.secrets().contains(&renewed), "{renewed}");
    let wrong = arm.post("onlineEndpoints/keys/regenerateKeys", json!({"keyType": "Third"})).await;
    assert_eq!(wrong.code(), (400, "BadRequest"));
}

#[tokio::test]
async fn a_serverless_endpoint_tells_its_new_keys_in_the_end() {
    let arm = Caller::new();
    let described =
        json!({"location": "westeurope", "properties": {"authMode": "Key", "modelSettings": {"modelId": "m"}}});
    arm.put("serverlessEndpoints/llm", described).await;
    let told = arm.get("serverlessEndpoints/llm").await.body;
    assert_eq!(told["properties"]["endpointState"], "Online");
    let wanted = json!({"keyType": "Secondary", "keyValue": "emu-own-key"});
    let begun = arm.post("serverlessEndpoints/llm/regenerateKeys", wanted).await;
    let ended = arm.finish(&begun, "location").await;
    assert_eq!((ended.status, &ended.body["secondaryKey"]), (StatusCode::OK, &json!("emu-own-key")));
    arm.put("marketplaceSubscriptions/s", json!({"properties": {"modelId": "m"}})).await;
    let subscription = arm.get("marketplaceSubscriptions/s").await.body;
    assert_eq!(subscription["properties"]["marketplaceSubscriptionStatus"], "Subscribed");
}

#[tokio::test]
async fn a_deployment_tells_its_logs_and_sizes() {
    let arm = Caller::new();
    arm.put("onlineEndpoints/ep", endpoint("Key", &json!({}))).await;
    arm.put("onlineEndpoints/ep/deployments/blue", deployment(1)).await;
    let wanted = json!({"containerType": "StorageInitializer", "tail": 1});
    let logs = arm.post("onlineEndpoints/ep/deployments/blue/getLogs", wanted).await.body;
    assert_eq!(logs, json!({"content": "StorageInitializer: ready"}));
    let skus = arm.get("onlineEndpoints/ep/deployments/blue/skus").await.body;
    assert_eq!(skus["value"][0]["capacity"]["maximum"], 20);
    let refused = arm.ask(Method::POST, "onlineEndpoints/ep/deployments/blue/skus", None).await;
    assert_eq!(refused.code(), (405, "HttpMethodNotSupported"));
}

#[tokio::test]
async fn a_batch_endpoint_has_a_place_for_jobs() {
    let arm = Caller::new();
    arm.put("batchEndpoints/nightly", endpoint("AADToken", &json!({}))).await;
    let described = json!({"location": "westeurope", "properties": {"compute": "c", "miniBatchSize": 10}});
    arm.put("batchEndpoints/nightly/deployments/one", described).await;
    let told = arm.get("batchEndpoints/nightly").await.body;
    assert!(told["properties"]["scoringUri"].as_str().unwrap().ends_with("/nightly/jobs"), "{told}");
    let keys = arm.ask(Method::POST, "batchEndpoints/nightly/listkeys", None).await.body;
    assert_eq!(keys["secondaryKey"], secrets::ENDPOINT_SECONDARY_KEY);
}

#[tokio::test]
async fn a_schedule_makes_jobs_when_it_is_triggered() {
    let arm = Caller::new();
    let action = json!({"actionType": "CreateJob", "jobDefinition": {"jobType": "Command", "command": "ls"}});
    let trigger = json!({"triggerType": "Cron", "expression": "0 9 * * *"});
    let described = |enabled: bool| json!({"properties": {"action": action, "trigger": trigger, "isEnabled": enabled}});
    arm.put("schedules/daily", described(true)).await;
    let answer = arm.post("schedules/daily/trigger", json!({})).await.body;
    let job = arm.get(&format!("jobs/{}", answer["jobName"].as_str().unwrap())).await.body;
    assert_eq!(job["properties"]["command"], "ls");
    arm.put("schedules/daily", described(false)).await;
    let listed = async |view: &str| {
        arm.get(&format!("schedules?listViewType={view}")).await.body["value"].as_array().unwrap().len()
    };
    assert_eq!([listed("EnabledOnly").await, listed("DisabledOnly").await, listed("All").await], [0, 1, 1]);
}
