//! The shared client against real sockets.

use auth_core::http::HttpClient;
use auth_core::{Env, ErrorKind};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn nothing_on_the_loopback_interface_goes_through_a_proxy() {
    let (target, proxy) = tokio::join!(server(ResponseTemplate::new(200)), server(ResponseTemplate::new(502)));
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let client = HttpClient::new(Env::fake([(name, proxy.uri())]));
        assert_eq!(client.get().unwrap().get(target.uri()).send().await.unwrap().status(), 200);
        let by_name = target.uri().replace("127.0.0.1", "localhost");
        assert_eq!(client.get().unwrap().get(by_name).send().await.unwrap().status(), 200);
    }
    assert_eq!(proxy.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_host_elsewhere_goes_through_the_proxy_unless_it_is_excepted() {
    let proxy = server(ResponseTemplate::new(418)).await;
    let variables = [("HTTP_PROXY", proxy.uri()), ("NO_PROXY", "excepted.invalid".to_owned())];
    let client = HttpClient::new(Env::fake(variables));
    let status = client.get().unwrap().get("http://login.invalid/x").send().await.unwrap().status();
    assert_eq!(status, 418);
    assert!(client.get().unwrap().get("http://excepted.invalid/x").send().await.is_err());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = server(ResponseTemplate::new(200)).await;
    let moved = ResponseTemplate::new(302).insert_header("location", elsewhere.uri());
    let target = server(moved).await;
    let client = HttpClient::new(Env::fake::<&str, &str>([]));
    assert_eq!(client.get().unwrap().get(target.uri()).send().await.unwrap().status(), 302);
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_off() {
    let target = server(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 5 << 20])).await;
    let client = HttpClient::new(Env::fake::<&str, &str>([]));
    let response = client.get().unwrap().get(target.uri()).send().await.unwrap();
    let error = auth_core::http::body(response).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Protocol, "127.0.0.1 sent more than 4194304 bytes")
    );
}

#[tokio::test]
async fn a_dead_host_is_named_without_the_query_of_its_url() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = HttpClient::new(Env::fake::<&str, &str>([]));
    let url = format!("http://127.0.0.1:{port}/x?code=canary");
    let error = client.get().unwrap().get(url).send().await.unwrap_err();
    let error = auth_core::http::network_error(error);
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.to_string().starts_with("127.0.0.1 could not be reached: "), "{error}");
    assert!(!format!("{error} {error:?}").contains("canary"));
}
