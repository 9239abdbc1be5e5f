//! The main proof: replicas on machines that share nothing but Redis and a key make one acquisition.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use auth_cache::{RedisStore, SharedKey};
use auth_core::{
    AccessToken, Authentication, Cached, Clock, Cloud, Error, ErrorKind, Grant, Partition, Record, Secret,
    TokenRequest, TokenSource, clock,
};
use tokio::task::JoinSet;

use super::server::{PASSWORD, Server};
use crate::keyring::with_keyring;
use crate::support::{Role, ann, directory_of_child, tell, wait_for_parent};

const MACHINES: usize = 2;
const REPLICAS: usize = 2;
const TASKS: usize = 25;

/// Adds a line for each acquisition to a file that all processes share.
#[derive(Debug)]
struct Source(PathBuf);

fn append(path: &Path) {
    File::options().append(true).create(true).open(path).unwrap().write_all(b"x").unwrap();
}

fn count(path: &Path) -> usize {
    std::fs::read(path).map_or(0, |bytes| bytes.len())
}

#[async_trait]
impl TokenSource for Source {
    fn name(&self) -> &'static str {
        "Source"
    }

    fn partition(&self) -> Partition {
        ann()
    }

    async fn acquire(&self, _request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        append(&self.0.join("acquisitions"));
        // Nobody is late: the token is not there before every replica has begun to ask for it.
        while count(&self.0.join("begun")) < MACHINES * REPLICAS {
            tokio::task::yield_now().await;
        }
        let token = format!("of-process-{}", std::process::id());
        Ok(AccessToken::new(token, clock::from_unix(9_000)).into())
    }
}

/// A replica: takes the key from the keyring of its machine, and asks for the token with many tasks at once.
async fn replica(root: &Path) -> Result<(), Error> {
    let url = Secret::new(format!("unix://{}?pass={PASSWORD}", root.join("redis.sock").display()));
    let store = RedisStore::new(&url, SharedKey::from_keyring("orders").await?)?;
    let auth = Cached::new(Source(root.to_owned()), Cloud::public())
        .with_store(Arc::new(store))
        .with_clock(Clock::fixed(clock::from_unix(1_000)));
    let auth = Arc::new(auth);
    tell("ready");
    wait_for_parent();
    append(&root.join("begun"));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let auth = auth.clone();
        tasks.spawn(async move { auth.token(&TokenRequest::arm(auth.cloud())).await });
    }
    for token in tasks.join_all().await {
        tell(token?.secret().expose());
    }
    Ok(())
}

/// A machine: a keyring of its own, into which the key is put, and its replicas.
async fn machine(name: &str, directory: &Path, root: &Path) -> Result<(), Error> {
    let key = SharedKey::from_text(&std::fs::read_to_string(root.join("key")).unwrap().into())?;
    let error = SharedKey::from_keyring("orders").await.unwrap_err();
    assert_eq!(error.to_string(), "the keyring has no shared key \"orders\"");
    key.put_into_keyring("orders").await?;
    key.put_into_keyring("orders").await?;
    let error = SharedKey::generate().put_into_keyring("orders").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);

    let mut replicas: Vec<Role> = (0..REPLICAS).map(|_| Role::start(name, &directory.join("replica"))).collect();
    for replica in &mut replicas {
        assert_eq!(replica.hear().as_deref(), Some("ready"));
    }
    tell("ready");
    wait_for_parent();
    replicas.iter_mut().for_each(Role::release);
    for mut replica in replicas {
        while let Some(token) = replica.hear() {
            tell(token);
        }
        assert!(replica.finish());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_on_two_machines_make_one_acquisition_if_gnome_keyring_is_installed() -> Result<(), Error> {
    let name = "redis::machines::four_processes_on_two_machines_make_one_acquisition_if_gnome_keyring_is_installed";
    if let Some(directory) = directory_of_child() {
        let is_machine = directory.ends_with("tokens");
        let root = directory.ancestors().nth(if is_machine { 2 } else { 3 }).unwrap();
        return if is_machine { machine(name, &directory, root).await } else { replica(root).await };
    }
    let server = Server::start();
    let root = server.folder();
    File::create(root.join("key")).unwrap().write_all(server.key().to_text().expose().as_bytes()).unwrap();
    let machines = (0..MACHINES).map(|number| with_keyring(name, &root.join(format!("{number}/tokens"))));
    let Some(mut machines) = machines.collect::<Option<Vec<Role>>>() else { return Ok(()) };
    for machine in &mut machines {
        assert_eq!(machine.hear().as_deref(), Some("ready"));
    }
    machines.iter_mut().for_each(Role::release);
    let mut tokens = Vec::new();
    for mut machine in machines {
        tokens.extend(std::iter::from_fn(|| machine.hear()));
        assert!(machine.finish());
    }
    assert_eq!(tokens.len(), MACHINES * REPLICAS * TASKS);
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    assert_eq!(count(&root.join("acquisitions")), 1);
    Ok(())
}
