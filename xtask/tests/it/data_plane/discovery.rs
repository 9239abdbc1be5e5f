//! Where the data plane is.

use reqwest::Client;
use serde_json::Value;
use xtask::emulator::{Emulator, defaults};

use super::{API, Caller, DAY, RESOURCE, run_url, workspace};

#[tokio::test]
async fn the_workspace_leads_to_its_services_and_no_token_is_needed_for_that() {
    let caller = Caller::new();
    let found = caller.get("").await.body;
    let url = found["properties"]["discoveryUrl"].as_str().unwrap();
    let response = caller.client.get(url).send().await.unwrap();
    let document: Value = response.json().await.unwrap();
    assert_eq!((&document["api"], &document["history"]), (&API.into(), &API.into()));
    let tracking = format!("azureml://westeurope.api.azureml.ms/mlflow/v1.0{}", workspace());
    assert_eq!(found["properties"]["mlFlowTrackingUri"], tracking);
}

#[tokio::test]
async fn who_asks_at_the_emulator_s_own_address_stays_there() {
    let azure = Emulator::start();
    let token = azure.issue_access_token(defaults::ADA, defaults::CONTOSO, RESOURCE, DAY);
    let client = Client::builder().no_proxy().build().unwrap();
    let get = async |url: String| -> Value {
        client.get(url).bearer_auth(&token).send().await.unwrap().json().await.unwrap()
    };
    let own = azure.http_url();
    let found = get(format!("{own}{}?api-version=2025-12-01", workspace())).await;
    assert_eq!(found["properties"]["discoveryUrl"], format!("{own}/discovery"));
    assert_eq!(found["properties"]["mlFlowTrackingUri"], format!("{own}/mlflow/v1.0{}", workspace()));
    let list = get(format!("{own}{}?api-version=2025-12-01", workspace().trim_end_matches("/ml-dev"))).await;
    assert_eq!(list["value"][0]["properties"]["discoveryUrl"], format!("{own}/discovery"));
    assert_eq!(get(format!("{own}/discovery")).await["api"], own);
}

#[tokio::test]
async fn a_bad_token_and_a_foreign_workspace_are_refused() {
    let caller = Caller::new();
    caller.submit("j", serde_json::json!({})).await;
    let url = run_url("j");
    let graph = caller.azure.issue_access_token(defaults::ADA, defaults::CONTOSO, "https://graph.microsoft.com", DAY);
    let guest = caller.azure.issue_access_token(defaults::ADA, defaults::FABRIKAM, RESOURCE, DAY);
    let own = caller.azure.issue_access_token(defaults::ADA, defaults::CONTOSO, "https://ml.azure.com", DAY);
    let run = caller.azure.issue_run_token("j", DAY);
    let mut statuses = Vec::new();
    for token in [graph.as_str(), &guest, "nonsense", &own, &run] {
        let bearer = format!("Bearer {token}");
        let answer = caller.ask_with(reqwest::Method::GET, &url, None, &[("authorization", &bearer)]).await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 200, 200]);
    let elsewhere = url.replace("ml-dev", "absent");
    assert_eq!(caller.get(&elsewhere).await.code(), (404, "UserError"));
    let other = url.replace("ml-dev", "ml-test");
    let bearer = format!("Bearer {run}");
    let refused = caller.ask_with(reqwest::Method::GET, &other, None, &[("authorization", &bearer)]).await;
    assert_eq!(refused.status, 403);
}
