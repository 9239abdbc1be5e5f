//! The sign-in and its loopback listener, with a browser made of raw sockets.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use auth_core::http::HttpClient;
use auth_core::interactive::{Browser, InteractiveLogin, Prompt, SignIn};
use auth_core::oauth::{DeviceCode, EntraClient};
use auth_core::{Cloud, Env, Error, ErrorKind, Grant, Tenant, TokenRequest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use url::Url;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use xtask::log::Log;

#[derive(Debug)]
struct Tell(mpsc::UnboundedSender<Url>);

impl Prompt for Tell {
    fn sign_in_at(&self, sign_in: &SignIn<'_>) {
        self.0.send(sign_in.url().clone()).unwrap();
    }

    fn device_code(&self, code: &DeviceCode) {
        unreachable!("{code:?} was not asked for");
    }
}

/// A sign-in that is waiting for its redirect.
struct Waiting {
    authority: MockServer,
    query: HashMap<String, String>,
    port: u16,
    result: JoinHandle<Result<Grant, Error>>,
}

impl Waiting {
    async fn start() -> Self {
        Self::start_with(Duration::from_secs(60)).await
    }

    async fn start_with(timeout: Duration) -> Self {
        let authority = MockServer::start().await;
        let cloud = Cloud::custom("Rig", &authority.uri(), &authority.uri(), "https://arm.example/").unwrap().build();
        let env = Env::fake::<&str, &str>([]);
        let client = EntraClient::new(cloud.clone(), "client", HttpClient::new(env.clone()));
        let (tell, mut told) = mpsc::unbounded_channel();
        let login = InteractiveLogin::new(client, env)
            .browser(Browser::None)
            .prompt(Arc::new(Tell(tell)) as Arc<dyn Prompt>)
            .timeout(timeout);
        let result =
            tokio::spawn(async move { login.sign_in(&Tenant::organizations(), &TokenRequest::arm(&cloud)).await });
        let url = told.recv().await.unwrap();
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let port = query["redirect_uri"].strip_prefix("http://localhost:").unwrap().parse().unwrap();
        let (nonce, issuer) = (query["nonce"].clone(), authority.uri());
        let answer = move |_: &Request| {
            let id = json!({"aud": "client", "nonce": nonce, "iss": issuer, "tid": "t", "preferred_username": "ada"});
            let id_token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(id.to_string()));
            ResponseTemplate::new(200).set_body_json(json!({
                "token_type": "Bearer", "expires_in": 3600, "access_token": "canary-access",
                "refresh_token": "canary-refresh", "id_token": id_token,
            }))
        };
        Mock::given(method("POST")).respond_with(answer).mount(&authority).await;
        Self { authority, query, port, result }
    }

    fn form(&self) -> String {
        format!("code=canary-code&state={}&session_state=x", self.query["state"])
    }

    /// Sends one raw request and reads the whole answer.
    async fn send(&self, request: &str) -> String {
        exchange(&format!("127.0.0.1:{}", self.port), request.as_bytes()).await
    }

    fn post(&self, body: &str) -> String {
        let (host, kind) = (format!("localhost:{}", self.port), "application/x-www-form-urlencoded");
        format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn get(&self, target: &str) -> String {
        format!("GET {target} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", self.port)
    }

    async fn times_redeemed(&self) -> usize {
        self.authority.received_requests().await.unwrap().len()
    }

    /// Everything else was turned away; the real redirect still gets through.
    async fn still_succeeds(self) {
        assert_eq!(self.times_redeemed().await, 0);
        let answer = self.send(&self.post(&self.form())).await;
        assert!(answer.contains("id=\"success\""), "{answer}");
        assert_eq!(self.result.await.unwrap().unwrap().refresh_token.unwrap().expose(), "canary-refresh");
    }
}

async fn exchange(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is as good as an end.
    while let Ok(read) = stream.read_buf(&mut answer).await {
        if read == 0 {
            break;
        }
    }
    String::from_utf8(answer).unwrap()
}

fn assert_turned_away(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("access-control"), "{answer}");
    assert!(!answer.contains("canary") && !answer.contains("evil"), "{answer}");
}

#[tokio::test]
async fn a_posted_redirect_signs_in_and_frees_the_port() {
    let waiting = Waiting::start().await;
    let answer = waiting.send(&waiting.post(&waiting.form())).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("You are signed in"), "{answer}");
    assert!(!answer.contains("canary"));
    let grant = waiting.result.await.unwrap().unwrap();
    assert_eq!(grant.account.unwrap().username.as_deref(), Some("ada"));
    let port = waiting.port;
    assert!(TcpListener::bind(("127.0.0.1", port)).await.is_ok() && TcpListener::bind(("::1", port)).await.is_ok());
}

#[tokio::test]
async fn both_families_of_localhost_are_listened_on() {
    for address in ["127.0.0.1", "[::1]"] {
        let waiting = Waiting::start().await;
        let request = waiting.post(&waiting.form());
        let answer = exchange(&format!("{address}:{}", waiting.port), request.as_bytes()).await;
        assert!(answer.contains("You are signed in"), "{address}: {answer}");
        waiting.result.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_redirect_by_get_leaves_no_code_in_the_address_bar() {
    let waiting = Waiting::start().await;
    let answer = waiting.send(&waiting.get(&format!("/?{}", waiting.form()))).await;
    assert!(answer.starts_with("HTTP/1.1 303 ") && answer.contains("Location: /signed-in\r\n"), "{answer}");
    let page = waiting.send(&waiting.get("/signed-in")).await;
    assert!(page.contains("You are signed in"), "{page}");
    waiting.result.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_wrong_missing_or_doubled_state_is_turned_away_and_the_sign_in_goes_on() {
    let waiting = Waiting::start().await;
    let state = waiting.query["state"].clone();
    for body in [
        "code=canary".to_owned(),
        "code=canary&state=".to_owned(),
        format!("code=canary&state={state}x"),
        format!("code=canary&state={}", &state[1..]),
        format!("code=canary&state={state}&state={state}"),
        format!("code=canary&state={state}&state=evil"),
        format!("code=canary&code=evil&state={state}"),
        format!("state={state}"),
        format!("code=&state={state}"),
        format!("code=canary&state={}", "x".repeat(10 << 10)),
    ] {
        let answer = waiting.send(&waiting.post(&body)).await;
        assert_turned_away(&answer);
        assert!(!answer.contains(&state));
    }
    waiting.still_succeeds().await;
}

#[tokio::test]
async fn an_error_without_our_state_does_not_end_the_sign_in() {
    let waiting = Waiting::start().await;
    assert_turned_away(&waiting.send(&waiting.post("error=access_denied&error_description=evil")).await);
    assert_turned_away(&waiting.send(&waiting.get("/?error=access_denied")).await);
    waiting.still_succeeds().await;
}

#[tokio::test]
async fn stray_and_hostile_requests_are_answered_and_forgotten() {
    let waiting = Waiting::start().await;
    let (port, form) = (waiting.port, waiting.form());
    let own = format!("localhost:{port}");
    for request in [
        waiting.get("/"),
        waiting.get("/favicon.ico"),
        waiting.get(&format!("/other?{form}")),
        format!("HEAD / HTTP/1.1\r\nHost: {own}\r\n\r\n"),
        format!("PUT / HTTP/1.1\r\nHost: {own}\r\nContent-Length: 0\r\n\r\n"),
        format!("OPTIONS / HTTP/1.1\r\nHost: {own}\r\nAccess-Control-Request-Private-Network: true\r\n\r\n"),
        format!("GET http://evil.example/?{form} HTTP/1.1\r\nHost: {own}\r\n\r\n"),
        format!("GET /?{form} HTTP/1.1\r\nHost: evil.example:{port}\r\n\r\n"),
        format!("GET /?{form} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("GET /?{form} HTTP/1.1\r\n\r\n"),
        format!("GET /?{form} HTTP/1.1\r\nHost: {own}\r\nHost: evil.example\r\n\r\n"),
        format!("POST /?{form} HTTP/1.1\r\nHost: {own}\r\nContent-Length: 0\r\n\r\n"),
        "\u{1}\u{2}\u{3}\r\n\r\n".to_owned(),
        format!("GET /{} HTTP/1.1\r\nHost: {own}\r\n", "x".repeat(20 << 10)),
    ] {
        assert_turned_away(&waiting.send(&request).await);
    }
    waiting.still_succeeds().await;
}

#[tokio::test]
async fn a_body_of_the_wrong_kind_or_size_is_turned_away() {
    let waiting = Waiting::start().await;
    let form = waiting.form();
    let host = format!("Host: localhost:{}", waiting.port);
    let kind = "Content-Type: application/x-www-form-urlencoded";
    for request in [
        format!("POST / HTTP/1.1\r\n{host}\r\n{kind}\r\nContent-Length: 10737418240\r\n\r\n{form}"),
        format!("POST / HTTP/1.1\r\n{host}\r\n{kind}\r\nContent-Length: -1\r\n\r\n{form}"),
        format!("POST / HTTP/1.1\r\n{host}\r\n{kind}\r\n\r\n{form}"),
        format!("POST / HTTP/1.1\r\n{host}\r\n{kind}\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"),
        format!(
            "POST / HTTP/1.1\r\n{host}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        ),
        format!("POST / HTTP/1.1\r\n{host}\r\nContent-Length: {}\r\n\r\n{form}", form.len()),
    ] {
        assert_turned_away(&waiting.send(&request).await);
    }
    waiting.still_succeeds().await;
}

#[tokio::test]
async fn silent_connections_hold_nobody_up() {
    let waiting = Waiting::start().await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(TcpStream::connect(("127.0.0.1", waiting.port)).await.unwrap());
    }
    let mut slow = TcpStream::connect(("127.0.0.1", waiting.port)).await.unwrap();
    slow.write_all(b"POST / HTTP/1.1\r\nHost: lo").await.unwrap();
    waiting.still_succeeds().await;
}

#[tokio::test]
async fn a_declined_sign_in_says_so_in_the_browser_and_to_the_caller() {
    let waiting = Waiting::start().await;
    let body = format!(
        "error=access_denied&error_subcode=cancel&state={}&code=canary\
         &error_description=AADSTS65004%3A+User+declined.%0D%0ATrace+ID%3A+1+%3Cscript%3E%1B%5B31m",
        waiting.query["state"]
    );
    let answer = waiting.send(&waiting.post(&body)).await;
    assert!(answer.contains("id=\"failure\"") && !answer.contains("AADSTS") && !answer.contains("<script"), "{answer}");
    assert_eq!(waiting.times_redeemed().await, 0, "both a code and an error is an error");
    let error = waiting.result.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    insta::assert_snapshot!(error, @"the sign-in was declined: AADSTS65004: User declined.");
}

#[tokio::test]
async fn a_code_that_is_refused_shows_failure() {
    let waiting = Waiting::start().await;
    waiting.authority.reset().await;
    let refusal =
        json!({"error": "invalid_grant", "error_description": "AADSTS54005: redeemed", "error_codes": [54005]});
    let refusal = ResponseTemplate::new(400).set_body_json(refusal);
    Mock::given(method("POST")).respond_with(refusal).mount(&waiting.authority).await;
    let answer = waiting.send(&waiting.post(&waiting.form())).await;
    assert!(answer.contains("id=\"failure\""), "{answer}");
    assert!(waiting.result.await.unwrap().is_err());
}

#[tokio::test]
async fn a_replayed_redirect_redeems_nothing() {
    let waiting = Waiting::start().await;
    let request = waiting.post(&waiting.form());
    waiting.send(&request).await;
    let (port, authority) = (waiting.port, &waiting.authority);
    waiting.result.await.unwrap().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    assert_eq!(authority.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_sign_in_that_nobody_finishes_ends_and_frees_the_port() {
    let waiting = Waiting::start_with(Duration::ZERO).await;
    let error = waiting.result.await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Timeout, "nobody signed in within 0 s"));
    assert!(TcpListener::bind(("127.0.0.1", waiting.port)).await.is_ok());
}

#[tokio::test]
async fn a_dropped_sign_in_frees_the_port() {
    let waiting = Waiting::start().await;
    waiting.result.abort();
    assert!(waiting.result.await.unwrap_err().is_cancelled());
    assert!(TcpListener::bind(("127.0.0.1", waiting.port)).await.is_ok());
}

#[tokio::test]
async fn a_port_that_is_taken_on_the_other_family_is_not_used() {
    // Whatever port the listener gets, both families of it must be its own.
    let waiting = Waiting::start().await;
    for address in ["127.0.0.1", "::1"] {
        let address: SocketAddr = (address.parse::<std::net::IpAddr>().unwrap(), waiting.port).into();
        assert!(TcpListener::bind(address).await.is_err(), "{address} belongs to somebody");
    }
    waiting.still_succeeds().await;
}

#[tokio::test]
async fn without_a_browser_and_without_a_prompt_nobody_can_be_asked() {
    let cloud =
        Cloud::custom("Rig", "http://localhost:1", "http://localhost:1", "https://arm.example/").unwrap().build();
    let env = Env::fake([("BROWSER", "/nowhere/browser")]);
    let client = EntraClient::new(cloud.clone(), "client", HttpClient::new(env.clone()));
    let login = InteractiveLogin::new(client, env);
    let error = login.sign_in(&Tenant::organizations(), &TokenRequest::arm(&cloud)).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Interaction, "no browser could be opened"));
}

#[tokio::test]
async fn the_listener_logs_no_secret_even_at_trace() {
    let (log, _guard) = Log::of_this_thread();
    let waiting = Waiting::start().await;
    let state = waiting.query["state"].clone();
    waiting.send(&waiting.get("/?code=canary&state=wrong")).await;
    waiting.still_succeeds().await;
    let text = log.text();
    assert!(text.contains("turned a request away"), "{text}");
    assert!(!text.contains("canary") && !text.contains(&state), "{text}");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 64, ..Default::default() })]
    #[test]
    fn no_bytes_end_the_sign_in(bytes in proptest::collection::vec(proptest::num::u8::ANY, 1..400)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let waiting = Waiting::start().await;
            let mut stream = TcpStream::connect(("127.0.0.1", waiting.port)).await.unwrap();
            stream.write_all(&bytes).await.unwrap();
            stream.shutdown().await.unwrap();
            waiting.still_succeeds().await;
        });
    }
}
