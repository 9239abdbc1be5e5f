//! Things that go wrong on purpose.

use std::time::Duration;

use serde_json::json;
use xtask::emulator::{Effect, Emulator, Fault, defaults};

use crate::client::{LOGIN, client, refresh};

#[tokio::test]
async fn a_fault_hits_as_often_as_it_was_told_and_then_it_works_again() {
    let azure = Emulator::start();
    let client = client(&azure);
    let token = azure.issue_refresh_token(defaults::ADA);
    azure.add_fault(
        Fault::new("/oauth2/v2.0/token", Effect::throttled(7)).with_body("grant_type=refresh_token").after(1).times(2),
    );
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(refresh(&client, defaults::CONTOSO, &token).await.0.as_u16());
    }
    assert_eq!(statuses, [200, 429, 429, 200]);
    let logged: Vec<u16> = azure.requests().iter().map(|request| request.status).collect();
    assert_eq!(logged, statuses);
}

#[tokio::test]
async fn a_closed_connection_and_a_hanging_one_give_no_answer() {
    let azure = Emulator::start();
    let client = client(&azure);
    let url = format!("{LOGIN}/common/discovery/instance");
    azure.add_fault(Fault::new("/discovery", Effect::CloseConnection));
    let error = client.get(&url).send().await.unwrap_err();
    assert!(!error.is_timeout() && error.is_request(), "{error:?}");

    azure.clear_faults();
    azure.add_fault(Fault::once("/discovery", Effect::Hang));
    let error = client.get(&url).timeout(Duration::from_millis(200)).send().await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert!(azure.requests().iter().all(|request| request.status == 0));
    assert_eq!(client.get(&url).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn answers_can_be_replaced() {
    let azure = Emulator::start();
    let client = client(&azure);
    let url = format!("{LOGIN}/common/discovery/instance");
    azure.add_fault(Fault::once("/discovery", Effect::Html));
    azure.add_fault(Fault::once("/discovery", Effect::Garbage));
    azure.add_fault(Fault::once(
        "/discovery",
        Effect::OauthError { status: 400, json: json!({"error": "invalid_grant"}) },
    ));
    azure.add_fault(Fault::once("/discovery", Effect::Delay(Duration::from_millis(1))));

    let html = client.get(&url).send().await.unwrap();
    assert_eq!((html.status().as_u16(), html.headers()["content-type"].to_str().unwrap()), (502, "text/html"));
    assert!(client.get(&url).send().await.unwrap().json::<serde_json::Value>().await.is_err());
    let refused: serde_json::Value = client.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(refused["error"], "invalid_grant");
    assert_eq!(client.get(&url).send().await.unwrap().status(), 400);
}
