//! Keys in a keyring: the operating system's (Keychain, Credential Manager, Secret Service) or the Linux kernel's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{Error, ErrorKind};
use keyring_core::Entry;
use zeroize::Zeroizing;

use super::asked::{self, Asked, Asking};
use super::keys::ANOTHER_PLACE;
use super::place::Place;
use super::{Key, KeyId, KeyOrigin};
use crate::lock::FileLock;

/// The service under which a person finds the entries. Each directory has an entry of its own, because a directory's lock
/// is what keeps two processes from making its key twice.
const SERVICE: &str = "azml";
const HELP: &str = "unlock the keyring and try again; to do without it: azml logout --all, then export AZML_PROTECTION=key-file and azml login";

/// One entry of a keyring, with one key a line.
pub(super) struct Vault {
    backend: &'static Backend,
    directory: PathBuf,
    asked: Asked,
}

pub(super) struct Backend {
    origin: KeyOrigin,
    name: &'static str,
    open: fn(&str) -> keyring_core::Result<Entry>,
}

static KEYRING: Backend = Backend { origin: KeyOrigin::Keyring, name: "the keyring", open: open_keyring };

/// The keys that services share lie in the same keyring.
#[cfg(feature = "redis")]
pub(super) static SHARED: Backend = Backend { origin: KeyOrigin::Shared, name: "the keyring", open: open_keyring };

#[cfg(all(feature = "keyutils", target_os = "linux"))]
static KEYUTILS: Backend = Backend {
    origin: KeyOrigin::Keyutils,
    name: "the kernel's keyring",
    open: |user| {
        use keyring_core::api::CredentialStoreApi;
        linux_keyutils_keyring_store::Store::new()?.build(SERVICE, user, None)
    },
};

fn open_keyring(user: &str) -> keyring_core::Result<Entry> {
    match keyring::Entry::store_status() {
        Ok(()) => keyring::Entry::new(SERVICE, user).map(|entry| entry.inner),
        Err(error) => Err(keyring_core::Error::PlatformFailure(cause(error).into())),
    }
}

impl Vault {
    pub(super) fn keyring(directory: &Path) -> Self {
        Self::new(&KEYRING, directory)
    }

    #[cfg(all(feature = "keyutils", target_os = "linux"))]
    pub(super) fn keyutils(directory: &Path) -> Self {
        Self::new(&KEYUTILS, directory)
    }

    fn new(backend: &'static Backend, directory: &Path) -> Self {
        Self { backend, directory: directory.to_owned(), asked: Asked::default() }
    }

    fn asking(&self) -> impl Asking {
        let (backend, user) = (self.backend, self.user());
        move || backend.read(&backend.entry(&user)?)
    }

    async fn now(&self) -> Result<Vec<Key>, Error> {
        self.asked.now(self.asking(), || self.backend.late()).await
    }

    /// Makes these the keys of the entry; the entry goes with the last of them.
    async fn write(&self, keys: Vec<Key>, lock: &Arc<FileLock>) -> Result<(), Error> {
        let (backend, user, wanted, lock) = (self.backend, self.user(), keys.clone(), lock.clone());
        let change = move || {
            let _held = lock;
            let entry = backend.entry(&user)?;
            backend.write(&entry, &wanted)?;
            // What the keyring answers from now on is what counts.
            backend.read(&entry)
        };
        let kept = asked::change(change, || backend.late()).await.inspect_err(|error| self.asked.leave_alone(error))?;
        if !kept.iter().map(Key::id).eq(keys.iter().map(Key::id)) {
            return Err(Error::new(ErrorKind::Store, format!("{} did not keep the cache's key", backend.name))
                .with_help(ANOTHER_PLACE));
        }
        self.asked.remember(kept);
        Ok(())
    }

    fn user(&self) -> String {
        let directory = self.directory.canonicalize().unwrap_or_else(|_| self.directory.clone());
        format!("key of {}", directory.display())
    }
}

#[async_trait]
impl Place for Vault {
    fn origin(&self) -> KeyOrigin {
        self.backend.origin
    }

    async fn ids(&self) -> Result<Vec<KeyId>, Error> {
        Ok(self.now().await?.iter().map(Key::id).collect())
    }

    async fn key(&self, id: KeyId) -> Result<Option<Key>, Error> {
        self.asked.find(id, self.asking(), || self.backend.late()).await
    }

    async fn add(&self, lock: &Arc<FileLock>) -> Result<Key, Error> {
        let mut keys = self.now().await?;
        let key = Key::random(self.backend.origin);
        keys.insert(0, key.clone());
        self.write(keys, lock).await?;
        Ok(key)
    }

    async fn retain(&self, kept: &[KeyId], lock: &Arc<FileLock>) -> Result<(), Error> {
        let mut keys = self.now().await?;
        let before = keys.len();
        keys.retain(|key| kept.contains(&key.id()));
        if keys.len() == before { Ok(()) } else { self.write(keys, lock).await }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Vault");
        debug.field("origin", &self.backend.origin).field("asked", &self.asked.has_found()).finish_non_exhaustive()
    }
}

impl Backend {
    pub(super) fn entry(&self, user: &str) -> Result<Entry, Error> {
        (self.open)(user).map_err(|error| self.unavailable(&error))
    }

    pub(super) fn read(&self, entry: &Entry) -> Result<Vec<Key>, Error> {
        let text = match entry.get_password() {
            Ok(text) => Zeroizing::new(text),
            Err(keyring_core::Error::NoEntry) => return Ok(Vec::new()),
            Err(error) => return Err(self.unavailable(&error)),
        };
        Key::all_from_text(self.origin, &text).ok_or_else(|| {
            Error::new(ErrorKind::Store, format!("the entry {SERVICE} of {} does not hold a key", self.name))
                .with_help("remove that entry from the keyring, and sign in again")
        })
    }

    pub(super) fn write(&self, entry: &Entry, keys: &[Key]) -> Result<(), Error> {
        let is_first = self.origin == KeyOrigin::Keyutils && self.read(entry).is_ok_and(|keys| keys.is_empty());
        let written = if keys.is_empty() {
            match entry.delete_credential() {
                Err(keyring_core::Error::NoEntry) => Ok(()),
                deleted => deleted,
            }
        } else {
            entry.set_password(&Key::all_to_text(keys))
        };
        if written.is_err() && is_first {
            // The kernel's store may refuse a key that it has already added, and leave it there.
            let _ = entry.delete_credential();
        }
        written.map_err(|error| self.unavailable(&error))
    }

    fn unavailable(&self, error: &keyring_core::Error) -> Error {
        Error::new(ErrorKind::Store, format!("{} cannot be reached ({})", self.name, cause(error))).with_help(HELP)
    }

    pub(super) fn late(&self) -> Error {
        Error::new(ErrorKind::Store, format!("{} did not answer within {:?}", self.name, asked::PATIENCE))
            .with_help(HELP)
    }
}

/// Why, without the causes of the cause, which may hold what the keyring answered.
fn cause(error: &keyring_core::Error) -> String {
    match error {
        keyring_core::Error::PlatformFailure(cause) | keyring_core::Error::NoStorageAccess(cause) => cause.to_string(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::task::{Context, Waker};
    use std::time::Duration;

    use keyring_core::Credential;
    use keyring_core::api::CredentialApi;

    use super::*;
    use crate::lock::{Sharing, Wait, acquire};

    /// A keyring that takes as long for a write as the test wants, such as until a person has unlocked it.
    #[derive(Debug)]
    struct Slow;

    static WRITES: Mutex<Option<(Sender<()>, Receiver<()>)>> = Mutex::new(None);
    static BACKEND: Backend = Backend {
        origin: KeyOrigin::Keyring,
        name: "the slow keyring",
        open: |_| Ok(Entry::new_with_credential(Arc::new(Slow))),
    };

    impl CredentialApi for Slow {
        fn set_secret(&self, _secret: &[u8]) -> keyring_core::Result<()> {
            let (begun, go_on) = WRITES.lock().unwrap().take().unwrap();
            begun.send(()).unwrap();
            go_on.recv().unwrap();
            Ok(())
        }

        fn get_secret(&self) -> keyring_core::Result<Vec<u8>> {
            Err(keyring_core::Error::NoEntry)
        }

        fn delete_credential(&self) -> keyring_core::Result<()> {
            Ok(())
        }

        fn get_credential(&self) -> keyring_core::Result<Option<Arc<Credential>>> {
            Ok(None)
        }

        fn get_specifiers(&self) -> Option<(String, String)> {
            None
        }

        fn as_any(&self) -> &dyn Any {
            self
        }
    }

    #[tokio::test]
    async fn a_write_that_is_given_up_keeps_the_lock_until_it_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.lock");
        let lock = async |wait| acquire(&path, Sharing::Exclusive, Wait::of(wait)).await;
        let held = Arc::new(lock(Duration::ZERO).await.unwrap());
        let ((begun, has_begun), (let_go, go_on)) = (channel(), channel());
        *WRITES.lock().unwrap() = Some((begun, go_on));

        let vault = Vault::new(&BACKEND, folder.path());
        let mut write = Box::pin(vault.write(vec![Key::random(KeyOrigin::Keyring)], &held));
        assert!(write.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        has_begun.recv().unwrap();
        drop(write);
        drop(held);
        assert_eq!(lock(Duration::ZERO).await.unwrap_err().kind(), ErrorKind::Timeout);
        let_go.send(()).unwrap();
        lock(Duration::from_secs(60)).await.unwrap();
    }
}
