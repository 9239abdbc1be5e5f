//! Managed identity against stand-ins for the endpoints.

use std::time::{Duration, Instant};

use auth_core::{Authentication, Clock, Cloud, Env, Error, ErrorKind, TokenRequest, clock};
use auth_msi::{Host, Identity, MsiAuthentication, MsiAuthenticationBuilder};
use serde_json::json;
use wiremock::matchers::{body_string, header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

const GUID: &str = "0a1b2c3d-0000-4000-8000-000000000003";
const ARM: &str = "https://management.core.windows.net/";

fn answer() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"access_token": "at-1", "expires_on": "1893456000"}))
}

fn msi(variables: &[(&str, &str)]) -> MsiAuthenticationBuilder {
    MsiAuthentication::builder(Cloud::public())
        .env(Env::fake(variables.iter().copied()))
        .clock(Clock::fixed(clock::from_unix(1_893_450_000)))
        .guess(None)
}

async fn ask(auth: &MsiAuthentication) -> Result<String, Error> {
    Ok(auth.token(&TokenRequest::arm(auth.cloud())).await?.secret().expose().to_owned())
}

#[tokio::test]
async fn azure_ml_compute_is_asked_in_its_own_protocol() -> Result<(), Error> {
    let server = MockServer::start().await;
    let question = Mock::given(method("GET"))
        .and(path("/MSI/auth"))
        .and(query_param("x", "1"))
        .and(query_param("api-version", "2017-09-01"))
        .and(query_param("resource", ARM))
        .and(query_param("clientid", GUID))
        .and(header("secret", "sec-1"));
    question.respond_with(answer()).expect(2).mount(&server).await;
    let url = format!("{}/MSI/auth?x=1", server.uri());
    let variables = [("MSI_ENDPOINT", url.as_str()), ("MSI_SECRET", "sec-1")];
    let assigned = [&variables[..], &[("DEFAULT_IDENTITY_CLIENT_ID", GUID)]].concat();
    let auth = msi(&assigned).build();
    assert_eq!(ask(&auth).await?, "at-1");
    assert_eq!(ask(&auth).await?, "at-1", "from memory");
    assert_eq!(ask(&msi(&variables).identity(Identity::ClientId(GUID.into())).build()).await?, "at-1");
    for unsupported in [Identity::ObjectId("x".into()), Identity::ResourceId("/x".into())] {
        let error = ask(&msi(&variables).identity(unsupported).build()).await.unwrap_err();
        assert_eq!((error.kind(), error.help()), (ErrorKind::Configuration, Some("name the identity's client id")));
    }
    Ok(())
}

#[tokio::test]
async fn the_placeholder_of_a_compute_without_an_identity_is_not_sent() -> Result<(), Error> {
    let server = MockServer::start().await;
    let question = Mock::given(query_param_is_missing("clientid"));
    question.respond_with(answer()).expect(1).mount(&server).await;
    let url = server.uri();
    let variables = [("MSI_ENDPOINT", url.as_str()), ("MSI_SECRET", "s"), ("DEFAULT_IDENTITY_CLIENT_ID", "clientid")];
    assert_eq!(ask(&msi(&variables).build()).await?, "at-1");
    Ok(())
}

#[tokio::test]
async fn app_service_is_asked_in_its_own_protocol() -> Result<(), Error> {
    let server = MockServer::start().await;
    for (identity, name, value) in [
        (Identity::ClientId("c".into()), "client_id", "c"),
        (Identity::ObjectId("o".into()), "object_id", "o"),
        (Identity::ResourceId("/subscriptions/1".into()), "mi_res_id", "/subscriptions/1"),
    ] {
        let question = Mock::given(method("GET"))
            .and(path("/msi/token"))
            .and(query_param("api-version", "2019-08-01"))
            .and(query_param("resource", ARM))
            .and(query_param(name, value))
            .and(header("X-IDENTITY-HEADER", "hdr-1"));
        question.respond_with(answer()).expect(1).mount(&server).await;
        let url = format!("{}/msi/token", server.uri());
        let auth = msi(&[("IDENTITY_ENDPOINT", &url), ("IDENTITY_HEADER", "hdr-1")]).identity(identity).build();
        assert_eq!(ask(&auth).await?, "at-1");
    }
    Ok(())
}

#[tokio::test]
async fn cloud_shell_is_asked_in_its_own_protocol() -> Result<(), Error> {
    let server = MockServer::start().await;
    let question = Mock::given(method("POST"))
        .and(header("Metadata", "true"))
        .and(body_string("resource=https%3A%2F%2Fmanagement.core.windows.net%2F"));
    question.respond_with(answer()).expect(1).mount(&server).await;
    let url = format!("{}/oauth2/token", server.uri());
    assert_eq!(ask(&msi(&[("MSI_ENDPOINT", &url)]).build()).await?, "at-1");
    let named = msi(&[("MSI_ENDPOINT", &url)]).identity(Identity::ClientId("c".into())).build();
    assert_eq!(ask(&named).await.unwrap_err().kind(), ErrorKind::Configuration);
    Ok(())
}

#[tokio::test]
async fn a_virtual_machine_is_asked_in_its_own_protocol() -> Result<(), Error> {
    let server = MockServer::start().await;
    let question = Mock::given(method("GET"))
        .and(path("/metadata/identity/oauth2/token"))
        .and(query_param("api-version", "2018-02-01"))
        .and(query_param("resource", ARM))
        .and(query_param("msi_res_id", "/subscriptions/1"))
        .and(header("Metadata", "true"));
    question.respond_with(answer()).expect(1).mount(&server).await;
    let auth = msi(&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", &server.uri())]);
    assert_eq!(ask(&auth.identity(Identity::ResourceId("/subscriptions/1".into())).build()).await?, "at-1");
    Ok(())
}

#[tokio::test]
async fn a_guess_is_checked_once_and_asks_for_nothing() -> Result<(), Error> {
    let server = MockServer::start().await;
    Mock::given(header("Metadata", "true")).respond_with(answer()).expect(2).mount(&server).await;
    let bad_request = ResponseTemplate::new(400);
    Mock::given(query_param_is_missing("resource")).respond_with(bad_request).expect(1).mount(&server).await;
    let auth = msi(&[]).guess(Some(Host::imds_at(&server.uri())?)).build();
    assert_eq!(ask(&auth).await?, "at-1");
    let ml = auth.cloud().ml_scope().expect("a scope");
    auth.token(&TokenRequest::new(ml)).await?;
    Ok(())
}

#[tokio::test]
async fn a_machine_without_an_identity_is_unavailable_at_once() {
    // A port on which nobody listens, a network that answers for everybody, and one that never answers.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let proxy = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(403)).mount(&proxy).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_url = format!("http://{}", silent.local_addr().expect("a port"));
    for url in [format!("http://{nobody}"), proxy.uri(), silent_url] {
        let started = Instant::now();
        let auth = msi(&[]).guess(Host::imds_at(&url).ok()).build();
        let error = ask(&auth).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{url}");
        assert_eq!(error.to_string(), "nothing here points to a managed identity, such as MSI_ENDPOINT");
        assert!(started.elapsed() < Duration::from_millis(1500), "{url}: {:?}", started.elapsed());
    }
    assert_eq!(ask(&msi(&[]).build()).await.unwrap_err().kind(), ErrorKind::Unavailable);
    let stale = msi(&[("MSI_ENDPOINT", &format!("http://{nobody}"))]).build();
    assert_eq!(ask(&stale).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_secret_stays_where_it_belongs() {
    let (server, elsewhere) = (MockServer::start().await, MockServer::start().await);
    Mock::given(method("GET")).respond_with(answer()).expect(0).mount(&elsewhere).await;
    let redirect = ResponseTemplate::new(302).insert_header("Location", elsewhere.uri());
    Mock::given(method("GET")).respond_with(redirect).expect(1).mount(&server).await;
    let auth = msi(&[("MSI_ENDPOINT", &server.uri()), ("MSI_SECRET", "canary-secret")]).build();
    let error = ask(&auth).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(!format!("{error} {error:?} {auth:?}").contains("canary"));
}

#[tokio::test]
async fn the_wait_that_an_endpoint_asks_for_is_passed_on() {
    let server = MockServer::start().await;
    let throttled = ResponseTemplate::new(429).insert_header("Retry-After", "7");
    Mock::given(method("GET")).respond_with(throttled).mount(&server).await;
    let error = ask(&msi(&[("MSI_ENDPOINT", &server.uri()), ("MSI_SECRET", "s")]).build()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn an_identity_of_another_tenant_lets_a_chain_go_on() {
    let server = MockServer::start().await;
    // {"tid":"0a1b2c3d-0000-4000-8000-000000000003"}
    let token = "e30.eyJ0aWQiOiIwYTFiMmMzZC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDMifQ.sig";
    let body = json!({"access_token": token, "expires_in": "3600"});
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    let auth = msi(&[("MSI_ENDPOINT", &server.uri()), ("MSI_SECRET", "s")]).build();
    let tenant = |text: &str| auth_core::Tenant::parse(text).ok();
    let request = TokenRequest::arm(auth.cloud());
    let error = auth.token(&request.clone().tenant(tenant(&GUID.replace('3', "4")))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let token = auth.token(&request.tenant(tenant(GUID))).await.expect("a token");
    assert_eq!(token.tenant(), tenant(GUID).as_ref());
}

/// The environment of a process cannot be changed safely, so a child of this test program has the proxy.
#[tokio::test]
async fn a_proxy_in_the_environment_is_not_used() -> Result<(), Error> {
    let process = Env::process();
    if let Some(url) = process.var("AUTH_MSI_TEST_ENDPOINT") {
        assert!(process.var("HTTP_PROXY").is_some());
        assert_eq!(ask(&msi(&[("MSI_ENDPOINT", &url), ("MSI_SECRET", "canary")]).build()).await?, "at-1");
        return Ok(());
    }
    let (server, proxy) = (MockServer::start().await, MockServer::start().await);
    Mock::given(method("GET")).respond_with(answer()).expect(1).mount(&server).await;
    Mock::given(method("GET")).respond_with(answer()).expect(0).mount(&proxy).await;
    let mut child = std::process::Command::new(std::env::current_exe().expect("this program"));
    child.args(["a_proxy_in_the_environment_is_not_used", "--exact"]).env("AUTH_MSI_TEST_ENDPOINT", server.uri());
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(variable, proxy.uri());
    }
    let output = child.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD").output();
    assert!(output.expect("it runs").status.success());
    Ok(())
}
