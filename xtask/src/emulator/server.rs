//! The listeners of Azure and of the forward proxy.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::{Router, middleware};

use super::state::Shared;
use super::{arm, data_plane, entra, log, managed_identity, oidc, proxy, tls};
use crate::loopback::{self, Loopback};

/// The running servers. Dropping this stops them and frees the ports.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) azure: Loopback,
    pub(super) proxy: SocketAddr,
}

impl Server {
    pub(super) fn start(shared: &Arc<Shared>) -> Self {
        let azure = Loopback::start("azure-emulator", router(shared.clone()), tls::authority().server.clone());
        let (listener, https, shared) = (loopback::listen(), azure.https, shared.clone());
        let proxy = loopback::address(&listener);
        azure.runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is ready for tokio");
            proxy::serve(listener, https, shared).await;
        });
        Self { azure, proxy }
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .merge(entra::routes())
        .merge(arm::routes())
        .merge(managed_identity::routes())
        .merge(oidc::routes())
        .merge(data_plane::routes())
        .fallback(|| async { (StatusCode::NOT_FOUND, "The emulator does not know this path.") })
        .layer(middleware::from_fn_with_state(shared.clone(), data_plane::serve_blobs))
        .layer(middleware::from_fn_with_state(shared.clone(), log::record))
        .with_state(shared)
}
