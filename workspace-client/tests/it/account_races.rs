//! What may go wrong between several accounts in one process.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auth_cache::{FileStore, Protection};
use auth_core::claims::Claims;
use auth_core::interactive::Browser;
use auth_core::{
    AccessToken, Authentication as _, Cloud, Env, Error, ErrorKind, LockedPartition, Partition, Record, TokenHandle,
    TokenRequest, TokenStore,
};
use tempfile::TempDir;
use workspace_client::auth::{InteractiveLoginAuthentication, InteractiveLoginBuilder};
use xtask::emulator::Emulator;
use xtask::emulator::defaults::{ADA, GRACE};

use crate::support::{Person, environment};

fn store(home: &Path) -> FileStore {
    FileStore::new(home.join("tokens")).with_protection(Protection::file())
}

fn builder(home: &Path, azure: &Emulator, store: Arc<dyn TokenStore>) -> InteractiveLoginBuilder {
    let env = Env::fake(environment(home, azure));
    InteractiveLoginAuthentication::builder().env(env).store(store).browser(Browser::None)
}

fn upn(token: &AccessToken) -> String {
    Claims::peek(token.secret().expose()).unwrap().upn.unwrap()
}

#[tokio::test]
async fn a_handle_follows_a_sign_in_of_another_account() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let store = || Arc::new(store(home.path()));
    let ada = builder(home.path(), &azure, store()).force(true).prompt(Person::named(&azure, ADA));
    ada.login().await.unwrap();
    let auth = builder(home.path(), &azure, store()).force(true).prompt(Person::named(&azure, GRACE)).build().unwrap();
    let arm = TokenRequest::arm(&Cloud::public());
    let handle = TokenHandle::new(Arc::new(auth.clone()), arm.clone());
    assert_eq!(upn(&handle.token().await.unwrap()), ADA);
    auth.sign_in().await.unwrap();
    assert_eq!(upn(&auth.token(&arm).await.unwrap()), GRACE);
    assert_eq!(upn(&handle.token().await.unwrap()), GRACE);
}

/// A store that reads, and can be told not to write.
#[derive(Debug)]
struct Full(FileStore, AtomicBool);

#[async_trait]
impl TokenStore for Full {
    async fn load(&self, partition: &Partition) -> Result<Option<Record>, Error> {
        self.0.load(partition).await
    }

    async fn lock(&self, partition: &Partition, wait: Duration) -> Result<Box<dyn LockedPartition>, Error> {
        if self.1.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Store, "the disk is full"));
        }
        self.0.lock(partition, wait).await
    }

    async fn partitions(&self) -> Result<Vec<Partition>, Error> {
        self.0.partitions().await
    }
}

#[tokio::test]
async fn a_sign_out_of_all_includes_a_login_that_could_not_be_saved() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let full = Arc::new(Full(store(home.path()), AtomicBool::new(false)));
    let ada = builder(home.path(), &azure, full.clone()).force(true).prompt(Person::named(&azure, ADA));
    ada.login().await.unwrap();
    full.1.store(true, Ordering::SeqCst);
    let grace = builder(home.path(), &azure, full.clone()).force(true).prompt(Person::named(&azure, GRACE));
    let grace = grace.login().await.unwrap();
    assert!(grace.save_problem().is_some());
    full.1.store(false, Ordering::SeqCst);
    let arm = TokenRequest::arm(&Cloud::public());
    assert_eq!(upn(&grace.token(&arm).await.unwrap()), GRACE);
    grace.sign_out_all().await.unwrap();
    let after = grace.token(&arm).await;
    assert!(after.is_err(), "{:?}", after.as_ref().map(upn));
}
