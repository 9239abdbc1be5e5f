//! Accepting connections, within limits.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Authentication, Clock, Error, ErrorKind, Tenant, TokenRequest};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hyper::header::USER_AGENT;
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use super::answer::{self, Answer, Granted, Refusal};
use super::audit;
use super::listener::{Listener, Peer, Stream};
use super::protocol::Rules;
use super::rate::Rate;
use crate::terminal::tell;

/// How many connections are served at once; others wait.
const MOST_CONNECTIONS: usize = 64;
/// How long the head of a request may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may take in all, which is more than a token may take.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(90);
/// How long a head may be.
const LARGEST_HEAD: usize = 16 * 1024;

/// Answers requests with tokens.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) rules: Rules,
    pub(super) rate: RefCell<Rate>,
    pub(super) auth: Arc<dyn Authentication>,
    /// Of which tokens are given, if not of the identity's own.
    pub(super) tenant: Option<Tenant>,
    pub(super) clock: Clock,
    /// Whether an answer could not be told to anybody.
    pub(super) is_unwatched: Cell<bool>,
}

impl Server {
    /// Answers until it is dropped, or until nobody can see any more what is answered: its terminal is gone.
    pub(super) async fn run(&self, listener: &Listener) -> Error {
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                (stream, peer) = listener.accept(), if connections.len() < MOST_CONNECTIONS => {
                    connections.push(self.serve(stream, peer));
                }
                Some(()) = connections.next() => if self.is_unwatched.get() {
                    return Error::new(ErrorKind::Configuration, "what is served can no longer be told: stderr is gone");
                },
            }
        }
    }

    /// One connection, and one request on it.
    async fn serve(&self, stream: Box<dyn Stream>, peer: Peer) {
        let answer = service_fn(async |request: Request<_>| -> Result<Response<String>, Infallible> {
            let head = request.into_parts().0;
            let answer = self.answer(&head).await;
            let line = audit::line(self.clock.now(), &answer, peer, head.headers.get(USER_AGENT));
            // A terminal that stands still holds this answer back, but not the end of the endpoint.
            let is_told = spawn_blocking(move || tell(&line)).await.is_ok_and(|told| told.is_ok());
            if is_told {
                return Ok(answer::response(&answer));
            }
            self.is_unwatched.set(true);
            let message = "nobody can see what this endpoint answers; it has ended";
            Ok(answer::response(&Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message))))
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(LARGEST_HEAD).keep_alive(false);
        // Whoever leaves or stalls gets no answer.
        let _ = timeout(CONNECTION_TIMEOUT, http.serve_connection(TokioIo::new(stream), answer)).await;
    }

    async fn answer(&self, head: &Parts) -> Answer {
        let wanted = self.rules.check(head)?;
        self.rate.borrow_mut().take(Instant::now()).map_err(Refusal::too_often)?;
        let request = TokenRequest::new(wanted.scopes).tenant(self.tenant.clone());
        let token = self.auth.token(&request).await.map_err(|error| Refusal::of(&error))?;
        Ok(Granted { resource: wanted.resource, token })
    }
}
