//! The grants against a token endpoint that answers whatever a test wants.

use std::collections::HashMap;
use std::time::Duration;

use auth_core::clock::from_unix;
use auth_core::http::HttpClient;
use auth_core::oauth::{ClientCredential, EntraClient, ResponseMode};
use auth_core::{Cloud, Env, Error, ErrorKind, Grant, Secret, Tenant, TokenRequest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};
use xtask::log::Log;

use crate::support::{NOON, noon};

const HOME: &str = "8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a01";
const GUEST: &str = "8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a02";

struct Authority {
    server: MockServer,
    client: EntraClient,
}

impl Authority {
    async fn answering(answer: ResponseTemplate) -> Self {
        let server = MockServer::start().await;
        let token = Mock::given(method("POST")).and(path_regex("^/[^/]+/oauth2/v2.0/token$"));
        token.respond_with(answer).mount(&server).await;
        let cloud = Cloud::custom("Rig", &server.uri(), &server.uri(), "https://arm.example/").unwrap().build();
        let http = HttpClient::new(Env::fake::<&str, &str>([]));
        let client = EntraClient::new(cloud, "client", http).with_clock(noon());
        Self { server, client }
    }

    async fn form(&self) -> HashMap<String, String> {
        let requests = self.server.received_requests().await.unwrap();
        url::form_urlencoded::parse(&requests.last().unwrap().body).into_owned().collect()
    }
}

fn arm(authority: &Authority) -> TokenRequest {
    TokenRequest::arm(authority.client.cloud())
}

fn home() -> Tenant {
    Tenant::parse(HOME).unwrap()
}

fn jwt(claims: &Value) -> String {
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn answer(overrides: Value) -> ResponseTemplate {
    let mut body = json!({
        "token_type": "Bearer",
        "expires_in": 3600,
        "access_token": jwt(&json!({"tid": HOME, "secret": "canary"})),
        "refresh_token": "canary-new-refresh",
    });
    let Value::Object(overrides) = overrides else { unreachable!() };
    for (key, value) in overrides {
        body[key] = value;
    }
    ResponseTemplate::new(200).set_body_json(body)
}

async fn refresh(answer: ResponseTemplate) -> Result<Grant, Error> {
    let authority = Authority::answering(answer).await;
    authority.client.refresh(&home(), &arm(&authority), &Secret::new("canary-refresh")).await
}

#[tokio::test]
async fn a_refresh_token_is_redeemed_at_the_tenant_for_the_scopes_of_the_request() {
    let authority = Authority::answering(answer(json!({"refresh_in": "1800", "expires_in": "7200"}))).await;
    let grant = authority.client.refresh(&home(), &arm(&authority), &Secret::new("canary-refresh")).await.unwrap();
    let form = authority.form().await;
    assert_eq!(form["grant_type"], "refresh_token");
    assert_eq!(form["refresh_token"], "canary-refresh");
    assert_eq!(form["client_id"], "client");
    assert_eq!(form["scope"], "https://arm.example//.default openid profile offline_access");
    assert!(!form.contains_key("client_secret"));
    let token = grant.access_token;
    assert_eq!(auth_core::clock::to_unix(token.expires_on()), NOON + 7200);
    assert_eq!(auth_core::clock::to_unix(token.refresh_on()), NOON + 1800);
    assert_eq!(token.tenant(), Some(&home()));
    assert_eq!(grant.refresh_token.unwrap().expose(), "canary-new-refresh");
    assert_eq!(authority.server.received_requests().await.unwrap()[0].url.path(), format!("/{HOME}/oauth2/v2.0/token"));
}

#[tokio::test]
async fn the_claims_of_a_challenge_are_passed_on_with_what_this_client_can_do() {
    let authority = Authority::answering(answer(json!({}))).await;
    let request = arm(&authority).claims(r#"{"access_token":{"nbf":{"essential":true}}}"#);
    authority.client.refresh(&home(), &request, &Secret::new("r")).await.unwrap();
    let capability = r#""xms_cc":{"values":["CP1"]}"#;
    let merged = format!(r#"{{"access_token":{{"nbf":{{"essential":true}},{capability}}}}}"#);
    assert_eq!(authority.form().await["claims"], merged);
    authority.client.refresh(&home(), &arm(&authority), &Secret::new("r")).await.unwrap();
    assert_eq!(authority.form().await["claims"], format!(r#"{{"access_token":{{{capability}}}}}"#));
    let error = authority.client.refresh(&home(), &request.claims("canary"), &Secret::new("r")).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("canary")), (ErrorKind::Configuration, false));
}

#[tokio::test]
async fn the_capability_to_answer_challenges_can_be_switched_off() {
    let mut authority = Authority::answering(answer(json!({}))).await;
    let http = HttpClient::new(Env::fake([("AZURE_IDENTITY_DISABLE_CP1", "1")]));
    authority.client = EntraClient::new(authority.client.cloud().clone(), "client", http).with_clock(noon());
    authority.client.refresh(&home(), &arm(&authority), &Secret::new("r")).await.unwrap();
    assert!(!authority.form().await.contains_key("claims"));
}

#[tokio::test]
async fn an_application_signs_itself_in_with_a_secret_or_an_assertion() {
    let authority = Authority::answering(answer(json!({}))).await;
    let secret = ClientCredential::Secret("canary-secret".into());
    authority.client.client_credentials(&home(), &arm(&authority), &secret).await.unwrap();
    let form = authority.form().await;
    assert_eq!(
        (form["grant_type"].as_str(), form["scope"].as_str()),
        ("client_credentials", "https://arm.example//.default")
    );
    assert_eq!(form["client_secret"], "canary-secret");
    let assertion = ClientCredential::Assertion("canary-assertion".into());
    authority.client.client_credentials(&home(), &arm(&authority), &assertion).await.unwrap();
    let form = authority.form().await;
    assert_eq!(form["client_assertion"], "canary-assertion");
    assert!(form["client_assertion_type"].ends_with("jwt-bearer") && !form.contains_key("client_secret"));
}

#[tokio::test]
async fn the_sign_in_url_carries_pkce_s256_and_nothing_that_could_redeem_the_code() {
    let authority = Authority::answering(answer(json!({}))).await;
    let authorize = || {
        authority
            .client
            .authorize(&home(), &arm(&authority), "http://localhost:8400", ResponseMode::FormPost, None)
            .unwrap()
    };
    let (one, two) = (authorize(), authorize());
    let query: HashMap<String, String> = one.url().query_pairs().into_owned().collect();
    assert_eq!(one.url().path(), format!("/{HOME}/oauth2/v2.0/authorize"));
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["code_challenge"].len(), 43);
    assert_eq!((query["response_type"].as_str(), query["response_mode"].as_str()), ("code", "form_post"));
    assert_eq!(query["redirect_uri"], "http://localhost:8400");
    assert_eq!(query["scope"], "https://arm.example//.default openid profile offline_access");
    assert!(query["state"].len() >= 22 && query["nonce"].len() >= 22);
    assert!(!query.contains_key("code_verifier"));
    let other: HashMap<String, String> = two.url().query_pairs().into_owned().collect();
    for parameter in ["state", "nonce", "code_challenge"] {
        assert_ne!(query[parameter], other[parameter], "{parameter}");
    }
    assert!(!format!("{one:?}").contains("PkceCodeVerifier(\""));
}

/// Redeems a code with an id token made of `claims` and the right nonce.
async fn redeem(claims: impl Fn(&str, &str) -> Value) -> Result<Grant, Error> {
    let authority = Authority::answering(ResponseTemplate::new(500)).await;
    let authorization = authority
        .client
        .authorize(&home(), &arm(&authority), "http://localhost:1", ResponseMode::FormPost, None)
        .unwrap();
    let nonce = authorization.url().query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
    let id_token = jwt(&claims(&nonce, &authority.server.uri()));
    let info = URL_SAFE_NO_PAD.encode(r#"{"uid":"u","utid":"t"}"#);
    authority.server.reset().await;
    let answer = answer(json!({"id_token": id_token, "client_info": info}));
    Mock::given(method("POST")).respond_with(answer).mount(&authority.server).await;
    let grant = authority.client.redeem(authorization, &Secret::new("canary-code")).await;
    assert!(authority.form().await["code_verifier"].len() >= 43);
    grant
}

#[tokio::test]
async fn a_code_is_redeemed_with_its_verifier_and_tells_who_signed_in() {
    let grant = redeem(
        |nonce, issuer| json!({"aud": ["client"], "nonce": nonce, "iss": issuer, "tid": HOME, "preferred_username": "ada@contoso.example"}),
    );
    let account = grant.await.unwrap().account.unwrap();
    assert_eq!(account.home_account_id.as_deref(), Some("u.t"));
    assert_eq!(account.username.as_deref(), Some("ada@contoso.example"));
}

#[tokio::test]
async fn an_id_token_of_another_sign_in_application_or_authority_is_refused() {
    let cases: [(&str, Result<Grant, Error>); 5] = [
        ("does not belong", redeem(|_, iss| json!({"aud": "client", "nonce": "other", "iss": iss})).await),
        ("does not belong", redeem(|_, iss| json!({"aud": "client", "iss": iss})).await),
        ("another application", redeem(|nonce, iss| json!({"aud": "other", "nonce": nonce, "iss": iss})).await),
        (
            "another authority",
            redeem(|nonce, _| json!({"aud": "client", "nonce": nonce, "iss": "https://evil.example/x"})).await,
        ),
        ("another authority", redeem(|nonce, _| json!({"aud": "client", "nonce": nonce})).await),
    ];
    for (expected, result) in cases {
        let error = result.unwrap_err();
        assert!(error.kind() == ErrorKind::Protocol && error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_token_of_another_tenant_than_the_one_asked_for_is_refused() {
    let error = refresh(answer(json!({"access_token": jwt(&json!({"tid": GUEST}))}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(error.to_string(), format!("the token is of tenant {GUEST}, not of {HOME}"));
}

#[tokio::test]
async fn answers_that_are_not_a_usable_token_are_refused_without_being_shown() {
    let cases = [
        answer(json!({"token_type": "pop"})),
        answer(json!({"expires_in": 0})),
        answer(json!({"expires_in": -1})),
        answer(json!({"expires_in": "canary"})),
        answer(json!({"access_token": ""})),
        answer(json!({"access_token": null, "id_token": "canary"})),
        ResponseTemplate::new(200).set_body_json(json!(["canary"])),
        ResponseTemplate::new(200).set_body_raw("{\"access_token\":\"canary", "application/json"),
        ResponseTemplate::new(200).set_body_raw("", "application/json"),
        ResponseTemplate::new(200).set_body_raw(r#"{"access_token":"canary"}"#, "text/plain"),
        ResponseTemplate::new(203).set_body_raw(r#"{"access_token":"canary"}"#, "application/json"),
    ];
    for answer in cases {
        let error = refresh(answer).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    let long = refresh(answer(json!({"expires_in": 1e12}))).await.unwrap();
    assert!(long.access_token.expires_on() > auth_core::clock::from_unix(NOON + 1_000_000));
}

#[tokio::test]
async fn refusals_have_the_right_kind_and_keep_what_helps() {
    let refusal = |status: u16, error: &str, code: u32| {
        ResponseTemplate::new(status).set_body_json(json!({
            "error": error,
            "error_description": format!("AADSTS{code}: Something is wrong with canary-refresh.\r\nTrace ID: t\r\nCorrelation ID: c"),
            "error_codes": [code],
            "suberror": "basic_action",
            "claims": "{}",
            "correlation_id": "c-1",
            "trace_id": "t-1",
        }))
    };
    let cases = [
        (refusal(400, "invalid_grant", 70008), ErrorKind::Interaction, false),
        (refusal(400, "interaction_required", 50076), ErrorKind::Interaction, false),
        (refusal(400, "consent_required", 65001), ErrorKind::Interaction, false),
        (refusal(401, "invalid_client", 7_000_215), ErrorKind::Rejected, false),
        (refusal(400, "unauthorized_client", 700_016), ErrorKind::Rejected, false),
        (refusal(400, "invalid_scope", 70011), ErrorKind::Configuration, false),
        (refusal(400, "invalid_resource", 500_011), ErrorKind::Configuration, false),
        (refusal(400, "invalid_grant", 50196), ErrorKind::Throttled, true),
        (refusal(429, "temporarily_unavailable", 90055), ErrorKind::Throttled, true),
        (refusal(503, "temporarily_unavailable", 90033), ErrorKind::Network, true),
        (refusal(200, "invalid_grant", 70000), ErrorKind::Interaction, false),
    ];
    for (answer, kind, transient) in cases {
        let error = refresh(answer).await.unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (kind, transient), "{error}");
        let entra = error.entra().unwrap();
        assert_eq!(error.correlation_id(), Some("c-1"));
        assert_eq!((entra.suberror.as_deref(), entra.claims.as_deref()), (Some("basic_action"), Some("{}")));
        assert!(error.to_string().contains("Something is wrong with [redacted]."), "{error}");
        assert!(!error.to_string().contains("Trace ID"));
    }
}

#[tokio::test]
async fn secrets_that_come_back_in_a_refusal_are_not_shown() {
    let refusal = json!({
        "error": "invalid_client",
        "error_description": "you sent canary~secret, or canary%7Esecret",
        "suberror": "canary~secret",
        "claims": r#"{"access_token":"canary~secret"}"#,
        "correlation_id": "canary~secret\u{1b}[31m",
        "trace_id": "canary~secret",
    });
    let authority = Authority::answering(ResponseTemplate::new(401).set_body_json(refusal)).await;
    let secret = ClientCredential::Secret("canary~secret".into());
    let error = authority.client.client_credentials(&home(), &arm(&authority), &secret).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("canary") && !shown.contains('\u{1b}'), "{shown}");
    assert_eq!(error.correlation_id(), Some("[redacted] [31m"));
    assert_eq!(error.entra().unwrap().claims, None);
}

#[tokio::test]
async fn a_renewal_does_not_change_who_signed_in() {
    let id_token = jwt(&json!({"aud": "client", "iss": "https://elsewhere.example", "tid": GUEST, "exp": 1.5}));
    let grant = refresh(answer(json!({"id_token": id_token}))).await.unwrap();
    assert_eq!(grant.account, None, "and an odd id token costs nobody the access token");
}

#[tokio::test]
async fn what_is_not_entra_is_told_with_its_status_and_an_excerpt() {
    let html = |status: u16| {
        let page = "<html><h1>Corporate proxy\u{1b}[31m</h1> you sent canary-refresh</html>";
        ResponseTemplate::new(status).set_body_raw(page, "text/html")
    };
    for (answer, kind) in [
        (html(200), ErrorKind::Protocol),
        (html(403), ErrorKind::Protocol),
        (html(502), ErrorKind::Network),
        (html(429), ErrorKind::Throttled),
        (ResponseTemplate::new(500), ErrorKind::Network),
        (ResponseTemplate::new(302).insert_header("location", "http://evil.example"), ErrorKind::Protocol),
    ] {
        let error = refresh(answer).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.to_string().contains("canary") && !error.to_string().contains('\u{1b}'), "{error}");
    }
    let error = refresh(html(502)).await.unwrap_err();
    insta::assert_snapshot!(error, @r#"127.0.0.1 answered with status 502 but not with a token or an error of Entra ID: "<html><h1>Corporate proxy [31m</h1> you sent [redacted]</html>""#);
}

#[tokio::test]
async fn a_throttled_answer_says_how_long_to_wait() {
    let answer = ResponseTemplate::new(429).insert_header("retry-after", "17");
    assert_eq!(refresh(answer).await.unwrap_err().retry_after(), Some(Duration::from_secs(17)));
}

#[tokio::test]
async fn no_secret_of_an_exchange_reaches_the_log() {
    let (log, _guard) = Log::of_this_thread();
    refresh(answer(json!({}))).await.unwrap();
    refresh(ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}))).await.unwrap_err();
    assert!(log.text().contains("the authority answered"));
    assert!(!log.text().contains("canary"), "{}", log.text());
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_once_and_no_token_suffers_from_it() {
    let (log, _guard) = Log::of_this_thread();
    let noon_plus_a_day = "Sat, 16 Jan 2027 08:00:00 GMT";
    let authority = Authority::answering(answer(json!({})).insert_header("date", noon_plus_a_day)).await;
    for _ in 0..3 {
        let grant = authority.client.refresh(&home(), &arm(&authority), &Secret::new("r")).await.unwrap();
        assert!(grant.access_token.is_fresh(from_unix(NOON)), "its lifetime is counted on this machine's clock");
    }
    let log = log.text();
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains(" WARN ")).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("the clock of this machine is 24 hours behind that of 127.0.0.1"), "{warnings:?}");
}
