//! Nothing that was ever issued reaches a log, an error or a `Debug` text, whoever writes it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use auth_core::{Authentication as _, Cloud, Env, TokenRequest};
use tempfile::TempDir;
use tracing_subscriber::util::SubscriberInitExt as _;
use workspace_client::Workspace;
use workspace_client::arm::ArmClient;
use xtask::emulator::{Emulator, defaults};

use crate::support::{self, assert_no_secret, tomorrow};

#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// On one thread, so that this test's log sees everything: our crates and the HTTP stack, all at TRACE.
#[tokio::test]
async fn a_whole_flow_at_trace_leaves_no_secret_in_logs_errors_or_debug_texts() {
    let (azure, home, log) = (Emulator::start(), TempDir::new().unwrap(), Log::default());
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let _guard = subscriber.finish().set_default();

    support::sign_in(home.path(), &azure).await;
    let env = Env::fake(support::environment(home.path(), &azure));
    let auth = support::auth(env.clone(), home.path(), tomorrow());
    let token = auth.token(&TokenRequest::arm(&Cloud::public())).await.unwrap();
    let client = ArmClient::new(Arc::new(auth.clone())).http(auth_core::http::HttpClient::new(env));
    let workspace =
        Workspace::new(defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE).client(client);
    let details = workspace.get().await.unwrap();
    azure.revoke(defaults::ADA);
    let error = auth.token(&TokenRequest::arm(&Cloud::public()).instead_of(&token)).await.unwrap_err();

    let log = log.0.lock().unwrap().clone();
    let text = String::from_utf8_lossy(&log);
    for target in ["auth_core", "hyper", "h2", "reqwest"] {
        assert!(text.contains(target), "{target} logged nothing, so nothing was looked at");
    }
    assert_no_secret(&azure, "the log", &log);
    let shown = format!("{auth:?} {token:?} {:?} {workspace:?} {details:?} {error} {error:?}", token.header());
    assert_no_secret(&azure, "a debug text", shown.as_bytes());
}
