//! The gateways to the SSH servers of compute instances and jobs: whatever comes goes to the one that the world has.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::state::Shared;
use super::error::ServiceError;
use super::request::{bearer, bearer_claims};

/// Resource Manager's (observed: azure-dev).
const AUDIENCES: [&str; 2] = ["https://management.azure.com", "https://management.core.windows.net"];

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/nbip/v1.0/ws-tcp", any(join))
}

async fn join(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ServiceError> {
    let server = {
        let memory = shared.lock();
        let claims =
            bearer_claims(&memory, bearer(&headers).unwrap_or_default()).map_err(ServiceError::unauthorized)?;
        let audience = claims["aud"].as_str().unwrap_or_default().trim_end_matches('/');
        if !AUDIENCES.contains(&audience) {
            return Err(ServiceError::unauthorized("The token is not for Resource Manager."));
        }
        memory.world.ssh_server.clone()
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !host.contains(".instances.azureml.ms") && !host.contains(".nodes.azureml.ms") {
        return Err(ServiceError::not_found("The gateway", host));
    }
    let Some(server) = server else { return Err(ServiceError::not_found("The SSH server behind", host)) };
    let Ok(stream) = TcpStream::connect(server.address).await else {
        return Ok((StatusCode::BAD_GATEWAY, "Nothing listens there.").into_response());
    };
    Ok(upgrade.on_upgrade(move |socket| carry(socket, stream)))
}

/// Until either side has enough.
async fn carry(mut socket: WebSocket, mut stream: TcpStream) {
    let mut chunk = vec![0; 8192];
    loop {
        let is_good = tokio::select! {
            read = stream.read(&mut chunk) => match read {
                Ok(count) if count > 0 => {
                    socket.send(Message::Binary(Bytes::copy_from_slice(&chunk[..count]))).await.is_ok()
                }
                _ => {
                    // Whoever is gone already does not mind.
                    let _ = socket.send(Message::Close(None)).await;
                    false
                }
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => stream.write_all(&bytes).await.is_ok(),
                Some(Ok(Message::Close(_)) | Err(_)) | None => false,
                Some(Ok(_)) => true,
            },
        };
        if !is_good {
            break;
        }
    }
}
