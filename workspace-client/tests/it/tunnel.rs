//! The road to SSH servers, at gateways that misbehave.

use auth_core::ErrorKind;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::Workspace;
use workspace_client::resources::compute::Compute;
use workspace_client::tunnel::Tunnel;

use crate::rig::Tokens;

const WORKSPACE: &str = "/subscriptions/e1a7c0de-0001-4000-8000-000000005b01/resourceGroups/group/providers/Microsoft.MachineLearningServices/workspaces/ws";

/// A job with an SSH server behind this gateway.
async fn workspace(gateway: &str) -> (MockServer, Tokens, Workspace) {
    let server = MockServer::start().await;
    let answer = |place: String, body: serde_json::Value| {
        Mock::given(method("GET")).and(path(place)).respond_with(ResponseTemplate::new(200).set_body_json(body))
    };
    let details = json!({
        "id": WORKSPACE, "name": "ws", "location": "here",
        "properties": {"discoveryUrl": format!("{}/discovery", server.uri())},
    });
    answer(WORKSPACE.to_owned(), details).mount(&server).await;
    answer("/discovery".to_owned(), json!({"api": server.uri()})).mount(&server).await;
    let service = json!({"type": "SSH", "status": "Running", "properties": {"ProxyEndpoint": gateway}});
    let place = format!("/history/v1.0{WORKSPACE}/runs/train/serviceinstances/0");
    answer(place, json!({"instances": {"shell": service}})).mount(&server).await;
    let tokens = Tokens::for_arm(&server.uri());
    let ws = Workspace::new("e1a7c0de-0001-4000-8000-000000005b01", "group", "ws").client(tokens.client());
    (server, tokens, ws)
}

async fn connected(ws: &Workspace) -> Result<Tunnel, auth_core::Error> {
    let services = ws.jobs().services("train", 0).await.unwrap();
    ws.tunnel(&services[0].gateway().unwrap()).await
}

/// Answers the handshake of RFC 6455, and says who asked.
async fn accepted(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, head) = asked(listener).await;
    let key = head.lines().find_map(|line| line.strip_prefix("sec-websocket-key: ")).unwrap();
    let accept = BASE64_STANDARD.encode(Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    (stream, head)
}

async fn asked(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    (stream, String::from_utf8(head).unwrap())
}

#[tokio::test]
async fn a_token_that_a_gateway_refuses_is_replaced_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_server, tokens, ws) = workspace(&format!("ws://{}", listener.local_addr().unwrap())).await;
    let gateway = async {
        let (mut stream, first) = asked(&listener).await;
        stream.write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
        let (_, second) = accepted(&listener).await;
        (first, second)
    };
    let ((first, second), tunnel) = tokio::join!(gateway, connected(&ws));
    tunnel.unwrap();
    assert!(first.starts_with("GET /nbip/v1.0/ws-tcp HTTP/1.1"), "{first}");
    let token = |head: &str| head.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap().to_owned();
    assert_ne!(token(&first), token(&second));
    let last = tokens.requests().pop().unwrap();
    assert!(last.rejected().is_some(), "{last:?}");
}

#[tokio::test]
async fn a_gateway_without_tls_gets_no_token() {
    let (_server, tokens, ws) = workspace("ws://gateway.example").await;
    let error = connected(&ws).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(error.to_string(), "the gateway is said to be at gateway.example without TLS, where no token must go");
    assert_eq!(tokens.requests().len(), 2, "the workspace and run history were asked, and nobody else");
}

#[tokio::test]
async fn a_gateway_that_falls_silent_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_server, _, ws) = workspace(&format!("ws://{}", listener.local_addr().unwrap())).await;
    let ((_stream, _), tunnel) = tokio::join!(accepted(&listener), connected(&ws));
    let (input, _open) = tokio::io::duplex(64);
    tokio::time::pause();
    let error = tunnel.unwrap().join(input, tokio::io::sink()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Timeout, "nothing was heard of 127.0.0.1 for 75 s")
    );
}

#[tokio::test]
async fn a_refusal_without_an_end_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_server, _, ws) = workspace(&format!("ws://{}", listener.local_addr().unwrap())).await;
    let gateway = async {
        let (mut stream, _) = asked(&listener).await;
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nNo").await.unwrap();
        tokio::time::pause();
        stream
    };
    let (_stream, tunnel) = tokio::join!(gateway, connected(&ws));
    let error = tunnel.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Timeout, "127.0.0.1 did not answer within 60 s")
    );
}

#[tokio::test]
async fn bytes_are_carried_both_ways_until_the_caller_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_server, _, ws) = workspace(&format!("ws://{}", listener.local_addr().unwrap())).await;
    let ((mut stream, _), tunnel) = tokio::join!(accepted(&listener), connected(&ws));
    // Binary messages of RFC 6455: what comes from a client is masked.
    stream.write_all(b"\x82\x05hello").await.unwrap();
    let (input, mut ours) = tokio::io::duplex(64);
    let (output, mut theirs) = tokio::io::duplex(64);
    let person = async {
        let mut heard = [0; 5];
        theirs.read_exact(&mut heard).await.unwrap();
        ours.write_all(b"bye").await.unwrap();
        drop(ours);
        let mut frame = [0; 9];
        stream.read_exact(&mut frame).await.unwrap();
        let said: Vec<u8> = (0..3).map(|at| frame[6 + at] ^ frame[2 + at]).collect();
        (heard, said)
    };
    let (joined, (heard, said)) = tokio::join!(tunnel.unwrap().join(input, output), person);
    joined.unwrap();
    assert_eq!((&heard[..], &said[..]), (&b"hello"[..], &b"bye"[..]));
}

#[test]
fn the_gateway_of_an_instance_lies_beside_its_other_services() {
    let gateway = |applications: serde_json::Value| {
        let properties = json!({"computeType": "ComputeInstance", "properties": {"applications": applications}});
        let compute: Compute =
            serde_json::from_value(json!({"id": "/x", "name": "Ada-CI", "properties": properties})).unwrap();
        compute.ssh_gateway().map(|gateway| gateway.host().to_owned())
    };
    let at =
        |uri: &str| json!([{"displayName": "x", "endpointUri": null}, {"displayName": "Jupyter", "endpointUri": uri}]);
    let known = gateway(at("https://ada-ci.westeurope.instances.azureml.ms/tree/"));
    assert_eq!(known.as_deref(), Some("ada-ci-22.westeurope.instances.azureml.ms"));
    let none = [json!(null), json!([]), at("https://other.example/"), at("no URL"), at("https://ada-ci/")];
    assert!(none.into_iter().all(|applications| gateway(applications).is_none()));
}
