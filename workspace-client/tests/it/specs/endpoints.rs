//! Endpoints, their deployments, and what they are served from.

use auth_core::{Error, Secret};
use serde_json::Value;
use workspace_client::resources::endpoint::batch::{BatchDeployment, BatchEndpoint};
use workspace_client::resources::endpoint::online::{
    DeploymentSku, NewOnlineDeployment, NewOnlineEndpoint, OnlineDeployment, OnlineEndpoint,
};
use workspace_client::resources::endpoint::{
    EndpointAuthMode, EndpointKeys, EndpointToken, KeyType, MarketplaceSubscription, NewMarketplaceSubscription,
    ServerlessEndpoint,
};
use workspace_client::resources::{Collection, LongRunning, Patched};

use super::operations::{Case, check, read};
use super::specs;

const GROUPS: &[&str] = &[
    "BatchDeployments",
    "BatchEndpoints",
    "MarketplaceSubscriptions",
    "OnlineDeployments",
    "OnlineEndpoints",
    "ServerlessEndpoints",
];

#[tokio::test]
async fn every_example_of_endpoints_is_asked_as_it_is_recorded() {
    check(GROUPS, async |case, ws| {
        let version = case.text("api-version");
        let (group, verb) = case.operation.split_once('_').unwrap();
        match group {
            "BatchDeployments" => {
                let endpoints = ws.batch_endpoints().api_version(version);
                let deployments = endpoints.deployments(case.text("endpointName"));
                lives(case, verb, case.text("deploymentName"), &deployments).await
            }
            "BatchEndpoints" => {
                let endpoints = ws.batch_endpoints().api_version(version);
                match verb {
                    "List" => endpoints.list().page_size(1).try_next().await.map(drop),
                    "ListKeys" => endpoints.keys(case.text("endpointName")).await.map(|keys| compare(case, keys)),
                    _ => lives(case, verb, case.text("endpointName"), &endpoints).await,
                }
            }
            "MarketplaceSubscriptions" => {
                let subscriptions = ws.marketplace_subscriptions().api_version(version);
                if verb == "CreateOrUpdate" {
                    let model = case.body()["properties"]["modelId"].as_str().unwrap();
                    let new = serde_json::to_value(NewMarketplaceSubscription::new(model)).unwrap();
                    assert_eq!(new, *case.body());
                }
                made(case, verb, case.text("name"), &subscriptions).await
            }
            "OnlineDeployments" => {
                let endpoints = ws.online_endpoints().api_version(version);
                let deployments = endpoints.deployments(case.text("endpointName"));
                match verb {
                    "GetLogs" => {
                        let wanted = case.body();
                        let container = wanted["containerType"].as_str().unwrap().into();
                        let lines = wanted["tail"].as_u64().unwrap().try_into().unwrap();
                        let logs = deployments.logs(case.text("deploymentName"), &container, lines).await?;
                        assert_eq!(logs, case.example.responses[0].1["content"]);
                        Ok(())
                    }
                    "List" => {
                        let mut listed = deployments.list_ordered(case.text("$orderBy")).page_size(1);
                        listed.try_next().await.map(drop)
                    }
                    "ListSkus" => deployments.skus(case.text("deploymentName")).page_size(1).try_next().await.map(drop),
                    _ => lives(case, verb, case.text("deploymentName"), &deployments).await,
                }
            }
            "OnlineEndpoints" => {
                let endpoints = ws.online_endpoints().api_version(version);
                let name = case.text("endpointName");
                match verb {
                    "GetToken" => {
                        let token = endpoints.token(name).await?;
                        assert_eq!(token.access_token.expose(), case.example.responses[0].1["accessToken"]);
                        Ok(())
                    }
                    "ListKeys" => endpoints.keys(name).await.map(|keys| compare(case, keys)),
                    "RegenerateKeys" => {
                        let value = own_key(case);
                        endpoints.regenerate_keys(name, KeyType::Primary, Some(&value)).await.map(drop)
                    }
                    _ => lives(case, verb, name, &endpoints).await,
                }
            }
            _ => {
                let (endpoints, name) = (ws.serverless_endpoints().api_version(version), case.text("name"));
                match verb {
                    "ListKeys" => endpoints.keys(name).await.map(|keys| compare(case, keys)),
                    "RegenerateKeys" => {
                        let value = own_key(case);
                        endpoints.regenerate_keys(name, KeyType::Primary, Some(&value)).await.map(drop)
                    }
                    _ => lives(case, verb, name, &endpoints).await,
                }
            }
        }
    })
    .await;
}

/// The verbs of what takes time.
async fn made<K: LongRunning>(case: &Case, verb: &str, name: &str, all: &Collection<K>) -> Result<(), Error> {
    match verb {
        "CreateOrUpdate" => all.create_or_update(name, case.body()).await.map(drop),
        "Delete" => all.delete(name).await.map(drop),
        "Get" => all.get(name).await.map(drop),
        other => panic!("nobody asks {other}"),
    }
}

/// The verbs of what can be changed in part, too.
async fn lives<K: Patched>(case: &Case, verb: &str, name: &str, all: &Collection<K>) -> Result<(), Error> {
    match verb {
        "Update" => all.update(name, case.body()).await.map(drop),
        _ => made(case, verb, name, all).await,
    }
}

fn compare(case: &Case, keys: EndpointKeys) {
    let told = &case.example.responses[0].1;
    assert_eq!(keys.primary_key.unwrap().expose(), told["primaryKey"]);
    assert_eq!(keys.secondary_key.unwrap().expose(), told["secondaryKey"]);
}

fn own_key(case: &Case) -> Secret {
    assert_eq!(case.body()["keyType"], "Primary");
    case.body()["keyValue"].as_str().unwrap().into()
}

#[test]
fn every_answer_about_endpoints_is_read_and_written_without_loss() {
    read(GROUPS, |case| {
        let body = &case.example.responses[0].1;
        match case.operation.as_str() {
            "OnlineDeployments_GetLogs" | "OnlineEndpoints_RegenerateKeys" => 0,
            "OnlineEndpoints_GetToken" => {
                let token: EndpointToken = serde_json::from_value(body.clone()).unwrap();
                assert_eq!(token.expiry_time_utc, body["expiryTimeUtc"].as_u64());
                1
            }
            "OnlineDeployments_ListSkus" => case.read::<DeploymentSku>(),
            operation if operation.ends_with("Keys") => {
                serde_json::from_value::<EndpointKeys>(body.clone()).unwrap();
                1
            }
            operation => match operation.split('_').next().unwrap() {
                "BatchDeployments" => case.read::<BatchDeployment>(),
                "BatchEndpoints" => case.read::<BatchEndpoint>(),
                "MarketplaceSubscriptions" => case.read::<MarketplaceSubscription>(),
                "OnlineDeployments" => case.read::<OnlineDeployment>(),
                "OnlineEndpoints" => case.read::<OnlineEndpoint>(),
                _ => case.read::<ServerlessEndpoint>(),
            },
        }
    });
}

#[test]
fn an_endpoint_and_a_deployment_are_described_as_the_python_sdk_describes_them() {
    let Some(path) = specs("derived/http-traces-azure-ai-ml-1.35.json") else { return };
    let traces: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let put = |trace: &str, path: &str| {
        let requests = traces["traces"][trace].as_array().unwrap().iter();
        let mut puts = requests.filter(|request| request["method"] == "PUT");
        puts.find(|request| request["url"].as_str().unwrap().contains(path)).unwrap()["body"].clone()
    };
    let endpoint = NewOnlineEndpoint::new(&EndpointAuthMode::Key).location("eastus");
    assert_eq!(serde_json::to_value(endpoint).unwrap(), put("online endpoint create", "/onlineEndpoints/ep1"));

    let expected = put("online deployment create", "/deployments/blue");
    let told = |member: &str| expected.pointer(&format!("/properties/{member}")).unwrap().as_str().unwrap();
    let deployment = NewOnlineDeployment::managed("Standard_DS3_v2")
        .location("eastus")
        .model(told("model"))
        .environment(told("environmentId"))
        .code(told("codeConfiguration/codeId"), "main.py");
    assert_eq!(serde_json::to_value(deployment).unwrap(), expected);
}
