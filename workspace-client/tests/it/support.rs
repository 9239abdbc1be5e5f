//! A home, a person and an Azure for tests.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use auth_cache::{FileStore, Protection};
use auth_core::interactive::{Browser, Prompt, SignIn};
use auth_core::oauth::DeviceCode;
use auth_core::{Clock, Env};
use tempfile::TempDir;
use workspace_client::auth::InteractiveLoginAuthentication;
use xtask::emulator::{Emulator, Visitor};

/// Makes a test the child of itself; its value is the home.
pub(crate) const CHILD: &str = "AZML_TEST_CHILD";

/// azml with a home of its own, and with the loopback Azure in the place of the real one.
pub(crate) fn azml(home: &Path, azure: &Emulator) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_azml"));
    command.env_clear().envs(environment(home, azure)).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// A program for `BROWSER` that passes the URL on to this test.
pub(crate) struct Recorder {
    folder: TempDir,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (script, pipe) = (folder.path().join("browser"), folder.path().join("url"));
        std::fs::write(&script, format!("#!/bin/sh\nprintf %s \"$1\" > '{}'\n", pipe.display())).unwrap();
        for command in [Command::new("chmod").arg("+x").arg(&script), Command::new("mkfifo").arg(&pipe)] {
            assert!(command.status().unwrap().success());
        }
        Self { folder }
    }

    pub(crate) fn program(&self) -> String {
        self.folder.path().join("browser").display().to_string()
    }

    /// Waits for the URL.
    pub(crate) async fn url(&self) -> String {
        let pipe = self.folder.path().join("url");
        let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(pipe).unwrap());
        tokio::time::timeout(Duration::from_secs(20), read).await.expect("azml opens a browser").unwrap()
    }
}

/// This test binary, started again as the child of one test.
pub(crate) fn child(test: &str, home: &Path, azure: &Emulator) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env_clear().envs(environment(home, azure)).env(CHILD, home);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Searches for everything that the loopback Azure ever issued.
pub(crate) fn assert_no_secret(azure: &Emulator, place: &str, bytes: &[u8]) {
    for secret in azure.secrets() {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{place} holds {}...", &secret[..secret.len().min(12)]);
    }
}

/// A person who signs in at once, and remembers how often.
#[derive(Debug)]
pub(crate) struct Person {
    visitor: Visitor,
    declines: bool,
    username: Option<&'static str>,
    visits: Mutex<Vec<JoinHandle<()>>>,
}

impl Person {
    pub(crate) fn new(azure: &Emulator) -> Arc<Self> {
        Arc::new(Self::at(azure))
    }

    /// One who cancels instead.
    pub(crate) fn declining(azure: &Emulator) -> Arc<Self> {
        Arc::new(Self { declines: true, ..Self::at(azure) })
    }

    /// One who picks this account.
    pub(crate) fn named(azure: &Emulator, username: &'static str) -> Arc<Self> {
        Arc::new(Self { username: Some(username), ..Self::at(azure) })
    }

    fn at(azure: &Emulator) -> Self {
        Self { visitor: azure.visitor().clone(), declines: false, username: None, visits: Mutex::default() }
    }

    fn visit(&self, url: String) {
        let (visitor, declines, username) = (self.visitor.clone(), self.declines, self.username);
        let visit = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let landing = runtime.block_on(async {
                match username {
                    _ if declines => visitor.cancel(&url).await,
                    Some(username) => visitor.approve_as(&url, username).await,
                    None => visitor.approve(&url).await,
                }
            });
            landing.unwrap();
        });
        self.visits.lock().unwrap().push(visit);
    }

    /// How often somebody had to sign in, once all of it has ended.
    pub(crate) fn visits(&self) -> usize {
        std::mem::take(&mut *self.visits.lock().unwrap()).into_iter().map(|visit| visit.join().unwrap()).count()
    }
}

impl Prompt for Person {
    fn sign_in_at(&self, sign_in: &SignIn<'_>) {
        self.visit(sign_in.url().to_string());
    }

    fn device_code(&self, code: &DeviceCode) {
        self.visit(format!("{}?otc={}", code.page(), code.user_code()));
    }
}

pub(crate) fn environment(home: &Path, azure: &Emulator) -> Vec<(String, String)> {
    let mut variables = azure.env();
    variables.push(("HOME".to_owned(), home.display().to_string()));
    variables
}

pub(crate) fn auth(env: Env, home: &Path, clock: Clock) -> InteractiveLoginAuthentication {
    let store = FileStore::new(home.join("tokens")).with_protection(Protection::file());
    let builder = InteractiveLoginAuthentication::builder().env(env).store(Arc::new(store)).clock(clock);
    builder.browser(Browser::None).build().unwrap()
}

/// Signs in and saves the login.
pub(crate) async fn sign_in(home: &Path, azure: &Emulator) {
    let store = FileStore::new(home.join("tokens")).with_protection(Protection::file());
    let builder = InteractiveLoginAuthentication::builder().env(Env::fake(environment(home, azure)));
    let builder = builder.store(Arc::new(store)).browser(Browser::None);
    builder.prompt(Person::new(azure)).login().await.unwrap();
    azure.clear_requests();
}

/// A day later every access token has expired; the refresh token has not.
pub(crate) fn tomorrow() -> Clock {
    Clock::fixed(SystemTime::now() + Duration::from_secs(24 * 3600))
}
