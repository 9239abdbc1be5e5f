//! Long-running operations against an imitation of Azure Resource Manager.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::clock::from_unix;
use auth_core::{Clock, Error, ErrorKind};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::arm::{ArmClient, ArmError, OperationState, Poller};

use crate::rig::Tokens;

const THING: &str = "/subscriptions/s/things/x";
const VERSION: &str = "2025-12-01";

/// An imitation, and a client whose waiting takes no time.
struct Arm {
    server: MockServer,
    tokens: Tokens,
    clock: Clock,
}

impl Arm {
    async fn start() -> Self {
        let server = MockServer::start().await;
        let tokens = Tokens::for_arm(&server.uri());
        Self { server, tokens, clock: Clock::fixed(from_unix(1_000_000)) }
    }

    fn client(&self) -> ArmClient {
        self.tokens.client().clock(self.clock.clone())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.uri())
    }

    /// Answers once; what is mounted later comes after it.
    async fn answer(&self, verb: &str, at: &str, answer: ResponseTemplate) {
        let mock = Mock::given(method(verb)).and(path(at)).respond_with(answer);
        mock.up_to_n_times(1).expect(1).mount(&self.server).await;
    }

    async fn put(&self) -> Result<Poller<Value>, Error> {
        self.client().put(THING, VERSION, &json!({"x": 1})).await
    }

    async fn requests(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
    }

    fn waited(&self) -> Duration {
        self.clock.now().duration_since(from_unix(1_000_000)).unwrap()
    }
}

fn status(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"status": text}))
}

fn state(code: u16, text: &str) -> ResponseTemplate {
    ResponseTemplate::new(code).set_body_json(json!({"properties": {"provisioningState": text}}))
}

#[tokio::test]
async fn an_asynchronous_operation_ends_with_the_resource_itself() {
    let arm = Arm::start().await;
    arm.answer("PUT", THING, state(201, "Creating").insert_header("azure-asyncoperation", arm.url("/operations/1")))
        .await;
    arm.answer("GET", "/operations/1", status("InProgress").insert_header("retry-after", "7")).await;
    arm.answer("GET", "/operations/1", status("Resizing")).await;
    arm.answer("GET", "/operations/1", status("SUCCEEDED")).await;
    arm.answer("GET", THING, state(200, "Succeeded")).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let remember = seen.clone();
    let poller = arm.put().await.unwrap();
    assert!(!poller.is_done());
    let mut poller = poller.on_status(move |status| remember.lock().unwrap().push(status.state.to_string()));
    let waiting: BoxFuture<'_, _> = poller.wait().boxed();
    let thing = waiting.await.unwrap();
    assert_eq!(thing["properties"]["provisioningState"], "Succeeded");
    assert_eq!(*seen.lock().unwrap(), ["InProgress", "Resizing", "Succeeded"]);
    // A second, the seven that were asked for, and the third of the growing pauses.
    assert_eq!(arm.waited().as_secs(), 1 + 7 + 4);
}

#[tokio::test]
async fn a_location_is_asked_until_it_answers_with_the_result() {
    let arm = Arm::start().await;
    let accepted = |place: &str| ResponseTemplate::new(202).insert_header("location", arm.url(place));
    arm.answer("POST", "/subscriptions/s/things/x/diagnose", accepted("/results/1")).await;
    arm.answer("GET", "/results/1", accepted("/results/2")).await;
    arm.answer("GET", "/results/2", ResponseTemplate::new(200).set_body_json(json!({"value": "well"}))).await;
    let mut poller: Poller<Value> = arm.client().post(&format!("{THING}/diagnose"), VERSION, &json!({})).await.unwrap();
    assert_eq!(poller.wait().await.unwrap(), json!({"value": "well"}));
}

#[tokio::test]
async fn without_a_link_the_resource_is_asked_for_its_state() {
    let arm = Arm::start().await;
    arm.answer("PUT", THING, state(200, "Updating")).await;
    arm.answer("GET", THING, state(200, "SomethingNew")).await;
    arm.answer("GET", THING, state(200, "Succeeded")).await;
    let thing = arm.put().await.unwrap().wait().await.unwrap();
    assert_eq!(thing["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test]
async fn what_takes_no_time_is_not_asked_about() {
    let arm = Arm::start().await;
    arm.answer("PUT", THING, state(200, "Succeeded")).await;
    arm.answer("PUT", THING, ResponseTemplate::new(200).set_body_json(json!({"name": "x"}))).await;
    arm.answer("DELETE", THING, ResponseTemplate::new(204)).await;
    for _ in 0..2 {
        let mut poller = arm.put().await.unwrap();
        assert!(poller.is_done());
        poller.wait().await.unwrap();
    }
    arm.client().delete(THING, VERSION).await.unwrap().wait().await.unwrap();
    assert_eq!((arm.requests().await.len(), arm.waited()), (3, Duration::ZERO));
}

#[tokio::test]
async fn a_deletion_yields_nothing_whatever_is_answered() {
    let arm = Arm::start().await;
    let accepted = ResponseTemplate::new(202)
        .insert_header("azure-asyncoperation", arm.url("/operations/1"))
        .insert_header("location", arm.url("/results/1"));
    arm.answer("DELETE", THING, accepted).await;
    arm.answer("GET", "/operations/1", status("Succeeded")).await;
    arm.client().delete(THING, VERSION).await.unwrap().wait().await.unwrap();
    assert_eq!(arm.requests().await, [format!("DELETE {THING}"), "GET /operations/1".to_owned()]);
}

#[tokio::test]
async fn the_place_of_the_result_is_taken_from_the_operation() {
    let arm = Arm::start().await;
    let accepted = ResponseTemplate::new(202)
        .insert_header("azure-asyncoperation", arm.url("/operations/1"))
        .insert_header("location", arm.url("/results/1"));
    arm.answer("POST", THING, accepted.clone()).await;
    arm.answer("GET", "/operations/1", status("Succeeded")).await;
    arm.answer("GET", "/results/1", ResponseTemplate::new(200).set_body_json(json!({"from": "location"}))).await;
    let mut poller: Poller<Value> = arm.client().post(THING, VERSION, &()).await.unwrap();
    assert_eq!(poller.wait().await.unwrap()["from"], "location");

    arm.answer("POST", THING, accepted).await;
    let ended = json!({"status": "Succeeded", "resourceLocation": arm.url("/elsewhere")});
    arm.answer("GET", "/operations/1", ResponseTemplate::new(200).set_body_json(ended)).await;
    arm.answer("GET", "/elsewhere", ResponseTemplate::new(200).set_body_json(json!({"from": "body"}))).await;
    let mut poller: Poller<Value> = arm.client().post(THING, VERSION, &()).await.unwrap();
    assert_eq!(poller.wait().await.unwrap()["from"], "body");
}

#[tokio::test]
async fn a_failure_carries_every_reason_of_it() {
    let arm = Arm::start().await;
    let begun = state(201, "Creating").insert_header("azure-asyncoperation", arm.url("/operations/1"));
    arm.answer("PUT", THING, begun.clone()).await;
    let reasons = json!([{"code": "QuotaExceeded", "message": "12 cores are left.", "target": "vmSize"}]);
    let failed = json!({"status": "Failed", "error": {"code": "Failed", "message": "No.", "details": reasons}});
    let answer = ResponseTemplate::new(200).set_body_json(failed).insert_header("x-ms-correlation-request-id", "c-1");
    arm.answer("GET", "/operations/1", answer).await;
    let mut poller = arm.put().await.unwrap();
    let error = poller.wait().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Rejected, "PUT /subscriptions/s/things/x failed")
    );
    assert_eq!((poller.status().state.clone(), error.correlation_id()), (OperationState::Failed, Some("c-1")));
    let reason = ArmError::of(&error).unwrap();
    assert_eq!(reason.details()[0].code.as_deref(), Some("QuotaExceeded"));
    insta::assert_snapshot!(reason, @"Azure Resource Manager reports Failed: No; vmSize: QuotaExceeded: 12 cores are left");

    arm.answer("PUT", THING, begun).await;
    arm.answer("GET", "/operations/1", status("Canceled")).await;
    let error = arm.put().await.unwrap().wait().await.unwrap_err();
    assert_eq!(error.to_string(), "PUT /subscriptions/s/things/x was canceled");

    let compute = json!({"properties": {
        "provisioningState": "Failed", "provisioningErrors": [{"error": {"code": "BadSubnet", "message": "It is full."}}],
    }});
    arm.answer("PUT", THING, ResponseTemplate::new(200).set_body_json(compute)).await;
    let error = arm.put().await.unwrap().wait().await.unwrap_err();
    assert_eq!(ArmError::of(&error).unwrap().code(), Some("BadSubnet"));
}

#[tokio::test]
async fn a_wait_ends_at_its_deadline_and_can_be_taken_up_again() {
    let arm = Arm::start().await;
    arm.answer("PUT", THING, state(201, "Creating").insert_header("azure-asyncoperation", arm.url("/operations/1")))
        .await;
    Mock::given(path("/operations/1")).respond_with(status("InProgress")).up_to_n_times(5).mount(&arm.server).await;
    let mut poller = arm.put().await.unwrap().deadline(Duration::from_secs(20));
    let error = poller.wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.to_string(), "PUT /subscriptions/s/things/x has not ended within 20 s");
    // What is left of the deadline is used.
    assert_eq!(arm.waited().as_secs(), 1 + 2 + 4 + 8 + 5);
    arm.answer("GET", "/operations/1", status("Succeeded")).await;
    arm.answer("GET", THING, state(200, "Succeeded")).await;
    poller.wait().await.unwrap();
}

#[tokio::test]
async fn an_operation_that_was_saved_goes_on_elsewhere() {
    let arm = Arm::start().await;
    arm.answer("PUT", THING, state(201, "Creating").insert_header("azure-asyncoperation", arm.url("/operations/1")))
        .await;
    let saved = arm.put().await.unwrap().save();
    assert!(!saved.contains("token"), "{saved}");
    arm.answer("GET", "/operations/1", status("Succeeded")).await;
    arm.answer("GET", THING, state(200, "Succeeded")).await;
    let mut poller: Poller<Value> = Poller::resume(arm.client(), &format!(" {saved}\n")).unwrap();
    assert_eq!(poller.wait().await.unwrap()["properties"]["provisioningState"], "Succeeded");

    arm.answer("DELETE", THING, ResponseTemplate::new(204)).await;
    let saved = arm.client().delete(THING, VERSION).await.unwrap().save();
    let before = arm.requests().await.len();
    Poller::<()>::resume(arm.client(), &saved).unwrap().wait().await.unwrap();
    assert_eq!(arm.requests().await.len(), before);
    for text in ["", "nonsense", &saved[..saved.len() / 2]] {
        assert_eq!(Poller::<Value>::resume(arm.client(), text).unwrap_err().kind(), ErrorKind::Configuration, "{text}");
    }
}

#[tokio::test]
async fn a_question_that_fails_in_passing_does_not_end_the_wait() {
    let arm = Arm::start().await;
    let begun = state(201, "Creating").insert_header("azure-asyncoperation", arm.url("/operations/1"));
    arm.answer("PUT", THING, begun.clone()).await;
    // Three attempts each.
    Mock::given(path("/operations/1"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(6)
        .mount(&arm.server)
        .await;
    arm.answer("GET", "/operations/1", status("Succeeded")).await;
    arm.answer("GET", THING, state(200, "Succeeded")).await;
    arm.put().await.unwrap().wait().await.unwrap();

    arm.answer("PUT", THING, begun).await;
    Mock::given(path("/operations/1")).respond_with(ResponseTemplate::new(503)).mount(&arm.server).await;
    let before = arm.waited();
    let error = arm.put().await.unwrap().wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!((600..700).contains(&arm.waited().checked_sub(before).unwrap().as_secs()), "{:?}", arm.waited());
}

#[tokio::test]
async fn a_change_that_ends_without_a_word_leaves_the_resource_to_be_looked_at() {
    let arm = Arm::start().await;
    let accepted = ResponseTemplate::new(202).insert_header("location", arm.url("/results/1"));
    arm.answer("PATCH", THING, accepted).await;
    arm.answer("GET", "/results/1", ResponseTemplate::new(200)).await;
    arm.answer("GET", THING, state(200, "Succeeded")).await;
    let mut poller: Poller<Value> = arm.client().patch(THING, VERSION, &json!({"x": 1})).await.unwrap();
    assert_eq!(poller.wait().await.unwrap()["properties"]["provisioningState"], "Succeeded");

    arm.answer("PUT", THING, state(202, "Creating").insert_header("azure-asyncoperation", arm.url("/operations/2")))
        .await;
    arm.answer("GET", "/operations/2", ResponseTemplate::new(200)).await;
    arm.answer("GET", THING, state(200, "Succeeded")).await;
    assert_eq!(arm.put().await.unwrap().wait().await.unwrap()["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test]
async fn an_answer_that_is_told_once_only_is_not_made_up_when_its_operation_is_taken_up_again() {
    let arm = Arm::start().await;
    arm.answer("POST", THING, ResponseTemplate::new(200).set_body_json(json!({"key": "k"}))).await;
    let poller: Poller<Value> = arm.client().post(THING, VERSION, &json!({})).await.unwrap();
    let error = Poller::<Value>::resume(arm.client(), &poller.save()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().starts_with("POST /subscriptions/s/things/x had ended"), "{error}");
}

#[tokio::test]
async fn no_token_follows_a_link_of_an_operation_to_a_foreign_host() {
    let foreign = MockServer::start().await;
    for header in ["azure-asyncoperation", "location"] {
        let arm = Arm::start().await;
        arm.answer("PUT", THING, state(202, "Creating").insert_header(header, format!("{}/x", foreign.uri()))).await;
        let mut poller = arm.put().await.unwrap();
        let error = poller.wait().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{header}");
        let mut resumed: Poller<Value> = Poller::resume(arm.client(), &poller.save()).unwrap();
        assert_eq!(resumed.wait().await.unwrap_err().kind(), ErrorKind::Protocol);
        assert_eq!(arm.tokens.requests().len(), 1);
    }
    let arm = Arm::start().await;
    arm.answer("PUT", THING, state(201, "Creating").insert_header("azure-asyncoperation", arm.url("/operations/1")))
        .await;
    let ended = json!({"status": "Succeeded", "resourceLocation": format!("{}/x", foreign.uri())});
    arm.answer("GET", "/operations/1", ResponseTemplate::new(200).set_body_json(ended)).await;
    assert_eq!(arm.put().await.unwrap().wait().await.unwrap_err().kind(), ErrorKind::Protocol);
    assert!(foreign.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_says_nothing_about_the_operation_is_an_error() {
    for answer in [json!({}), json!({"status": 1}), json!([])] {
        let arm = Arm::start().await;
        let begun = state(201, "Creating").insert_header("azure-asyncoperation", arm.url("/operations/1"));
        arm.answer("PUT", THING, begun).await;
        arm.answer("GET", "/operations/1", ResponseTemplate::new(200).set_body_json(answer)).await;
        assert_eq!(arm.put().await.unwrap().wait().await.unwrap_err().kind(), ErrorKind::Protocol);
    }
}
