//! A server on two loopback ports, one of them with TLS, and the thread that serves them.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::{Extension, Router};
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The running server. Dropping it stops the thread and frees the ports.
#[derive(Debug)]
pub(crate) struct Loopback {
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
    pub(crate) runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The connection that a request came over; an extension of every request.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// A second handle of the socket, to close it under the server's feet.
    pub(crate) socket: Arc<std::net::TcpStream>,
}

impl Loopback {
    pub(crate) fn start(name: &str, router: Router, tls: Arc<ServerConfig>) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        let (plain, secure) = (listen(), listen());
        let (http, https) = (address(&plain), address(&secure));
        let (stop, stopped) = oneshot::channel();
        let handle = runtime.handle().clone();
        let serve = move || {
            let guard = runtime.enter();
            let plain = axum_server::from_tcp(plain).expect("the listener is ready for tokio");
            let plain = plain.acceptor(Tagging("http")).serve(router.clone().into_make_service());
            let tls = RustlsAcceptor::new(RustlsConfig::from_config(tls)).acceptor(Tagging("https"));
            let secure = axum_server::from_tcp(secure).expect("the listener is ready for tokio");
            let secure = secure.acceptor(tls).serve(router.into_make_service());
            runtime.spawn(plain);
            runtime.spawn(secure);
            drop(guard);
            // An error means that the sender is gone, which is a reason to stop too.
            let _ = runtime.block_on(stopped);
        };
        let thread = std::thread::Builder::new().name(name.into()).spawn(serve).expect("a thread can be started");
        Self { http, https, runtime: handle, stop: Some(stop), thread: Some(thread) }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn http_url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// `https://localhost:PORT`.
    pub(crate) fn https_url(&self) -> String {
        format!("https://localhost:{}", self.https.port())
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already reported by the panic hook.
            let _ = thread.join();
        }
    }
}

/// A listener on a free port, ready for tokio.
pub(crate) fn listen() -> TcpListener {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
    listener.set_nonblocking(true).expect("a listener can be made non-blocking");
    listener
}

pub(crate) fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("a bound listener has an address")
}

/// Tells the handlers which connection a request came over.
#[derive(Clone, Copy)]
struct Tagging(&'static str);

impl Accept<TcpStream, Router> for Tagging {
    type Stream = TcpStream;
    type Service = Router;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<(TcpStream, Router)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: Router) -> Self::Future {
        let scheme = self.0;
        Box::pin(async move {
            stream.set_nodelay(true)?;
            let stream = stream.into_std()?;
            let socket = Arc::new(stream.try_clone()?);
            Ok((TcpStream::from_std(stream)?, service.layer(Extension(Connection { scheme, socket }))))
        })
    }
}
