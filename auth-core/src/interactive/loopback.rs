//! The loopback listener that waits for the redirect (RFC 8252, 7.3).

use std::collections::VecDeque;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::abortable;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::page::Page;
use super::redirect::{self, Method, Redirect, Stray};
use crate::{Error, ErrorKind, Secret};

/// How long one connection may take to send its request or to take its answer.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);
/// How many connections are read at once, the latest of them; a browser needs two or three.
const MOST_CONNECTIONS: usize = 32;
/// How long the page that a redirect by GET was sent on to is waited for.
const FOLLOW_UP_TIMEOUT: Duration = Duration::from_secs(2);

/// Listens on `127.0.0.1` and, where there is IPv6, on `[::1]`, on one port: `localhost` may be either to a browser, and nobody
/// else must sit on the other. Both ports are free again when it is dropped.
#[derive(Debug)]
pub(super) struct Loopback {
    v4: TcpListener,
    v6: Option<TcpListener>,
    port: u16,
}

impl Loopback {
    /// Binds a free port.
    pub(super) async fn bind() -> Result<Self, Error> {
        let refuse = |error: std::io::Error| {
            Error::new(ErrorKind::Configuration, "no port on 127.0.0.1 could be opened for the sign-in")
                .with_source(error)
        };
        for _ in 0..16 {
            let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(refuse)?;
            let port = v4.local_addr().map_err(refuse)?.port();
            match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
                Ok(v6) => return Ok(Self { v4, v6: Some(v6), port }),
                // Somebody else's listener there could receive the code: another port, then.
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
                Err(_no_ipv6) => return Ok(Self { v4, v6: None, port }),
            }
        }
        Err(Error::new(ErrorKind::Configuration, "every port that was tried on 127.0.0.1 is taken on [::1]"))
    }

    /// The port of both families.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The redirect URI, without a slash at the end (observed: az 2.91).
    pub(super) fn redirect_uri(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Waits for the redirect that carries `state`. Whatever else arrives is answered and forgotten, and a connection that
    /// says nothing holds nobody up.
    pub(super) async fn redirect(self, state: &Secret) -> (Redirect, Answer) {
        let mut connections = FuturesUnordered::new();
        let mut handles = VecDeque::new();
        loop {
            tokio::select! {
                stream = self.accept() => if let Some(stream) = stream {
                    let (connection, handle) = abortable(serve(stream, self.port, state.clone()));
                    connections.push(connection);
                    handles.push_back(handle);
                    if handles.len() > MOST_CONNECTIONS && let Some(oldest) = handles.pop_front() {
                        oldest.abort();
                    }
                },
                Some(served) = connections.next() => {
                    if let Ok(Some((stream, method, redirect))) = served {
                        drop(connections);
                        return (redirect, Answer { stream, method, listener: self });
                    }
                }
            }
        }
    }

    async fn accept(&self) -> Option<TcpStream> {
        let accepted = match &self.v6 {
            None => self.v4.accept().await,
            Some(v6) => tokio::select! {
                accepted = self.v4.accept() => accepted,
                accepted = v6.accept() => accepted,
            },
        };
        match accepted {
            Ok((stream, _)) => Some(stream),
            Err(_out_of_descriptors) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                None
            }
        }
    }
}

/// One connection: the redirect, or nothing worth stopping for.
async fn serve(mut stream: TcpStream, port: u16, state: Secret) -> Option<(TcpStream, Method, Redirect)> {
    let stray = match timeout(CONNECTION_TIMEOUT, redirect::read(&mut stream, port, &state)).await {
        Ok(Ok((method, redirect))) => return Some((stream, method, redirect)),
        Ok(Err(stray)) => stray,
        Err(_silent) => Stray::BadRequest,
    };
    tracing::debug!(?stray, "the loopback listener turned a request away");
    finish(&mut stream, &Page::NotHere.answer()).await;
    None
}

/// The browser that brought the redirect, waiting for its page.
#[derive(Debug)]
pub(super) struct Answer {
    stream: TcpStream,
    method: Method,
    listener: Loopback,
}

impl Answer {
    /// Shows how the sign-in ended, and frees the port. A redirect that came by GET is first sent on to a clean path, so that
    /// the code stays neither in the address bar nor in the history.
    pub(super) async fn show(mut self, page: Page) {
        if self.method == Method::Post {
            return finish(&mut self.stream, &page.answer()).await;
        }
        finish(&mut self.stream, &page.see_other()).await;
        let follow_up = async {
            while let Some(mut stream) = self.listener.accept().await {
                let mut head = [0; 2048];
                let read = timeout(CONNECTION_TIMEOUT, stream.read(&mut head)).await;
                let wanted = format!("GET {} HTTP/1.1\r\n", page.path());
                if matches!(read, Ok(Ok(read)) if head[..read].starts_with(wanted.as_bytes())) {
                    return finish(&mut stream, &page.answer()).await;
                }
                finish(&mut stream, &Page::NotHere.answer()).await;
            }
        };
        // Without its page the sign-in is no less complete.
        let _ = timeout(FOLLOW_UP_TIMEOUT, follow_up).await;
    }
}

/// Writes an answer and closes, reading what is still on its way so that the answer is not lost to a reset.
async fn finish(stream: &mut TcpStream, answer: &[u8]) {
    let close = async {
        stream.write_all(answer).await?;
        stream.shutdown().await?;
        let mut rest = [0; 4096];
        let mut left: usize = 1 << 20;
        while left > 0 {
            match stream.read(&mut rest).await? {
                0 => break,
                read => left = left.saturating_sub(read),
            }
        }
        std::io::Result::Ok(())
    };
    let _ = timeout(FOLLOW_UP_TIMEOUT, close).await;
}
