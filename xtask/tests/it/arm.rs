//! Azure Resource Manager.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use xtask::emulator::{Emulator, defaults};

use crate::client::{ARM, ARM_SCOPE, arm, client, token};

const RESOURCE: &str = "https://management.core.windows.net/";
const HOUR: Duration = Duration::from_secs(3600);

fn workspaces() -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces",
        defaults::SUBSCRIPTION,
        defaults::RESOURCE_GROUP
    )
}

fn bearer(azure: &Emulator) -> String {
    azure.issue_access_token(defaults::ADA, defaults::CONTOSO, RESOURCE, HOUR)
}

async fn code(client: &Client, bearer: &str, path: &str) -> (u16, String) {
    let (status, body) = arm(client, bearer, path).await;
    (status.as_u16(), body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_workspace_is_found_whatever_the_case_of_its_path() {
    let azure = Emulator::start();
    let path = format!("{}/ML-DEV?api-version=2024-04-01", workspaces().to_lowercase());
    let (status, workspace) = arm(&client(&azure), &bearer(&azure), &path).await;
    assert_eq!(status, StatusCode::OK, "{workspace}");
    assert_eq!((&workspace["name"], &workspace["location"]), (&json!("ml-dev"), &json!("westeurope")));
    assert_eq!(workspace["id"], format!("{}/ml-dev", workspaces()));
    assert_eq!(workspace["properties"]["provisioningState"], "Succeeded");
    assert_eq!(workspace["properties"]["discoveryUrl"], "https://westeurope.api.azureml.ms/discovery");
}

#[tokio::test]
async fn a_list_goes_on_at_its_next_link() {
    let azure = Emulator::start();
    let (client, bearer) = (client(&azure), bearer(&azure));
    let (_, first) = arm(&client, &bearer, &format!("{}?api-version=2024-04-01", workspaces())).await;
    assert_eq!(first["value"].as_array().unwrap().len(), 2);
    let next = first["nextLink"].as_str().unwrap();
    assert!(next.starts_with(ARM) && next.contains("api-version=2024-04-01") && next.contains("skip="));
    let (_, second) = arm(&client, &bearer, next).await;
    assert_eq!(second["value"][0]["name"], "ml-test");
    assert_eq!(second.get("nextLink"), None);
}

#[tokio::test]
async fn tenants_and_subscriptions_are_those_of_the_caller() {
    let azure = Emulator::start();
    let client = client(&azure);
    let names = |list: Value| -> Vec<String> {
        list["value"].as_array().unwrap().iter().map(|item| item["displayName"].as_str().unwrap().to_owned()).collect()
    };
    let (_, tenants) = arm(&client, &bearer(&azure), "/tenants?api-version=2022-12-01").await;
    assert_eq!(names(tenants), ["Contoso", "Fabrikam"]);
    let (_, at_home) = arm(&client, &bearer(&azure), "/subscriptions?api-version=2022-12-01").await;
    assert_eq!(names(at_home), ["ML Development", "ML Production"]);
    let guest = azure.issue_access_token(defaults::ADA, defaults::FABRIKAM, RESOURCE, HOUR);
    let (_, as_guest) = arm(&client, &guest, "/subscriptions?api-version=2022-12-01").await;
    assert_eq!(names(as_guest), ["Shared Research"]);
}

#[tokio::test]
async fn a_bad_token_is_refused_with_the_reason() {
    let azure = Emulator::start();
    let client = client(&azure);
    let path = format!("/subscriptions/{}?api-version=2022-12-01", defaults::SUBSCRIPTION);
    let other = azure.issue_access_token(defaults::ADA, defaults::CONTOSO, "https://graph.microsoft.com", HOUR);
    let guest = azure.issue_access_token(defaults::ADA, defaults::FABRIKAM, RESOURCE, HOUR);
    let good = bearer(&azure);
    let mut forged = good.clone();
    forged.replace_range(forged.len() - 8..forged.len() - 4, "AAAA");

    let refused = |code: &str| (401, code.to_owned());
    assert_eq!(code(&client, &forged, &path).await, refused("InvalidAuthenticationToken"));
    assert_eq!(code(&client, &other, &path).await, refused("InvalidAuthenticationTokenAudience"));
    assert_eq!(code(&client, &guest, &path).await, refused("InvalidAuthenticationTokenTenant"));
    assert_eq!(code(&client, &good, &path).await, (200, String::new()));
    azure.advance_clock(HOUR);
    assert_eq!(code(&client, &good, &path).await, refused("ExpiredAuthenticationToken"));

    let response = client.get(format!("{ARM}{path}")).send().await.unwrap();
    let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.contains(&format!("authorization_uri=\"https://login.windows.net/{}\"", defaults::CONTOSO)));
    assert!(response.headers().contains_key("x-ms-request-id"));
}

#[tokio::test]
async fn what_does_not_exist_is_said_in_azures_words() {
    let azure = Emulator::start();
    let (client, bearer) = (client(&azure), bearer(&azure));
    let in_group = |group: &str, rest: &str| {
        let subscription = defaults::SUBSCRIPTION;
        format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces{rest}"
        )
    };
    for (path, status, expected) in [
        (workspaces(), 400, "MissingApiVersionParameter"),
        (format!("{}/absent?api-version=1", workspaces()), 404, "ResourceNotFound"),
        (in_group("absent", "?api-version=1"), 404, "ResourceGroupNotFound"),
        (in_group("rg-empty", "/ml-dev?api-version=1"), 404, "ResourceNotFound"),
        ("/subscriptions/11111111-2222-4333-8444-555555555555?api-version=1".into(), 404, "SubscriptionNotFound"),
        ("/subscriptions/my-subscription?api-version=1".into(), 400, "InvalidSubscriptionId"),
    ] {
        assert_eq!(code(&client, &bearer, &path).await, (status, expected.to_owned()), "{path}");
    }
    let (_, empty) = arm(&client, &bearer, &in_group("rg-empty", "?api-version=1")).await;
    assert_eq!(empty, json!({"value": []}));
}

#[tokio::test]
async fn a_revoked_token_gets_a_claims_challenge_if_its_client_understands_it() {
    let azure = Emulator::start();
    let client = client(&azure);
    let refresh_token = azure.issue_refresh_token(defaults::ADA);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", defaults::AZURE_CLI_CLIENT_ID),
        ("refresh_token", &refresh_token),
        ("scope", ARM_SCOPE),
        ("claims", r#"{"access_token": {"xms_cc": {"values": ["CP1"]}}}"#),
    ];
    let (_, tokens) = token(&client, defaults::CONTOSO, &form).await;
    azure.revoke(defaults::ADA);
    let url = format!("{ARM}/subscriptions?api-version=2022-12-01");
    let response = client.get(url).bearer_auth(tokens["access_token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains(r#"error="insufficient_claims""#));
    let claims = challenge.split("claims=\"").nth(1).unwrap().trim_end_matches('"');
    let claims: Value = serde_json::from_slice(&STANDARD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["access_token"]["nbf"]["essential"], true);
}

#[tokio::test]
async fn the_metadata_of_a_cloud_points_at_the_host_that_was_asked() {
    let azure = Emulator::start();
    let client = client(&azure);
    let get = async |url: String| client.get(url).send().await.unwrap().json::<Value>().await.unwrap();
    let clouds = get(format!("{ARM}/metadata/endpoints?api-version=2019-05-01")).await;
    let names: Vec<&str> = clouds.as_array().unwrap().iter().map(|cloud| cloud["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["AzureCloud", "AzureChinaCloud", "AzureUSGovernment"]);

    let china = get("https://management.chinacloudapi.cn/metadata/endpoints?api-version=2022-09-01".into()).await;
    assert_eq!(china["name"], "AzureChinaCloud");

    let own = format!("{}/metadata/endpoints?api-version=2022-09-01", azure.http_url());
    let own: Value = Client::builder().no_proxy().build().unwrap().get(own).send().await.unwrap().json().await.unwrap();
    assert_eq!(own["resourceManager"], format!("{}/", azure.http_url()));
    assert_eq!(own["authentication"]["loginEndpoint"], format!("{}/", azure.http_url()));
}
