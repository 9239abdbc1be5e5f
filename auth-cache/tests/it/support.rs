//! What the tests share: stores in their own folders, records, and children of this test program.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use auth_cache::{FileStore, Protection};
use auth_core::{
    AccessToken, Account, Clock, Env, Partition, Record, Scope, Secret, StoredToken, Tenant, TokenStore, clock,
};
use tempfile::TempDir;

/// Time is not what most tests are about: long enough for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Place {
    _folder: TempDir,
    pub(crate) directory: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("tokens");
        Self { _folder: folder, directory }
    }

    pub(crate) fn store(&self) -> FileStore {
        store(&self.directory)
    }

    /// Every file in the directory, by name.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = self.directory.read_dir().unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The one file whose name holds `start` and ends with `end`, or `end` and a number.
    pub(crate) fn file(&self, start: &str, end: &str) -> PathBuf {
        let mut names = self.names();
        names.retain(|name| name.contains(start) && name.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with(end));
        assert_eq!(names.len(), 1, "{start} {end}: {names:?}");
        self.directory.join(&names[0])
    }

    /// The file of the one record.
    pub(crate) fn record(&self) -> PathBuf {
        self.file("", ".azml")
    }
}

/// A store that never asks the keyring of the person who runs the tests.
pub(crate) fn store(directory: &Path) -> FileStore {
    FileStore::new(directory).with_protection(Protection::file()).with_clock(Clock::fixed(clock::from_unix(1_000)))
}

pub(crate) fn ann() -> Partition {
    Partition::new("login", ["azurecloud", "ann@contoso.com"])
}

pub(crate) fn ben() -> Partition {
    Partition::new("login", ["azurecloud", "ben@contoso.com"])
}

pub(crate) fn record(refresh_token: &str) -> Record {
    let tenant = Tenant::parse("contoso.com").ok();
    let mut record = Record::default();
    record.account = Some(Account {
        home_account_id: Some("object.tenant".into()),
        username: Some("ann@contoso.com".into()),
        tenant: tenant.clone(),
    });
    record.refresh_token = Some(Secret::new(refresh_token));
    record.tokens = vec![StoredToken {
        scopes: Scope::default_of("https://management.core.windows.net/").unwrap().into(),
        tenant: tenant.clone(),
        token: AccessToken::new(format!("access \"{refresh_token}\" \u{e9}\n"), clock::from_unix(5_000))
            .with_refresh_on(clock::from_unix(4_000))
            .with_tenant(tenant),
    }];
    record
}

pub(crate) async fn save(store: &dyn TokenStore, partition: &Partition, record: &Record) {
    store.lock(partition, PATIENCE).await.unwrap().save(record).await.unwrap();
}

/// A child of this test program that runs one test again, in the role that the variable names.
pub(crate) struct Role {
    child: Child,
    output: Option<Told>,
}

/// What a child tells, line by line.
struct Told(BufReader<ChildStdout>);

impl Iterator for Told {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some(told) = line.strip_prefix("> ") {
                return Some(told.trim_end().to_owned());
            }
        }
    }
}

const ROLE: &str = "AUTH_CACHE_TEST_DIRECTORY";

/// The directory in which this process is to play the second role of a test, if it is a child.
pub(crate) fn directory_of_child() -> Option<PathBuf> {
    Env::process().path(ROLE)
}

/// What a child tells its parent.
pub(crate) fn tell(line: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n> {line}").unwrap();
    out.flush().unwrap();
}

/// Waits until the parent is gone or closes the input.
pub(crate) fn wait_for_parent() {
    let _ = std::io::stdin().read_line(&mut String::new());
}

impl Role {
    /// This program again, to run `test` alone.
    pub(crate) fn command(test: &str, directory: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(ROLE, directory);
        command
    }

    pub(crate) fn start(test: &str, directory: &Path) -> Self {
        Self::of(Self::command(test, directory))
    }

    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = child.stdout.take().map(|output| Told(BufReader::new(output)));
        Self { child, output }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next thing that the child tells.
    pub(crate) fn hear(&mut self) -> Option<String> {
        self.output.as_mut()?.next()
    }

    /// Hands over everything that the child tells, and then none, for as long as the listener wants more.
    pub(crate) fn tells(&mut self, mut listener: impl FnMut(Option<String>) -> bool + Send + 'static) {
        let output = self.output.take().unwrap();
        let lines = output.map(Some).chain([None]);
        std::thread::spawn(move || lines.take_while(|line| listener(line.clone())).count());
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Ends the child's wait.
    pub(crate) fn release(&mut self) {
        drop(self.child.stdin.take());
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets the child end and says whether it went well.
    pub(crate) fn finish(mut self) -> bool {
        self.release();
        while self.hear().is_some() {}
        self.child.wait().unwrap().success()
    }
}
