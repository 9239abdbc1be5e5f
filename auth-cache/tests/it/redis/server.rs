//! A Redis of its own for each test, on a socket in a temporary folder, with a password.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use auth_cache::{RedisStore, SharedKey};
use auth_core::Secret;
use redis::{Commands, Connection};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "canary-password-41c7";

pub(crate) struct Server {
    folder: TempDir,
    key: SharedKey,
    process: Option<(Child, BufReader<ChildStdout>)>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with("")
    }

    /// With further lines in its configuration.
    pub(crate) fn start_with(configuration: &str) -> Self {
        let mut server = Self::stopped();
        server.configure(configuration);
        server.run();
        server
    }

    /// Everything but the process.
    pub(crate) fn stopped() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let configuration = format!(
            "port 0\nunixsocket {path}/redis.sock\nunixsocketperm 700\ndir {path}\nrequirepass {PASSWORD}\n\
             appendonly yes\nappendfsync always\nsave \"\"\nslowlog-log-slower-than 0\nslowlog-max-len 10000\n"
        );
        File::create(folder.path().join("redis.conf")).unwrap().write_all(configuration.as_bytes()).unwrap();
        Self { folder, key: SharedKey::generate(), process: None }
    }

    /// Adds lines to its configuration.
    pub(crate) fn configure(&self, lines: &str) {
        let mut file = File::options().append(true).open(self.folder().join("redis.conf")).unwrap();
        writeln!(file, "{lines}").unwrap();
    }

    /// Starts it, again after [`Server::kill`], and waits until it is ready.
    pub(crate) fn run(&mut self) {
        let mut command = Command::new("redis-server");
        command.arg(self.folder().join("redis.conf")).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("redis-server is installed: apt-get install redis-server");
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        while !told.to_lowercase().contains("ready to accept connections") {
            assert_ne!(output.read_line(&mut told).unwrap(), 0, "Redis does not start: {told}");
        }
        self.process = Some((child, output));
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some((mut child, _)) = self.process.take() {
            child.kill().and_then(|()| child.wait()).unwrap();
        }
    }

    /// Sends a signal by its name, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.as_ref().unwrap().0.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder().join("redis.sock")
    }

    pub(crate) fn url(&self) -> Secret {
        Secret::new(format!("unix://{}?pass={PASSWORD}", self.socket().display()))
    }

    pub(crate) fn key(&self) -> SharedKey {
        self.key.clone()
    }

    /// A store with a connection of its own, as another replica has.
    pub(crate) fn store(&self) -> RedisStore {
        RedisStore::new(&self.url(), self.key()).unwrap()
    }

    /// A connection that may do anything.
    pub(crate) fn admin(&self) -> Connection {
        redis::Client::open(self.url().expose()).unwrap().get_connection().unwrap()
    }

    /// The one name in Redis that ends so.
    pub(crate) fn name(&self, end: &str) -> String {
        let mut names: Vec<String> = self.admin().keys(format!("*{end}")).unwrap();
        assert_eq!(names.len(), 1, "{end}: {names:?}");
        names.remove(0)
    }

    /// Everything that clients send from now on, until Redis is killed.
    pub(crate) fn monitor(&self) -> JoinHandle<Vec<u8>> {
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        write!(stream, "AUTH {PASSWORD}\r\nMONITOR\r\n").unwrap();
        let mut greeting = [0; "+OK\r\n+OK\r\n".len()];
        stream.read_exact(&mut greeting).unwrap();
        std::thread::spawn(move || {
            let mut seen = Vec::new();
            // Killing Redis may end it with an error.
            let _ = stream.read_to_end(&mut seen);
            seen
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
