//! Workspaces themselves, what is beside them, and what is asked of them.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use xtask::emulator::{defaults, secrets};

use crate::caller::{Answer, Caller};
use crate::client::client;

fn group(path: &str) -> String {
    format!("/subscriptions/{}/resourceGroups/{}{path}", defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP)
}

fn workspace(name: &str) -> String {
    group(&format!("/providers/Microsoft.MachineLearningServices/workspaces/{name}"))
}

async fn post(arm: &Caller, action: &str) -> Answer {
    arm.ask(Method::POST, &format!("{}/{action}", workspace(defaults::WORKSPACE)), None).await
}

#[tokio::test]
async fn a_workspace_is_made_changed_and_deleted() {
    let arm = Caller::new();
    let described = json!({"location": "westeurope", "tags": {"a": "b"}, "properties": {"description": "first"}});
    let begun = arm.ask(Method::PUT, &workspace("new"), Some(described)).await;
    assert_eq!((begun.status, begun.headers.contains_key("azure-asyncoperation")), (StatusCode::ACCEPTED, false));
    assert_eq!(arm.get(&workspace("new")).await.body["properties"]["provisioningState"], "Creating");
    let made = arm.finish(&begun, "location").await;
    assert_eq!((made.status, &made.body["properties"]["provisioningState"]), (StatusCode::OK, &json!("Succeeded")));
    let id = made.body["properties"]["workspaceId"].clone();
    let datastores = arm.get(&format!("{}/datastores?isDefault=true", workspace("new"))).await.body;
    assert_eq!(datastores["value"][0]["name"], "workspaceblobstore");

    let begun = arm.ask(Method::PATCH, &workspace("new"), Some(json!({"properties": {"friendlyName": "F"}}))).await;
    let changed = arm.finish(&begun, "location").await.body;
    assert_eq!((&changed["properties"]["friendlyName"], &changed["tags"]), (&json!("F"), &json!({"a": "b"})));
    arm.put(&workspace("new"), json!({"location": "westeurope", "properties": {}})).await;
    let replaced = arm.get(&workspace("new")).await.body;
    assert_eq!((&replaced["tags"], &replaced["properties"]["workspaceId"]), (&json!({}), &id));
    assert_eq!(replaced["properties"]["description"], "");

    let gone = arm.delete(&workspace("new")).await;
    arm.finish(&gone, "location").await;
    assert_eq!(arm.get(&workspace("new")).await.code(), (404, "ResourceNotFound"));
    let left = arm.get(&format!("{}/datastores", workspace("new"))).await;
    assert_eq!(left.code(), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn a_workspace_of_the_world_stays_deleted() {
    let arm = Caller::new();
    let gone = arm.delete(&workspace("ml-test")).await;
    arm.finish(&gone, "location").await;
    assert_eq!(arm.get(&workspace("ml-test")).await.code(), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn workspaces_are_listed_by_their_kind() {
    let arm = Caller::new();
    arm.put(&workspace("hub"), json!({"location": "westeurope", "kind": "Hub", "properties": {}})).await;
    let listed = arm.get(&format!("{}?kind=hub,project", workspace("").trim_end_matches('/'))).await.body;
    assert_eq!((listed["value"].as_array().unwrap().len(), &listed["value"][0]["name"]), (1, &json!("hub")));
}

#[tokio::test]
async fn the_secrets_of_a_workspace_are_told_where_they_are_asked_for() {
    let arm = Caller::new();
    let keys = post(&arm, "listKeys").await.body;
    assert_eq!(
        (&keys["userStorageKey"], &keys["containerRegistryCredentials"]),
        (&json!(secrets::STORAGE_KEY), &Value::Null)
    );
    assert_eq!(keys["notebookAccessKeys"]["primaryAccessKey"], secrets::NOTEBOOK_PRIMARY_KEY);
    assert_eq!(post(&arm, "listStorageAccountKeys").await.body, json!({"userStorageKey": secrets::STORAGE_KEY}));
    assert_eq!(post(&arm, "listNotebookAccessToken").await.body["accessToken"], secrets::NOTEBOOK_TOKEN);
    assert_eq!(post(&arm, "listNotebookKeys").await.body["secondaryAccessKey"], secrets::NOTEBOOK_SECONDARY_KEY);
    let told = arm.get(&workspace(defaults::WORKSPACE)).await.body.to_string();
    assert!(!told.contains("emu-an-invented"), "{told}");
    assert!(secrets::ALL.iter().all(|secret| secret.contains("emu-")), "{:?}", secrets::ALL);
}

#[tokio::test]
async fn what_takes_time_ends_with_a_body_or_without_one() {
    let arm = Caller::new();
    let begun = post(&arm, "diagnose").await;
    assert_eq!(begun.status, StatusCode::ACCEPTED);
    let ended = arm.finish(&begun, "location").await;
    assert_eq!(ended.body["value"]["storageAccountResults"][0]["code"], "StorageAccountFirewall");
    let begun = post(&arm, "prepareNotebook").await;
    assert!(arm.finish(&begun, "location").await.body["fqdn"].is_string());
    let begun = arm.post("provisionManagedNetwork", json!({"includeSpark": true})).await;
    assert_eq!(arm.finish(&begun, "location").await.body, json!({"status": "Active", "sparkReady": true}));
    let begun = post(&arm, "resyncKeys").await;
    assert_eq!(arm.finish(&begun, "location").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_surrounds_a_workspace_is_listed() {
    let arm = Caller::new();
    let features = arm.get("features").await.body;
    assert!(features["nextLink"].is_string() && features["value"][0]["displayName"].is_string(), "{features}");
    assert_eq!(arm.get("privateLinkResources").await.body["value"][0]["properties"]["groupId"], "amlworkspace");
    let outbound = arm.get("outboundNetworkDependenciesEndpoints").await.body;
    assert_eq!(outbound["value"][0]["endpoints"][0]["endpointDetails"][0]["port"], 443);
    arm.put("outboundRules/pypi", json!({"properties": {"type": "FQDN", "destination": "pypi.org"}})).await;
    assert_eq!(arm.get("outboundRules/pypi").await.body["properties"]["status"], "Active");
    let state = json!({"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}});
    assert_eq!(arm.put("privateEndpointConnections/pe", state).await.status, StatusCode::OK);
    arm.put("capabilityHosts/agents", json!({"properties": {"capabilityHostKind": "Agents"}})).await;
    assert_eq!(arm.get("capabilityHosts/agents").await.body["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test]
async fn the_credentials_of_a_connection_are_told_by_listsecrets_alone() {
    let arm = Caller::new();
    let described = json!({"properties": {
        "authType": "ApiKey", "category": "OpenAI", "target": "https://a", "credentials": {"key": "emu-own-key"},
    }});
    assert_eq!(arm.put("connections/openai", described).await.status, StatusCode::OK);
    let changed =
        arm.ask(Method::PATCH, "connections/openai", Some(json!({"properties": {"target": "https://b"}}))).await;
    assert_eq!(
        (&changed.body["properties"]["target"], changed.body["properties"].get("credentials")),
        (&json!("https://b"), None)
    );
    let secret = arm.ask(Method::POST, "connections/openai/listsecrets", None).await.body;
    assert_eq!(secret["properties"]["credentials"], json!({"key": "emu-own-key"}));
    let count = async |category: &str| {
        arm.get(&format!("connections?category={category}")).await.body["value"].as_array().unwrap().len()
    };
    assert_eq!([count("openai").await, count("Git").await], [1, 0]);
}

#[tokio::test]
async fn a_registry_loses_regions_and_takes_tags() {
    let arm = Caller::new();
    let place = group("/providers/Microsoft.MachineLearningServices/registries/shared");
    let regions = json!([{"location": "westeurope"}, {"location": "eastus"}]);
    arm.put(&place, json!({"location": "westeurope", "properties": {"regionDetails": regions}})).await;
    let changed = arm.ask(Method::PATCH, &place, Some(json!({"tags": {"a": "b"}}))).await;
    assert_eq!((changed.status, &changed.body["tags"]), (StatusCode::OK, &json!({"a": "b"})));
    let gone = json!({"location": "westeurope", "properties": {"regionDetails": [{"location": "eastus"}]}});
    let begun = arm.post(&format!("{place}/removeRegions"), gone).await;
    let ended = arm.finish(&begun, "location").await.body;
    assert_eq!(ended["properties"]["regionDetails"], json!([{"location": "westeurope"}]));
    let all =
        format!("/subscriptions/{}/providers/Microsoft.MachineLearningServices/registries", defaults::SUBSCRIPTION);
    assert_eq!(arm.get(&all).await.body["value"][0]["name"], "shared");
}

#[tokio::test]
async fn a_template_makes_a_workspace_with_what_it_depends_on() {
    let arm = Caller::new();
    let template = json!({
        "parameters": {"name": {"type": "string"}, "insights": {"type": "string", "defaultValue": "none"}},
        "variables": {"storage": "[resourceId('Microsoft.Storage/storageAccounts', concat(parameters('name'), 'store'))]"},
        "resources": [
            {"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-04-01", "name": "[concat(parameters('name'), 'store')]", "location": "westeurope"},
            {"type": "Microsoft.Insights/components", "condition": "[not(equals(parameters('insights'), 'none'))]", "name": "i"},
            {
                "type": "Microsoft.MachineLearningServices/workspaces", "name": "[parameters('name')]", "location": "westeurope",
                "properties": {"storageAccount": "[variables('storage')]", "friendlyName": "[if(empty(''), 'yes', 'no')]"},
            },
        ],
    });
    let deployment = group("/providers/Microsoft.Resources/deployments/first");
    let body =
        json!({"properties": {"mode": "incremental", "template": template, "parameters": {"name": {"value": "made"}}}});
    let begun = arm.ask(Method::PUT, &format!("{deployment}?api-version=2020-06-01"), Some(body)).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.body);
    let link = begun.headers["azure-asyncoperation"].to_str().unwrap();
    assert!(link.contains("/deployments/first/operationStatuses/"), "{link}");
    assert_eq!(arm.finish(&begun, "azure-asyncoperation").await.body["status"], "Succeeded");
    let ended = arm.get(&deployment).await.body;
    assert_eq!(
        (&ended["properties"]["provisioningState"], ended["properties"].get("template")),
        (&json!("Succeeded"), None)
    );
    let steps = arm.get(&group("/deployments/first/operations")).await.body;
    assert_eq!(
        steps["value"][1]["properties"]["targetResource"]["resourceType"],
        "Microsoft.MachineLearningServices/workspaces"
    );

    let made = arm.get(&workspace("made")).await.body;
    let storage = group("/providers/Microsoft.Storage/storageAccounts/madestore");
    assert_eq!(
        (&made["properties"]["storageAccount"], &made["properties"]["friendlyName"]),
        (&json!(storage), &json!("yes"))
    );
    assert_eq!(arm.get(&storage).await.status, StatusCode::OK);
    assert_eq!(arm.delete(&storage).await.status, StatusCode::OK);
    assert_eq!(arm.get(&storage).await.code(), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn a_resource_group_is_made_and_goes_with_all_that_is_in_it() {
    let arm = Caller::new();
    let place = format!("/subscriptions/{}/resourceGroups/rg-new", defaults::SUBSCRIPTION);
    assert_eq!(arm.get(&place).await.code(), (404, "ResourceGroupNotFound"));
    let made = arm.put(&place, json!({"location": "eastus", "tags": {"a": "b"}})).await;
    assert_eq!((made.status, &made.body["location"]), (StatusCode::CREATED, &json!("eastus")));
    let inside = format!("{place}/providers/Microsoft.MachineLearningServices/workspaces/w");
    arm.put(&inside, json!({"location": "eastus", "properties": {}})).await;
    assert_eq!(arm.delete(&place).await.status, StatusCode::OK);
    arm.put(&place, json!({"location": "eastus"})).await;
    assert_eq!(arm.get(&inside).await.code(), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn quotas_are_set_and_usages_told() {
    let arm = Caller::new();
    let region = format!(
        "/subscriptions/{}/providers/Microsoft.MachineLearningServices/locations/westeurope",
        defaults::SUBSCRIPTION
    );
    let quota = json!({"id": format!("{}/quotas/standardDSv2Family", workspace(defaults::WORKSPACE)), "type": "t", "limit": 8, "unit": "Count"});
    let answer = arm.post(&format!("{region}/updateQuotas"), json!({"value": [quota]})).await.body;
    assert_eq!(answer["value"][0]["status"], "Success");
    let told = arm.get(&format!("{region}/quotas")).await.body;
    assert_eq!(
        (&told["value"][0]["limit"], &told["value"][0]["name"]["value"]),
        (&json!(8), &json!("standardDSv2Family"))
    );
    let usages = arm.get(&format!("{region}/usages")).await.body;
    assert_eq!(usages["value"][0]["unit"], "Count");
}

#[tokio::test]
async fn the_vault_of_a_workspace_keeps_secrets_for_tokens_of_its_own() {
    let arm = Caller::new();
    let client = client(&arm.azure);
    let vault = arm.get(&workspace(defaults::WORKSPACE)).await.body["properties"]["keyVault"].clone();
    let uri = arm.get(vault.as_str().unwrap()).await.body["properties"]["vaultUri"].as_str().unwrap().to_owned();
    assert_eq!(uri, "https://mldev-kv.vault.azure.net/");
    let token =
        |audience| arm.azure.issue_access_token(defaults::ADA, defaults::CONTOSO, audience, Duration::from_secs(60));
    let (good, other) = (token("https://vault.azure.net"), token("https://management.core.windows.net/"));
    let ask = async |method: Method, place: &str, token: &str, body: Option<Value>| {
        let request = client.request(method, format!("{uri}secrets{place}?api-version=7.4")).bearer_auth(token);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let response = request.send().await.unwrap();
        let challenge = response.headers().get("www-authenticate").map(|it| it.to_str().unwrap().to_owned());
        (response.status().as_u16(), challenge, response.json::<Value>().await.unwrap())
    };
    let (status, challenge, _) = ask(Method::GET, "/db", &other, None).await;
    assert_eq!(status, 401);
    assert!(challenge.is_some_and(|it| it.contains(r#"resource="https://vault.azure.net""#)));
    assert_eq!(ask(Method::GET, "/db", &good, None).await.0, 404);
    let (status, _, first) = ask(Method::PUT, "/db", &good, Some(json!({"value": "emu-first"}))).await;
    assert_eq!((status, &first["value"]), (200, &json!("emu-first")));
    ask(Method::PUT, "/db", &good, Some(json!({"value": "emu-second"}))).await;
    assert_eq!(ask(Method::GET, "/db", &good, None).await.2["value"], "emu-second");
    let version = first["id"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(ask(Method::GET, &format!("/db/{version}"), &good, None).await.2["value"], "emu-first");
    let listed = ask(Method::GET, "", &good, None).await.2;
    assert!(
        listed["value"][0]["id"].as_str().unwrap().ends_with("/secrets/db") && !listed.to_string().contains("emu-")
    );
    assert_eq!(ask(Method::DELETE, "/db", &good, None).await.0, 200);
    assert_eq!(ask(Method::GET, "/db", &good, None).await.0, 404);
}
