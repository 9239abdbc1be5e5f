//! Many processes and many tasks on one saved login.
//!
//! The processes are this test binary, started again for one test with a variable that makes it the child.

use std::path::Path;
use std::process::Child;
use std::time::Duration;

use auth_core::{Authentication as _, Cloud, Env, ErrorKind, TokenRequest};
use tempfile::TempDir;
use xtask::emulator::{Effect, Emulator, Fault};

use crate::support::{CHILD, auth, child, environment, sign_in, tomorrow};

const TOKEN_ENDPOINT: &str = "/oauth2/v2.0/token";

fn arm() -> TokenRequest {
    TokenRequest::arm(&Cloud::public())
}

fn redemptions(azure: &Emulator) -> usize {
    azure.requests().iter().filter(|request| request.path.ends_with(TOKEN_ENDPOINT)).count()
}

/// What the child does: as many tasks at once, all of which must get the same token.
async fn get_tokens(home: &Path, tasks: usize) {
    let auth = auth(Env::process(), home, tomorrow());
    let asking: Vec<_> = (0..tasks)
        .map(|_| {
            let auth = auth.clone();
            tokio::spawn(async move { auth.token(&arm()).await.unwrap() })
        })
        .collect();
    let mut tokens = Vec::new();
    for task in asking {
        tokens.push(task.await.unwrap());
    }
    assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_of_fifty_tasks_make_one_refresh() {
    if let Some(home) = std::env::var_os(CHILD) {
        return get_tokens(Path::new(&home), 50).await;
    }
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure).await;
    let test = "storm::eight_processes_of_fifty_tasks_make_one_refresh";
    let children: Vec<Child> = (0..8).map(|_| child(test, home.path(), &azure).spawn().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(redemptions(&azure), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_in_the_middle_of_a_refresh_holds_nobody_up_and_loses_nothing() {
    if let Some(home) = std::env::var_os(CHILD) {
        return get_tokens(Path::new(&home), 1).await;
    }
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure).await;
    azure.add_fault(Fault::once(TOKEN_ENDPOINT, Effect::Hang));
    let test = "storm::a_process_that_is_killed_in_the_middle_of_a_refresh_holds_nobody_up_and_loses_nothing";
    let mut child = child(test, home.path(), &azure).spawn().unwrap();
    while redemptions(&azure) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "the child ended before it asked");
        tokio::task::yield_now().await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let auth = auth(Env::fake(environment(home.path(), &azure)), home.path(), tomorrow());
    auth.token(&arm()).await.unwrap();
    assert_eq!(redemptions(&azure), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_or_slow_token_endpoint_loses_nothing_that_was_saved() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure).await;
    let auth = || auth(Env::fake(environment(home.path(), &azure)), home.path(), tomorrow());
    let faults = [
        (Effect::Hang, ErrorKind::Timeout),
        (Effect::CloseConnection, ErrorKind::Network),
        (Effect::Garbage, ErrorKind::Protocol),
        (Effect::Html, ErrorKind::Network),
        (Effect::throttled(7), ErrorKind::Throttled),
    ];
    for (effect, kind) in faults {
        let shown = format!("{effect:?}");
        azure.add_fault(Fault::new(TOKEN_ENDPOINT, effect));
        // Only what never answers need be waited for.
        let limit = Duration::from_millis(if kind == ErrorKind::Timeout { 500 } else { 30_000 });
        let error = auth().token(&arm().timeout(limit)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{shown}: {error}");
        azure.clear_faults();
        assert!(auth().account().await.unwrap().is_some(), "{shown}");
    }
    auth().token(&arm()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_whose_folder_turns_read_only_still_answers() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    sign_in(home.path(), &azure).await;
    // A folder in the place of the lock file: nothing can be locked or written, whoever runs this.
    for entry in std::fs::read_dir(home.path().join("tokens")).unwrap().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|extension| extension == "lock") {
            std::fs::remove_file(entry.path()).unwrap();
            std::fs::create_dir(entry.path()).unwrap();
        }
    }
    let auth = auth(Env::fake(environment(home.path(), &azure)), home.path(), tomorrow());
    let first = auth.token(&arm()).await.unwrap();
    assert_eq!(auth.token(&arm()).await.unwrap(), first);
    assert_eq!(redemptions(&azure), 1);
    assert!(auth.account().await.unwrap().is_some());
}
