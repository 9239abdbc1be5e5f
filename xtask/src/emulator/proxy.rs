//! The forward proxy: `CONNECT` to Azure's public names lands on the emulator, everything else is refused and remembered.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::state::Shared;
use super::tls::is_azure_host;

const HEAD_LIMIT: usize = 16 * 1024;

/// Serves until the runtime ends.
pub(super) async fn serve(listener: TcpListener, tls: SocketAddr, shared: Arc<Shared>) {
    loop {
        // A client that went away between SYN and accept is no reason to stop.
        let Ok((client, _)) = listener.accept().await else { continue };
        let shared = shared.clone();
        tokio::spawn(async move {
            // Either side may hang up at any time; the other one notices by itself.
            let _ = tunnel(client, tls, &shared).await;
        });
    }
}

async fn tunnel(mut client: TcpStream, tls: SocketAddr, shared: &Shared) -> std::io::Result<()> {
    let (head, rest) = read_head(&mut client).await?;
    let mut words = head.split_ascii_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if method != "CONNECT" || !is_azure(target) {
        shared.lock().refused_hosts.push(target.to_owned());
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    }
    let mut server = TcpStream::connect(tls).await?;
    client.write_all(b"HTTP/1.1 200 Connection Established\r\n\r\n").await?;
    server.write_all(&rest).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

fn is_azure(target: &str) -> bool {
    target.strip_suffix(":443").is_some_and(|host| is_azure_host(&host.to_lowercase()))
}

/// The request's head, and what came after it.
async fn read_head(client: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
        if bytes.len() > HEAD_LIMIT || client.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
    }
}
