//! Nothing that was ever issued reaches a log, an error or a `Debug` text, whoever writes it.

use std::sync::Arc;

use auth_core::{Authentication as _, Cloud, Env, TokenRequest};
use tempfile::TempDir;
use workspace_client::Workspace;
use workspace_client::arm::ArmClient;
use xtask::emulator::{Emulator, defaults};
use xtask::log::Log;

use crate::support::{self, assert_no_secret, tomorrow};

/// On one thread, so that this test's log sees everything: our crates and the HTTP stack, all at TRACE.
#[tokio::test]
async fn a_whole_flow_at_trace_leaves_no_secret_in_logs_errors_or_debug_texts() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let (log, _guard) = Log::of_this_thread();

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

    let text = log.text();
    for target in ["auth_core", "hyper", "h2", "reqwest"] {
        assert!(text.contains(target), "{target} logged nothing, so nothing was looked at");
    }
    assert_no_secret(&azure, "the log", text.as_bytes());
    let shown = format!("{auth:?} {token:?} {:?} {workspace:?} {details:?} {error} {error:?}", token.header());
    assert_no_secret(&azure, "a debug text", shown.as_bytes());
}
