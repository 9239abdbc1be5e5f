//! A client that knows nothing but Azure's public names.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Proxy, Response, StatusCode};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;
use xtask::emulator::{Emulator, defaults};

pub(crate) const ARM_SCOPE: &str = "https://management.core.windows.net//.default offline_access openid profile";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const LOGIN: &str = "https://login.microsoftonline.com";
pub(crate) const ARM: &str = "https://management.azure.com";

/// Through the proxy, trusting the emulator's authority only.
pub(crate) fn client(azure: &Emulator) -> Client {
    let ca = Certificate::from_pem(&std::fs::read(azure.ca_file()).unwrap()).unwrap();
    Client::builder()
        .no_proxy()
        .proxy(Proxy::https(azure.proxy_url()).unwrap())
        .tls_certs_only([ca])
        .redirect(Policy::none())
        .build()
        .unwrap()
}

pub(crate) async fn json(response: Response) -> (StatusCode, Value) {
    (response.status(), response.json().await.unwrap())
}

pub(crate) async fn token(client: &Client, tenant: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let url = format!("{LOGIN}/{tenant}/oauth2/v2.0/token");
    json(client.post(url).form(form).send().await.unwrap()).await
}

pub(crate) async fn refresh(client: &Client, tenant: &str, refresh_token: &str) -> (StatusCode, Value) {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", defaults::AZURE_CLI_CLIENT_ID),
        ("refresh_token", refresh_token),
        ("scope", ARM_SCOPE),
    ];
    token(client, tenant, &form).await
}

pub(crate) async fn arm(client: &Client, bearer: &str, path: &str) -> (StatusCode, Value) {
    let url = if path.starts_with("https:") { path.to_owned() } else { format!("{ARM}{path}") };
    json(client.get(url).bearer_auth(bearer).send().await.unwrap()).await
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

pub(crate) fn authorize_url(tenant: &str, redirect_uri: &str, more: &[(&str, &str)]) -> Url {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut parameters = BTreeMap::from([
        ("client_id", defaults::AZURE_CLI_CLIENT_ID),
        ("response_type", "code"),
        ("redirect_uri", redirect_uri),
        ("scope", ARM_SCOPE),
        ("state", "a-state-\"<&>"),
        ("response_mode", "form_post"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("nonce", "a-nonce"),
        ("client_info", "1"),
        ("prompt", "select_account"),
    ]);
    parameters.extend(more.iter().copied());
    parameters.retain(|_, value| !value.is_empty());
    Url::parse_with_params(&format!("{LOGIN}/{tenant}/oauth2/v2.0/authorize"), parameters).unwrap()
}

/// A loopback listener that takes one request, as a program that signs somebody in has it.
pub(crate) struct Loopback {
    pub(crate) redirect_uri: String,
    request: JoinHandle<String>,
}

impl Loopback {
    pub(crate) fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let redirect_uri = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let request = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
            loop {
                let read = stream.read(&mut buffer).unwrap();
                bytes.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&bytes);
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length =
                    head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    break;
                }
            }
            let page = "<p id=\"done\">Signed in</p>";
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close",
                page.len()
            );
            write!(stream, "{head}\r\n\r\n{page}").unwrap();
            String::from_utf8(bytes).unwrap()
        });
        Self { redirect_uri, request }
    }

    /// The method and the parameters that arrived.
    pub(crate) fn received(self) -> (String, BTreeMap<String, String>) {
        let request = self.request.join().unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let mut words = head.split_ascii_whitespace();
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        let text = if method == "POST" { body } else { target.split_once('?').unwrap().1 };
        (method.to_owned(), url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }
}
