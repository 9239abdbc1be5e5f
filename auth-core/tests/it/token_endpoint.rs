//! Everything that may answer in the place of a token: one file an answer.

use std::fmt::Write as _;
use std::path::PathBuf;

use auth_core::http::HttpClient;
use auth_core::oauth::EntraClient;
use auth_core::{Cloud, Env, Error, ErrorKind, Secret, Tenant, TokenRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::noon;

const TENANT: &str = "8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a01";

/// Redeems a refresh token at a server that sends these bytes, whatever it is asked.
async fn refused(answer: &[u8]) -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let cloud = Cloud::custom("Rig", &url, &url, "https://arm.example/").unwrap().build();
    let client = EntraClient::new(cloud, "client", HttpClient::new(Env::fake::<&str, &str>([]))).with_clock(noon());
    let (tenant, request) = (Tenant::parse(TENANT).unwrap(), TokenRequest::arm(client.cloud()));
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        while !String::from_utf8_lossy(&asked).contains("client_info=1") {
            assert!(stream.read_buf(&mut asked).await.unwrap() > 0);
        }
        // Whoever has read enough hangs up.
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
    };
    let secret = Secret::new("canary-refresh");
    let (grant, ()) = tokio::join!(client.refresh(&tenant, &request, &secret), serve);
    grant.unwrap_err()
}

/// The file with the line ends of HTTP in its head, and with the length of its body where it says none.
fn answer(file: &str) -> Vec<u8> {
    let Some((head, body)) = file.split_once("\n\n") else { return Vec::new() };
    let mut answer = head.replace('\n', "\r\n");
    if !head.contains("Content-Length") && head.starts_with("HTTP") {
        let _ = write!(answer, "\r\nContent-Length: {}", body.len());
    }
    answer.push_str("\r\n\r\n");
    answer.push_str(body);
    answer.into_bytes()
}

/// Everything that a program or a person gets.
fn told(error: &Error) -> String {
    let mut text = format!("{:?}{}", error.kind(), if error.is_transient() { ", may pass by itself" } else { "" });
    if let Some(status) = error.status() {
        let _ = write!(text, ", status {status}");
    }
    if let Some(entra) = error.entra() {
        let _ = write!(text, ", {}", entra.error);
        let _ = entra.code.map_or(Ok(()), |code| write!(text, " {code}"));
        let _ = entra.suberror.as_ref().map_or(Ok(()), |suberror| write!(text, " {suberror}"));
        let _ = entra.claims.as_ref().map_or(Ok(()), |claims| write!(text, ", demands {claims}"));
        assert_eq!(entra.tenant.as_ref().map(Tenant::as_str), Some(TENANT));
        assert!(entra.scopes.is_some());
    }
    if let Some(wait) = error.retry_after() {
        let _ = write!(text, ", in {wait:?}");
    }
    let _ = write!(text, "\nerror: {error}");
    if let Some(help) = error.help() {
        let _ = write!(text, "\nnext: {help}");
    }
    text
}

#[tokio::test]
async fn every_answer_that_is_not_a_token_says_what_happened_and_what_to_do() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/token-endpoint");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 40, "{}", files.len());
    let mut report = String::new();
    for file in files {
        let error = refused(&answer(&std::fs::read_to_string(&file).unwrap())).await;
        let id = error.correlation_id().expect("an error can be found in the logs");
        assert_eq!(id.len(), 36, "{id}");
        let told = told(&error);
        assert!(told.contains("127.0.0.1"), "it names the host: {told}");
        assert!(!format!("{told}{error:?}").contains("canary"), "{told}");
        assert!(!told.contains(['\u{1b}', '\0', '\r']), "{told}");
        let _ = writeln!(report, "{}: {told}\n", file.file_stem().unwrap().to_string_lossy());
    }
    insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!("token_endpoint", report) });
}

#[tokio::test]
async fn an_answer_that_never_ends_is_cut() {
    let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
    let error = refused(&[head.as_bytes(), &vec![b' '; 8 << 20]].concat()).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(400)));
    assert!(error.to_string().starts_with("127.0.0.1 sent more than"), "{error}");
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_told_with_the_variable_to_set() {
    let azure = xtask::emulator::Emulator::start();
    let url = azure.https_url();
    let cloud = Cloud::custom("Rig", url, url, "https://arm.example/").unwrap().build();
    let client = EntraClient::new(cloud, "client", HttpClient::new(Env::fake::<&str, &str>([])));
    let request = TokenRequest::arm(client.cloud());
    let error = client.refresh(&Tenant::parse(TENANT).unwrap(), &request, &Secret::new("canary")).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Network, true));
    assert!(error.help().unwrap().contains("SSL_CERT_FILE"), "{error:?}");
    assert!(azure.requests().is_empty(), "nothing is sent to a stranger");
}
