//! The listeners and the thread that serves them.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::http::StatusCode;
use axum::{Extension, Router, middleware};
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

use super::log::Connection;
use super::state::Shared;
use super::{arm, entra, log, oidc, proxy, run_history, tls};

/// The running server. Dropping it stops the thread and frees the ports.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) http: SocketAddr,
    pub(super) https: SocketAddr,
    pub(super) proxy: SocketAddr,
    pub(super) runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(shared: &Arc<Shared>) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        let (plain, secure, proxy) = (listen(), listen(), listen());
        let (http, https, proxy_address) = (address(&plain), address(&secure), address(&proxy));
        let (stop, stopped) = oneshot::channel();
        let handle = runtime.handle().clone();
        let router = router(shared.clone());
        let shared = shared.clone();
        let serve = move || {
            serve(&runtime, router, plain, secure);
            runtime.spawn(async move {
                let proxy = tokio::net::TcpListener::from_std(proxy).expect("the listener is ready for tokio");
                proxy::serve(proxy, https, shared).await;
            });
            // An error means that the sender is gone, which is a reason to stop too.
            let _ = runtime.block_on(stopped);
        };
        let thread =
            std::thread::Builder::new().name("azure-emulator".into()).spawn(serve).expect("a thread can be started");
        Self { http, https, proxy: proxy_address, runtime: handle, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
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

fn listen() -> TcpListener {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
    listener.set_nonblocking(true).expect("a listener can be made non-blocking");
    listener
}

fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("a bound listener has an address")
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .merge(entra::routes())
        .merge(arm::routes())
        .merge(oidc::routes())
        .merge(run_history::routes())
        .fallback(|| async { (StatusCode::NOT_FOUND, "The emulator does not know this path.") })
        .layer(middleware::from_fn_with_state(shared.clone(), log::record))
        .with_state(shared)
}

fn serve(runtime: &Runtime, router: Router, http: TcpListener, https: TcpListener) {
    let _guard = runtime.enter();
    let plain = axum_server::from_tcp(http).expect("the listener is ready for tokio");
    let plain = plain.acceptor(Tagging("http")).serve(router.clone().into_make_service());
    let config = RustlsConfig::from_config(tls::authority().server.clone());
    let secure = axum_server::from_tcp(https).expect("the listener is ready for tokio");
    let secure =
        secure.acceptor(RustlsAcceptor::new(config).acceptor(Tagging("https"))).serve(router.into_make_service());
    runtime.spawn(plain);
    runtime.spawn(secure);
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
