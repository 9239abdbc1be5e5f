//! The device code endpoint, answering whatever a test wants.

use std::time::Duration;

use auth_core::http::HttpClient;
use auth_core::oauth::{DeviceCode, EntraClient};
use auth_core::{Cloud, Env, Error, ErrorKind, Tenant, TokenRequest};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};
use xtask::log::Log;

async fn authority(answer: Value) -> (MockServer, EntraClient) {
    let server = MockServer::start().await;
    let start = Mock::given(method("POST")).and(path("/organizations/oauth2/v2.0/devicecode"));
    start.respond_with(ResponseTemplate::new(200).set_body_json(answer)).mount(&server).await;
    let cloud = Cloud::custom("Rig", &server.uri(), &server.uri(), "https://arm.example/").unwrap().build();
    (server, EntraClient::new(cloud, "client", HttpClient::new(Env::fake::<&str, &str>([]))))
}

/// Entra ID's answer, with other members.
async fn answered(changes: Value) -> Result<DeviceCode, Error> {
    let mut answer = json!({
        "device_code": "canary-device", "user_code": "ABC123DEF", "verification_uri": "https://microsoft.com/devicelogin",
        "expires_in": 900, "interval": 5, "message": "To sign in, use a web browser.",
    });
    let Value::Object(changes) = changes else { unreachable!() };
    for (name, value) in changes {
        answer[name] = value;
    }
    let (_server, client) = authority(answer).await;
    client.device_code(&Tenant::organizations(), &TokenRequest::arm(client.cloud())).await
}

#[tokio::test]
async fn the_code_is_asked_for_with_the_scopes_and_the_claims_of_the_request() {
    let (server, client) = authority(json!({
        "device_code": "canary-device", "user_code": "u", "verification_uri": "https://a.example/", "interval": 1,
    }))
    .await;
    let request = TokenRequest::arm(client.cloud()).claims(r#"{"access_token":{"acrs":{"value":"c1"}}}"#);
    let code = client.device_code(&Tenant::organizations(), &request).await.unwrap();
    let refusal = json!({"error": "authorization_declined", "error_description": "no"});
    let token = Mock::given(method("POST")).and(path("/organizations/oauth2/v2.0/token"));
    token.respond_with(ResponseTemplate::new(400).set_body_json(refusal)).mount(&server).await;
    let error = client.redeem_device_code(&code).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let requests = server.received_requests().await.unwrap();
    for request in &requests {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let one = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(one("client_id"), Some("client"));
        assert!(one("claims").unwrap().contains("acrs"), "{form:?}");
        assert!(
            one("scope").is_some_and(|scope| scope.ends_with("openid profile offline_access"))
                != one("device_code").is_some()
        );
    }
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn numbers_may_be_strings_or_missing_and_odd_ones_do_no_harm() {
    let lifetime = async |value: Value| answered(json!({"expires_in": value})).await.unwrap().lifetime().as_secs();
    assert_eq!(lifetime("900".into()).await, 900);
    assert_eq!(lifetime(Value::Null).await, 1800);
    assert_eq!(lifetime(json!(1e12)).await, 86_400);
    for interval in [json!("5"), json!(0), json!(-1), json!(1e9), Value::Null] {
        answered(json!({"interval": interval})).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_person_would_see_cannot_steer_the_terminal_or_the_browser() {
    let code = answered(json!({"user_code": "\u{1b}[31mABC\u{7}\n123"})).await.unwrap();
    assert_eq!(code.user_code(), "[31mABC123");
    for page in ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "no page", "", "https://"] {
        let error = answered(json!({"verification_uri": page})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{page}");
        assert!(error.to_string().ends_with("answered with a device code that names no web page"), "{error}");
    }
    let code = answered(json!({"verification_uri": "https://a.example/\u{1b}[31m"})).await.unwrap();
    assert!(!code.page().as_str().contains('\u{1b}'));
}

#[tokio::test]
async fn an_answer_that_is_no_code_is_told_without_being_shown() {
    for changes in [json!({"user_code": " "}), json!({"device_code": ""}), json!({"device_code": ["canary"]})] {
        let error = answered(changes).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[tokio::test]
async fn a_code_that_has_expired_is_asked_for_no_longer_and_leads_to_a_new_one() {
    let code = answered(json!({"expires_in": 0})).await.unwrap();
    let (server, client) = authority(json!({})).await;
    let error =
        tokio::time::timeout(Duration::from_secs(10), client.redeem_device_code(&code)).await.unwrap().unwrap_err();
    insta::assert_snapshot!(error, @"the code expired before anybody entered it");
    insta::assert_snapshot!(error.help().unwrap(), @"for a new code: azml login --cloud Rig --use-device-code");
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn the_device_code_is_in_no_log_and_no_debug_text() {
    let (log, _guard) = Log::of_this_thread();
    let code = answered(json!({"interval": 1})).await.unwrap();
    let (_server, client) = authority(json!({})).await;
    let wait = tokio::time::timeout(Duration::from_secs(2), client.redeem_device_code(&code)).await;
    assert!(!format!("{code:?} {wait:?} {}", log.text()).contains("canary"));
}
