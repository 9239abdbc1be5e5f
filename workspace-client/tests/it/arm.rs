//! The client of Azure Resource Manager against an imitation of it.

use auth_core::clock::from_unix;
use auth_core::{Clock, Error, ErrorKind, Interaction, Tenant};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, header_regex, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::arm::{ArmError, Method};

use crate::rig::{Flaky, Tokens};

const PATH: &str = "/subscriptions/s/things";
const VERSION: &str = "2025-12-01";
const OTHER: &str = "8c4d7b20-61fe-4f3a-b522-0000000fab02";

fn refusal(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"error": {"code": code, "message": "No."}}))
}

/// Answers the first `times` requests; those after it meet the next mock.
async fn first(server: &MockServer, times: u64, answer: ResponseTemplate) {
    Mock::given(path(PATH)).respond_with(answer).up_to_n_times(times).mount(server).await;
}

async fn then(server: &MockServer, answer: ResponseTemplate) {
    Mock::given(path(PATH)).respond_with(answer).mount(server).await;
}

async fn count(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

async fn get(tokens: &Tokens) -> Result<Value, Error> {
    tokens.client().get(PATH, VERSION).await
}

#[tokio::test]
async fn a_request_carries_the_token_the_version_and_an_id_of_its_own() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(PATH))
        .and(query_param("api-version", VERSION))
        .and(header("authorization", "Bearer token-1"))
        .and(header("accept", "application/json"))
        .and(header_regex("x-ms-client-request-id", "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"x": 1})))
        .expect(1)
        .mount(&server)
        .await;
    let tokens = Tokens::for_arm(&server.uri());
    assert_eq!(get(&tokens).await.unwrap(), json!({"x": 1}));
    let request = &tokens.requests()[0];
    assert_eq!(request.scopes().as_str(), "https://arm.rig.example//.default");
    assert_eq!((request.allowed_interaction(), request.requested_tenant()), (Interaction::Forbid, None));
}

#[tokio::test]
async fn tokens_are_asked_for_in_the_tenant_that_was_named() {
    let server = MockServer::start().await;
    then(&server, ResponseTemplate::new(200).set_body_json(json!({}))).await;
    let tokens = Tokens::for_arm(&server.uri());
    let tenant = Tenant::parse("contoso.example").unwrap();
    tokens.client().tenant(tenant.clone()).get::<Value>(PATH, VERSION).await.unwrap();
    assert_eq!(tokens.requests()[0].requested_tenant(), Some(&tenant));
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let server = MockServer::start().await;
    first(&server, 1, refusal(401, "ExpiredAuthenticationToken")).await;
    Mock::given(header("authorization", "Bearer token-2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .mount(&server)
        .await;
    let tokens = Tokens::for_arm(&server.uri());
    get(&tokens).await.unwrap();
    let requests = tokens.requests();
    assert_eq!((requests.len(), count(&server).await), (2, 2));
    let token = |text: &str| auth_core::AccessToken::new(text, auth_core::clock::from_unix(4_000_000_000));
    assert!(!requests[1].accepts(&token("token-1")) && requests[1].accepts(&token("other")));
}

#[tokio::test]
async fn a_second_refusal_is_the_answer() {
    let server = MockServer::start().await;
    then(&server, refusal(401, "InvalidAuthenticationToken")).await;
    let tokens = Tokens::for_arm(&server.uri());
    let error = get(&tokens).await.unwrap_err();
    assert_eq!((error.kind(), tokens.requests().len(), count(&server).await), (ErrorKind::Rejected, 2, 2));
    assert_eq!(error.help(), Some("sign in again: azml login --cloud Rig --force"));
}

#[tokio::test]
async fn the_claims_of_a_challenge_are_asked_for() {
    let server = MockServer::start().await;
    // {"access_token":{}}
    let challenge = r#"Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ==""#;
    first(&server, 1, refusal(401, "InvalidAuthenticationToken").insert_header("www-authenticate", challenge)).await;
    then(&server, ResponseTemplate::new(200).set_body_json(json!({}))).await;
    let tokens = Tokens::for_arm(&server.uri());
    get(&tokens).await.unwrap();
    assert_eq!(tokens.requests()[1].requested_claims(), Some(r#"{"access_token":{}}"#));
}

/// A refusal that names the tenant whose tokens are wanted, at this authority.
fn wrong_tenant(authority: &str) -> ResponseTemplate {
    let challenge = format!(r#"Bearer authorization_uri="{authority}/{OTHER}", error="invalid_token""#);
    refusal(401, "InvalidAuthenticationTokenTenant").insert_header("www-authenticate", challenge)
}

#[tokio::test]
async fn a_subscription_of_another_tenant_gets_a_token_of_it_and_the_next_request_at_once() {
    let server = MockServer::start().await;
    first(&server, 1, wrong_tenant("https://login.rig.example")).await;
    then(&server, ResponseTemplate::new(200).set_body_json(json!({}))).await;
    let tokens = Tokens::for_arm(&server.uri());
    let client = tokens.client();
    for _ in 0..2 {
        client.get::<Value>(PATH, VERSION).await.unwrap();
    }
    let asked: Vec<_> =
        tokens.requests().iter().map(|request| request.requested_tenant().map(ToString::to_string)).collect();
    assert_eq!(asked, [None, Some(OTHER.to_owned()), Some(OTHER.to_owned())]);
    assert_eq!(count(&server).await, 3);
}

#[tokio::test]
async fn a_subscription_that_wants_yet_another_tenant_is_asked_twice_at_most() {
    let server = MockServer::start().await;
    then(&server, wrong_tenant("https://login.rig.example")).await;
    let tokens = Tokens::for_arm(&server.uri());
    let error = get(&tokens).await.unwrap_err();
    assert_eq!((tokens.requests().len(), count(&server).await), (2, 2));
    let help = format!("sign in to that tenant: azml login --cloud Rig --tenant {OTHER}");
    assert_eq!(error.help(), Some(help.as_str()));
}

#[tokio::test]
async fn a_tenant_is_not_taken_from_a_foreign_authority_or_against_the_callers_choice() {
    let server = MockServer::start().await;
    for authority in
        ["https://login.evil.example", "http://login.rig.example", "https://login.rig.example.evil.example"]
    {
        server.reset().await;
        then(&server, wrong_tenant(authority)).await;
        let tokens = Tokens::for_arm(&server.uri());
        let error = get(&tokens).await.unwrap_err();
        assert_eq!((tokens.requests().len(), count(&server).await), (1, 1), "{authority}");
        assert_eq!(error.help(), Some("sign in to the subscription's tenant: azml login --cloud Rig --tenant TENANT"));
    }
    server.reset().await;
    then(&server, wrong_tenant("https://login.rig.example")).await;
    let tokens = Tokens::for_arm(&server.uri());
    let chosen = tokens.client().tenant(Tenant::parse("contoso.example").unwrap());
    chosen.get::<Value>(PATH, VERSION).await.unwrap_err();
    assert_eq!((tokens.requests().len(), count(&server).await), (1, 1));
}

#[tokio::test]
async fn a_challenge_that_a_new_token_does_not_answer_needs_a_person_and_says_what_was_demanded() {
    let server = MockServer::start().await;
    let challenge = r#"Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ==""#;
    then(&server, refusal(401, "InvalidAuthenticationToken").insert_header("www-authenticate", challenge)).await;
    let tokens = Tokens::for_arm(&server.uri());
    let error = get(&tokens).await.unwrap_err();
    assert_eq!((error.kind(), tokens.requests().len(), count(&server).await), (ErrorKind::Interaction, 2, 2));
    assert_eq!(error.entra().unwrap().claims.as_deref(), Some(r#"{"access_token":{}}"#));
    let help = "sign in again: azml login --cloud Rig --claims-challenge eyJhY2Nlc3NfdG9rZW4iOnt9fQ==";
    assert_eq!(error.help(), Some(help));
}

#[tokio::test]
async fn what_may_pass_is_sent_three_times_at_most() {
    let server = MockServer::start().await;
    let busy = || ResponseTemplate::new(503).insert_header("retry-after", "0");
    first(&server, 2, busy()).await;
    first(&server, 1, ResponseTemplate::new(200).set_body_json(json!({}))).await;
    then(&server, busy().set_body_string("<html><body>Service <b>Unavailable</b></body></html>")).await;
    let tokens = Tokens::for_arm(&server.uri());
    get(&tokens).await.unwrap();
    assert_eq!(count(&server).await, 3);
    let error = get(&tokens).await.unwrap_err();
    assert_eq!(count(&server).await, 6);
    assert!(error.is_transient());
    assert_eq!(ArmError::of(&error).unwrap().message(), Some("Service Unavailable"));
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_left_to_the_caller() {
    let server = MockServer::start().await;
    then(&server, refusal(429, "TooManyRequests").insert_header("retry-after", "300")).await;
    let error = get(&Tokens::for_arm(&server.uri())).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after().unwrap().as_secs()), (ErrorKind::Throttled, 300));
    assert_eq!((error.help(), count(&server).await), (Some("try again in 300 s"), 1));
}

#[tokio::test]
async fn a_refusal_is_not_repeated_and_keeps_its_ids() {
    let server = MockServer::start().await;
    let answer = refusal(403, "AuthorizationFailed")
        .insert_header("x-ms-request-id", "r-1")
        .insert_header("x-ms-correlation-request-id", "c-1");
    then(&server, answer).await;
    let error = get(&Tokens::for_arm(&server.uri())).await.unwrap_err();
    let arm = ArmError::of(&error).unwrap();
    assert_eq!((arm.status(), arm.code(), arm.correlation_id()), (403, Some("AuthorizationFailed"), Some("c-1")));
    assert_eq!(error.to_string(), "127.0.0.1 refused: the permission is missing");
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (server, foreign) = (MockServer::start().await, MockServer::start().await);
    then(&server, ResponseTemplate::new(302).insert_header("location", foreign.uri())).await;
    let error = get(&Tokens::for_arm(&server.uri())).await.unwrap_err();
    assert_eq!((error.kind(), count(&foreign).await), (ErrorKind::Protocol, 0));
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_an_error_of_the_protocol() {
    let server = MockServer::start().await;
    then(&server, ResponseTemplate::new(200).set_body_string("<html>")).await;
    assert_eq!(get(&Tokens::for_arm(&server.uri())).await.unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn pages_follow_each_other_even_across_an_empty_one() {
    let server = MockServer::start().await;
    let page = |skip: Option<&str>, items: &[i32], next: Option<&str>| {
        let link = next.map(|next| format!("{}{PATH}?api-version={VERSION}&$skip={next}", server.uri()));
        let mock = Mock::given(path(PATH));
        let mock = match skip {
            Some(skip) => mock.and(query_param("$skip", skip)),
            None => mock.and(query_param_is_missing("$skip")),
        };
        mock.respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": items, "nextLink": link})))
    };
    page(None, &[1, 2], Some("a")).mount(&server).await;
    page(Some("a"), &[], Some("b")).mount(&server).await;
    page(Some("b"), &[3], None).mount(&server).await;
    let tokens = Tokens::for_arm(&server.uri());
    let mut pager = tokens.client().list::<i32>(PATH, VERSION);
    assert_eq!(count(&server).await, 0);
    assert_eq!((pager.try_next().await.unwrap(), pager.try_next().await.unwrap()), (Some(1), Some(2)));
    assert_eq!(count(&server).await, 1);
    assert_eq!(pager.try_collect().await.unwrap(), [3]);
    assert_eq!(count(&server).await, 3);
}

#[tokio::test]
async fn a_link_to_a_foreign_host_is_refused_and_nothing_is_sent_there() {
    let (server, foreign) = (MockServer::start().await, MockServer::start().await);
    let links =
        [foreign.uri(), "https://evil.example/x".into(), server.uri().replace("http:", "https:"), "/relative".into()];
    for link in links {
        server.reset().await;
        then(&server, ResponseTemplate::new(200).set_body_json(json!({"value": [1], "nextLink": link}))).await;
        let mut pager = Tokens::for_arm(&server.uri()).client().list::<i32>(PATH, VERSION);
        assert_eq!(pager.try_next().await.unwrap(), Some(1));
        let error = pager.try_next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{link}");
        assert_eq!(pager.try_next().await.unwrap(), None);
        assert_eq!((count(&server).await, count(&foreign).await), (1, 0), "{link}");
    }
}

#[tokio::test]
async fn a_list_that_leads_back_to_itself_ends_in_an_error() {
    let server = MockServer::start().await;
    let link = format!("{}{PATH}?api-version={VERSION}", server.uri());
    then(&server, ResponseTemplate::new(200).set_body_json(json!({"value": [], "nextLink": link}))).await;
    let error = Tokens::for_arm(&server.uri()).client().list::<i32>(PATH, VERSION).try_next().await.unwrap_err();
    assert_eq!(error.to_string(), "the link to the list's next page leads back to a page that was read");
}

#[tokio::test]
async fn every_method_goes_the_same_road() {
    let server = MockServer::start().await;
    let refused = refusal(401, "ExpiredAuthenticationToken");
    Mock::given(header("authorization", "Bearer token-1")).respond_with(refused).mount(&server).await;
    Mock::given(header("content-type", "application/json"))
        .and(body_json(json!({"x": 1})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"y": 2})))
        .mount(&server)
        .await;
    Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let body = json!({"x": 1});
    for verb in ["PUT", "PATCH", "POST"] {
        let tokens = Tokens::for_arm(&server.uri());
        let client = tokens.client();
        let mut begun = match verb {
            "PUT" => client.put::<Value>(PATH, VERSION, &body).await,
            "PATCH" => client.patch::<Value>(PATH, VERSION, &body).await,
            _ => client.post::<Value>(PATH, VERSION, &body).await,
        };
        assert_eq!(begun.as_mut().unwrap().wait().await.unwrap(), json!({"y": 2}), "{verb}");
        assert_eq!(tokens.requests().len(), 2, "{verb}");
    }
    Tokens::for_arm(&server.uri()).client().delete(PATH, VERSION).await.unwrap().wait().await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let ids: Vec<_> = requests.iter().map(|request| request.headers["x-ms-client-request-id"].clone()).collect();
    assert!(ids.chunks(2).all(|ids| ids[0] == ids[1]), "the attempts of one call have one id: {ids:?}");
    assert_eq!(ids.chunks(2).map(|ids| &ids[0]).collect::<std::collections::HashSet<_>>().len(), 4);
}

#[tokio::test]
async fn a_lost_connection_repeats_a_put_and_never_a_post() {
    let body = json!({"x": 1});
    let put = Flaky::start(1).await;
    Tokens::for_arm(&put.url).client().put::<Value>(PATH, VERSION, &body).await.unwrap();
    assert_eq!(put.requests().len(), 2);
    let post = Flaky::start(1).await;
    let error = Tokens::for_arm(&post.url).client().post::<Value>(PATH, VERSION, &body).await.unwrap_err();
    assert_eq!((error.kind(), post.requests().len()), (ErrorKind::Network, 1));
}

#[tokio::test]
async fn a_connection_that_was_never_made_is_tried_again_whatever_the_method() {
    // Nobody listens there any more.
    let url = format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let clock = Clock::fixed(from_unix(1_000));
    let client = Tokens::for_arm(&url).client().clock(clock.clone());
    let error = client.post::<Value>(PATH, VERSION, &()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    // The second attempt follows at once, the third after a pause.
    assert_eq!(clock.now(), from_unix(1_000) + std::time::Duration::from_millis(800));
}

#[tokio::test]
async fn a_post_that_was_throttled_is_sent_again_when_it_may_be() {
    let server = MockServer::start().await;
    first(&server, 1, refusal(429, "TooManyRequests").insert_header("retry-after", "17")).await;
    first(&server, 1, refusal(503, "ServerBusy").insert_header("retry-after", "5")).await;
    first(&server, 1, ResponseTemplate::new(200)).await;
    then(&server, refusal(500, "InternalServerError")).await;
    let clock = Clock::fixed(from_unix(1_000));
    let client = Tokens::for_arm(&server.uri()).client().clock(clock.clone());
    client.post::<Value>(PATH, VERSION, &()).await.unwrap();
    assert_eq!((clock.now(), count(&server).await), (from_unix(1_022), 3));
    client.post::<Value>(PATH, VERSION, &()).await.unwrap_err();
    assert_eq!(count(&server).await, 4, "what may have been done is not done again");
}

#[tokio::test]
async fn any_request_can_be_sent_as_it_is_but_not_just_anywhere() {
    let (server, foreign) = (MockServer::start().await, MockServer::start().await);
    then(&server, ResponseTemplate::new(202).insert_header("location", "/x").set_body_json(json!({"y": 2}))).await;
    let tokens = Tokens::for_arm(&server.uri());
    let client = tokens.client();
    for place in [format!("{PATH}?api-version=1"), format!("{}{PATH}?api-version=1", server.uri())] {
        let answer = client.request(Method::POST, &place, Some(&json!({"x": 1}))).await.unwrap();
        assert_eq!(
            (answer.status, answer.body, &answer.headers["location"]),
            (202, json!({"y": 2}), &"/x".parse().unwrap())
        );
    }
    assert_eq!(count(&server).await, 2);
    let error = client.request(Method::GET, &foreign.uri(), None).await.unwrap_err();
    assert_eq!((error.kind(), count(&foreign).await, tokens.requests().len()), (ErrorKind::Protocol, 0, 2));
    assert_eq!(client.request(Method::GET, "things", None).await.unwrap_err().kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_page_is_asked_for_while_the_second_half_of_the_one_before_is_taken_and_in_the_size_that_was_chosen() {
    let server = MockServer::start().await;
    let link = format!("{}{PATH}?api-version={VERSION}&%24top=2&%24skip=2", server.uri());
    Mock::given(query_param("$skip", "2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": [3]})))
        .mount(&server)
        .await;
    Mock::given(query_param("$top", "2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": [1, 2], "nextLink": link})))
        .mount(&server)
        .await;
    let mut pager = Tokens::for_arm(&server.uri()).client().list::<u32>(PATH, VERSION).page_size(2);
    assert_eq!(count(&server).await, 0);
    assert_eq!((pager.try_next().await.unwrap(), count(&server).await), (Some(1), 1));
    assert_eq!(pager.try_next().await.unwrap(), Some(2));
    assert_eq!((pager.try_next().await.unwrap(), count(&server).await), (Some(3), 2));
    assert_eq!((pager.try_next().await.unwrap(), count(&server).await), (None, 2));
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_an_error_and_an_empty_page_is_not() {
    let server = MockServer::start().await;
    let link = format!("{}{PATH}?$skip=1", server.uri());
    first(&server, 1, ResponseTemplate::new(200).set_body_json(json!({"value": null, "nextLink": link}))).await;
    then(&server, ResponseTemplate::new(200).set_body_json(json!({"items": [1]}))).await;
    let error = Tokens::for_arm(&server.uri()).client().list::<u32>(PATH, VERSION).try_collect().await.unwrap_err();
    let expected = "the answer of Azure Resource Manager cannot be understood: there is no list in its member value";
    assert_eq!((error.to_string().as_str(), count(&server).await), (expected, 2));
}

#[tokio::test]
async fn what_cannot_be_understood_is_not_quoted() {
    let server = MockServer::start().await;
    first(&server, 1, ResponseTemplate::new(200).set_body_json(json!({"password": "canary-of-a-password"}))).await;
    let client = Tokens::for_arm(&server.uri()).client();
    let error = client.get::<Vec<u32>>(PATH, VERSION).await.unwrap_err();
    first(&server, 1, ResponseTemplate::new(200).set_body_json(json!({"value": ["canary-of-a-password"]}))).await;
    let listed = client.list::<u32>(PATH, VERSION).try_next().await.unwrap_err();
    then(&server, ResponseTemplate::new(200).set_body_json(json!("canary-of-a-password"))).await;
    let answer = client.request(Method::GET, PATH, None).await.unwrap();
    assert_eq!(answer.body, "canary-of-a-password");
    assert!(!format!("{error:?} {listed:?} {answer:?}").contains("canary"), "{error:?} {listed:?}");
}

#[tokio::test]
async fn pages_that_lead_in_a_circle_come_to_an_end() {
    let server = MockServer::start().await;
    let link = |at: u32| format!("{}{PATH}?$skip={at}", server.uri());
    for at in 0..5 {
        let next = if at == 4 { 2 } else { at + 1 };
        Mock::given(query_param("$skip", at.to_string()))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": [at], "nextLink": link(next)})))
            .mount(&server)
            .await;
    }
    then(&server, ResponseTemplate::new(200).set_body_json(json!({"value": [], "nextLink": link(0)}))).await;
    let pager = Tokens::for_arm(&server.uri()).client().list::<u32>(PATH, VERSION);
    let error = pager.try_collect().await.unwrap_err();
    assert_eq!(error.to_string(), "the link to the list's next page leads back to a page that was read");
    assert!(count(&server).await < 15);
}
