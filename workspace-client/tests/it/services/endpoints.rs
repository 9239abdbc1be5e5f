//! Endpoints and their deployments: how they are asked, and how they are changed.

use std::time::Duration;

use auth_core::ErrorKind;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::arm::ArmError;
use workspace_client::resources::endpoint::online::Invocation;

use super::{CANARY, Rig, bearer, json_of, ok, resource};

#[tokio::test]
async fn an_endpoint_is_asked_on_its_own_host_with_its_own_key() {
    let (rig, model) = (Rig::start().await, MockServer::start().await);
    rig.endpoint("Key", &format!("{}/score", model.uri())).await;
    Mock::given(header("azureml-model-deployment", "blue"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes([0, 159, 146, 150]))
        .mount(&model)
        .await;
    let image = Invocation::new([255, 216], "image/jpeg").deployment("blue");
    assert_eq!(rig.ws.online_endpoints().invoke("ep", &image).await.unwrap(), [0, 159, 146, 150]);
    let asked = model.received_requests().await.unwrap();
    assert_eq!((asked.len(), asked[0].method.as_str(), asked[0].url.path()), (1, "POST", "/score"));
    assert_eq!((asked[0].body.as_slice(), bearer(&asked[0])), (&[255, 216][..], "Bearer canary-of-a-key"));
    assert_eq!(asked[0].headers["content-type"], "image/jpeg");
    assert!(rig.asked().await.iter().all(|request| bearer(request).starts_with("Bearer token-")));
}

#[tokio::test]
async fn an_endpoint_with_entra_id_gets_a_token_for_azure_ml_and_a_batch_endpoint_too() {
    let (rig, model) = (Rig::start().await, MockServer::start().await);
    rig.endpoint("aadtoken", &format!("{}/score", model.uri())).await;
    let batch = json!({"authMode": "AADToken", "scoringUri": format!("{}/jobs", model.uri())});
    rig.on("GET", "batchEndpoints/be", ok(&resource("batchEndpoints/be", &batch))).await;
    let job = json!({"id": "i", "name": "batchjob-1", "properties": {"status": "NotStarted"}});
    Mock::given(path("/score")).respond_with(ok(&json!(42))).mount(&model).await;
    Mock::given(path("/jobs")).respond_with(ok(&job)).mount(&model).await;
    let asked = Invocation::json(&json!({"data": []})).unwrap();
    assert_eq!(rig.ws.online_endpoints().invoke("ep", &asked).await.unwrap(), b"42");
    let wanted = json!({"properties": {"InputData": {}}});
    let job = rig.ws.batch_endpoints().invoke("be", Some("red"), &wanted).await.unwrap();
    assert_eq!((job.name(), job.status()), (Some("batchjob-1"), Some("NotStarted")));
    let scopes: Vec<_> = rig.tokens.requests().iter().map(|request| request.scopes().to_string()).collect();
    let (arm, ml) = ("https://arm.rig.example//.default", "https://ml.rig.example/.default");
    assert_eq!(scopes, [arm, ml, arm, ml]);
    let asked = model.received_requests().await.unwrap();
    assert_eq!((json_of(&asked[1]), &asked[1].headers["azureml-model-deployment"]), (wanted, &"red".parse().unwrap()));
    assert!(rig.asked().await.iter().all(|request| request.method.as_str() == "GET"), "no key was asked for");
}

#[tokio::test]
async fn no_key_goes_to_a_host_without_tls_or_where_an_endpoint_sends_it_on() {
    let rig = Rig::start().await;
    rig.endpoint("Key", "http://198.51.100.7/score").await;
    let asked = Invocation::json(&json!({})).unwrap();
    let error = rig.ws.online_endpoints().invoke("ep", &asked).await.unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"the endpoint is said to be at 198.51.100.7 without TLS, where no token must go");
    assert_eq!(rig.asked().await.len(), 1, "the key was not even asked for");

    let (rig, model, other) = (Rig::start().await, MockServer::start().await, MockServer::start().await);
    rig.endpoint("Key", &model.uri()).await;
    let away = ResponseTemplate::new(307).insert_header("location", other.uri());
    Mock::given(method("POST")).respond_with(away).mount(&model).await;
    let error = rig.ws.online_endpoints().invoke("ep", &asked).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_yet_says_so() {
    let rig = Rig::start().await;
    let made = resource("onlineEndpoints/ep", &json!({"authMode": "Key", "provisioningState": "Creating"}));
    rig.on("GET", "onlineEndpoints/ep", ok(&made)).await;
    let error = rig.ws.online_endpoints().invoke("ep", &Invocation::new("", "text/plain")).await.unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"endpoint ep does not say yet where it answers");
    assert_eq!(error.help(), Some("wait until its creation has ended"));
}

#[tokio::test]
async fn what_an_endpoint_refuses_is_told_and_an_answer_has_its_limits() {
    let (rig, model) = (Rig::start().await, MockServer::start().await);
    rig.endpoint("Key", &format!("{}/score", model.uri())).await;
    let endpoints = rig.ws.online_endpoints();
    let invoke = async |status: u16, invocation: Invocation| {
        model.reset().await;
        let answer = ResponseTemplate::new(status).set_body_string("not\nso");
        Mock::given(method("POST")).respond_with(answer).mount(&model).await;
        endpoints.invoke("ep", &invocation).await.unwrap_err()
    };
    let refused = invoke(401, Invocation::new("", "text/plain")).await;
    assert_eq!(refused.to_string(), "127.0.0.1 refused: it does not let anybody in without the right key");
    assert_eq!(
        (refused.help(), ArmError::of(&refused).unwrap().to_string()),
        (None, "the endpoint answered 401: not so".into())
    );
    assert!(!format!("{refused:?}").contains(CANARY));
    let failed = invoke(500, Invocation::new("", "text/plain")).await;
    assert_eq!((failed.kind(), model.received_requests().await.unwrap().len()), (ErrorKind::Network, 1), "asked once");
    let large = invoke(200, Invocation::new("", "text/plain").limit(5)).await;
    assert_eq!((large.kind(), large.to_string()), (ErrorKind::Protocol, "127.0.0.1 sent more than 5 bytes".into()));

    model.reset().await;
    let slow = ok(&json!({})).set_delay(Duration::from_secs(60));
    Mock::given(method("POST")).respond_with(slow).mount(&model).await;
    let hurried = Invocation::new("", "text/plain").deadline(Duration::from_millis(50));
    assert_eq!(endpoints.invoke("ep", &hurried).await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn traffic_is_changed_by_sending_the_endpoint_back_whole() {
    let rig = Rig::start().await;
    let endpoint = |traffic: Value| {
        let properties = json!({"authMode": "Key", "traffic": traffic, "mirrorTraffic": {}, "future": [1]});
        resource("onlineEndpoints/ep", &properties)
    };
    rig.on("GET", "onlineEndpoints/ep", ok(&endpoint(json!({"blue": 100})))).await;
    rig.on("PUT", "onlineEndpoints/ep", ok(&endpoint(json!({"blue": 10, "green": 90})))).await;
    let endpoints = rig.ws.online_endpoints();
    let changed = endpoints.set_traffic("ep", &[("blue", 10), ("green", 90)]).await.unwrap().wait().await.unwrap();
    assert_eq!(changed.traffic().collect::<Vec<_>>(), [("blue", 10), ("green", 90)]);
    assert_eq!(json_of(&rig.asked().await[1]), endpoint(json!({"blue": 10, "green": 90})));
    endpoints.set_mirror_traffic("ep", &[("green", 5)]).await.unwrap();
    let mut expected = endpoint(json!({"blue": 100}));
    expected["properties"]["mirrorTraffic"] = json!({"green": 5});
    assert_eq!(json_of(&rig.asked().await[3]), expected);
}

#[tokio::test]
async fn deployments_lie_in_their_endpoint() {
    let rig = Rig::start().await;
    let blue = "onlineEndpoints/ep/deployments/blue";
    rig.on("PATCH", blue, ok(&resource(blue, &json!({})))).await;
    rig.on("POST", &format!("{blue}/getLogs"), ok(&json!({"content": "ready"}))).await;
    let missing = json!({"error": {"code": "UserError", "message": "none"}});
    rig.on("GET", "onlineEndpoints/ep/deployments/red", ResponseTemplate::new(404).set_body_json(missing)).await;
    let deployments = rig.ws.online_endpoints().api_version("2026-09-01").deployments("ep");
    deployments.scale("blue", 3).await.unwrap().wait().await.unwrap();
    assert_eq!(deployments.logs("blue", &"InferenceServer".into(), 10).await.unwrap(), "ready");
    let error = deployments.get("red").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no online deployment red in ep of workspace ws of resource group rg");
    assert!(error.help().unwrap().starts_with("azml online-deployment list --endpoint-name ep --workspace-name ws"));
    let asked = rig.asked().await;
    assert_eq!(json_of(&asked[0]), json!({"sku": {"capacity": 3}}));
    assert!(asked.iter().all(|request| request.url.query() == Some("api-version=2026-09-01")));
}
