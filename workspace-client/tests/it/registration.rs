//! Subscriptions that do not know the provider of a request, against an imitation of Azure Resource Manager.

use std::time::Duration;

use auth_core::clock::from_unix;
use auth_core::{Clock, Error, ErrorKind};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::arm::{ArmClient, ArmError};

use crate::rig::Tokens;

const THING: &str = "/subscriptions/s/things/x";
const PROVIDER: &str = "/subscriptions/s/providers/Microsoft.MachineLearningServices";
const REGISTER: &str = "/subscriptions/s/providers/Microsoft.MachineLearningServices/register";

/// An imitation, and a client whose waiting takes no time.
struct Arm {
    server: MockServer,
    clock: Clock,
}

impl Arm {
    async fn start() -> Self {
        Self { server: MockServer::start().await, clock: Clock::fixed(from_unix(1_000)) }
    }

    fn client(&self) -> ArmClient {
        Tokens::for_arm(&self.server.uri()).client().clock(self.clock.clone())
    }

    /// Answers so often; what is mounted later comes after it.
    async fn answer(&self, verb: &str, at: &str, times: u64, answer: ResponseTemplate) {
        let mock = Mock::given(method(verb)).and(path(at)).and(query_param("api-version", version(at)));
        mock.respond_with(answer).up_to_n_times(times).expect(times).mount(&self.server).await;
    }

    async fn put(&self) -> Result<Value, Error> {
        self.client().put(THING, version(THING), &json!({"x": 1})).await?.wait().await
    }

    fn waited(&self) -> Duration {
        self.clock.now().duration_since(from_unix(1_000)).unwrap()
    }
}

fn version(at: &str) -> &'static str {
    if at == THING { "2025-12-01" } else { "2016-02-01" }
}

fn not_registered() -> ResponseTemplate {
    let message = "The subscription is not registered to use namespace 'Microsoft.MachineLearningServices'. See \
                   https://aka.ms/rps-not-found for how to register subscriptions.";
    let error = json!({"error": {"code": "MissingSubscriptionRegistration", "message": message}});
    ResponseTemplate::new(409).set_body_json(error)
}

fn registration(state: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"registrationState": state}))
}

#[tokio::test]
async fn a_provider_that_is_missing_is_registered_and_the_request_sent_again_as_another_one() {
    let arm = Arm::start().await;
    arm.answer("PUT", THING, 1, not_registered()).await;
    arm.answer("POST", REGISTER, 1, registration("Registering")).await;
    arm.answer("GET", PROVIDER, 2, registration("Registering")).await;
    arm.answer("GET", PROVIDER, 1, registration("Registered")).await;
    arm.answer("PUT", THING, 1, ResponseTemplate::new(200).set_body_json(json!({"y": 2}))).await;
    assert_eq!(arm.put().await.unwrap(), json!({"y": 2}));
    assert_eq!(arm.waited(), Duration::from_secs(30));
    let puts = arm.server.received_requests().await.unwrap();
    let puts: Vec<_> = puts.iter().filter(|request| request.method.as_str() == "PUT").collect();
    assert_eq!(puts[0].body, puts[1].body);
    let id = "x-ms-client-request-id";
    assert_ne!(puts[0].headers[id], puts[1].headers[id], "Azure answers the same id as before");
}

#[tokio::test]
async fn whoever_may_not_register_is_told_what_was_refused_first_and_what_to_run() {
    let arm = Arm::start().await;
    arm.answer("PUT", THING, 1, not_registered()).await;
    let refusal = json!({"error": {"code": "AuthorizationFailed", "message": "No."}});
    arm.answer("POST", REGISTER, 1, ResponseTemplate::new(403).set_body_json(refusal)).await;
    let error = arm.put().await.unwrap_err();
    let refused = ArmError::of(&error).unwrap();
    assert_eq!((refused.status(), refused.code()), (409, Some("MissingSubscriptionRegistration")));
    insta::assert_snapshot!(format!("{error}\nhelp: {}", error.help().unwrap()), @r"
    127.0.0.1 refused: it does not take the request
    help: let somebody who may register it do so: azml rest POST '/subscriptions/s/providers/Microsoft.MachineLearningServices/register?api-version=2016-02-01'
    ");
}

#[tokio::test]
async fn a_registration_that_never_ends_is_not_waited_for_without_end() {
    let arm = Arm::start().await;
    arm.answer("PUT", THING, 1, not_registered()).await;
    arm.answer("POST", REGISTER, 1, registration("Registering")).await;
    arm.answer("GET", PROVIDER, 60, registration("Registering")).await;
    let error = arm.put().await.unwrap_err();
    assert_eq!((error.kind(), arm.waited()), (ErrorKind::Timeout, Duration::from_secs(600)));
    insta::assert_snapshot!(format!("{error}\nhelp: {}", error.help().unwrap()), @r"
    Microsoft.MachineLearningServices has not been registered in subscription s within 600 s
    help: Azure goes on with it; see how far it is: azml rest GET '/subscriptions/s/providers/Microsoft.MachineLearningServices?api-version=2016-02-01'
    ");
}

#[tokio::test]
async fn a_look_at_the_registration_that_fails_in_a_way_that_may_pass_does_not_end_it() {
    let arm = Arm::start().await;
    arm.answer("PUT", THING, 1, not_registered()).await;
    arm.answer("POST", REGISTER, 1, registration("Registering")).await;
    arm.answer("GET", PROVIDER, 3, ResponseTemplate::new(503)).await;
    arm.answer("GET", PROVIDER, 1, registration("Registered")).await;
    arm.answer("PUT", THING, 1, ResponseTemplate::new(200).set_body_json(json!({}))).await;
    arm.put().await.unwrap();
}

#[tokio::test]
async fn a_request_that_is_refused_again_is_not_sent_a_third_time() {
    let arm = Arm::start().await;
    arm.answer("PUT", THING, 2, not_registered()).await;
    arm.answer("POST", REGISTER, 1, registration("Registered")).await;
    arm.answer("GET", PROVIDER, 1, registration("Registered")).await;
    let error = arm.put().await.unwrap_err();
    assert_eq!(ArmError::of(&error).unwrap().code(), Some("MissingSubscriptionRegistration"));
}

#[tokio::test]
async fn another_conflict_registers_nothing() {
    let arm = Arm::start().await;
    let conflict = json!({"error": {"code": "Conflict", "message": "'Microsoft.Web' is busy."}});
    arm.answer("PUT", THING, 1, ResponseTemplate::new(409).set_body_json(conflict)).await;
    assert_eq!(arm.put().await.unwrap_err().kind(), ErrorKind::Rejected);
    assert_eq!(arm.server.received_requests().await.unwrap().len(), 1);
}
