//! A key in the operating system's keyring: Keychain, Credential Manager, or the Secret Service.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use keyring::Entry;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{Key, KeyId, KeyOrigin};

/// The service under which a person finds the entries. Each directory has an entry of its own, because a directory's lock
/// is what keeps two processes from making its key twice.
const SERVICE: &str = "azml";
/// How long the keyring may take; it may be waiting for a person to unlock it.
const PATIENCE: Duration = Duration::from_secs(2);

type Answer = Result<Option<Key>, Error>;

pub(super) struct Keyring {
    directory: PathBuf,
    found: Mutex<Option<Key>>,
    /// A question that has not been answered in time. It is not asked twice, so that a person is not asked twice.
    open_question: tokio::sync::Mutex<Option<oneshot::Receiver<Answer>>>,
}

impl Keyring {
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), found: Mutex::default(), open_question: tokio::sync::Mutex::default() }
    }

    /// The key of this id, or whichever key the keyring has now.
    pub(super) async fn find(&self, id: KeyId) -> Answer {
        match self.found().filter(|key| key.id() == id) {
            Some(key) => Ok(Some(key)),
            None => self.ask().await,
        }
    }

    /// The keyring's key.
    pub(super) async fn current(&self) -> Answer {
        match self.found() {
            Some(key) => Ok(Some(key)),
            None => self.ask().await,
        }
    }

    /// Puts a new key into the keyring. The caller holds the directory's lock, and has seen that there is none.
    pub(super) async fn create(&self) -> Result<Key, Error> {
        let user = self.user();
        let question = on_a_thread(move || {
            let entry = Entry::new(SERVICE, &user).map_err(|error| unavailable(&error))?;
            let key = Key::random(KeyOrigin::Keyring);
            entry.set_password(&key.to_text()).map_err(|error| unavailable(&error))?;
            // What the keyring answers from now on is what counts.
            read(&entry)
        })?;
        let answer = timeout(PATIENCE, question).await.map_err(|_| no_answer())?;
        let key = answer.map_err(|_| no_answer())??;
        let key = key.ok_or_else(|| Error::new(ErrorKind::Store, "the keyring did not keep the cache's key"))?;
        self.remember(&key);
        Ok(key)
    }

    async fn ask(&self) -> Answer {
        let answer = timeout(PATIENCE, async {
            let mut open_question = self.open_question.lock().await;
            let question = match open_question.take() {
                Some(question) => question,
                None => self.question()?,
            };
            let answer = open_question.insert(question).await;
            *open_question = None;
            answer.unwrap_or_else(|_| Err(no_answer()))
        });
        let key = answer.await.map_err(|_| no_answer())??;
        if let Some(key) = &key {
            self.remember(key);
        }
        Ok(key)
    }

    fn question(&self) -> Result<oneshot::Receiver<Answer>, Error> {
        let user = self.user();
        on_a_thread(move || match Entry::store_status() {
            Ok(()) => read(&Entry::new(SERVICE, &user).map_err(|error| unavailable(&error))?),
            Err(error) => Err(unavailable(error)),
        })
    }

    fn user(&self) -> String {
        let directory = self.directory.canonicalize().unwrap_or_else(|_| self.directory.clone());
        format!("key of {}", directory.display())
    }

    fn found(&self) -> Option<Key> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, key: &Key) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("asked", &self.found().is_some()).finish_non_exhaustive()
    }
}

fn read(entry: &Entry) -> Answer {
    match entry.get_password() {
        Ok(text) => {
            let text = zeroize::Zeroizing::new(text);
            Key::from_text(KeyOrigin::Keyring, &text).map(Some).ok_or_else(|| {
                Error::new(ErrorKind::Store, format!("the entry {SERVICE} of the keyring does not hold a key"))
                    .with_help("remove that entry from the keyring, and sign in again")
            })
        }
        Err(keyring::Error::NoEntry) => Ok(None),
        Err(error) => Err(unavailable(&error)),
    }
}

/// Runs `ask` on a thread that nobody waits for: a runtime that shuts down waits for its own blocking threads, and the keyring
/// may take as long as a person does.
fn on_a_thread(ask: impl FnOnce() -> Answer + Send + 'static) -> Result<oneshot::Receiver<Answer>, Error> {
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("keyring".into());
    thread
        .spawn(move || sender.send(ask()))
        .map_err(|error| Error::new(ErrorKind::Store, "no thread for the keyring").with_source(error))?;
    Ok(receiver)
}

const HELP: &str = "unlock the keyring and try again, or choose a key file instead of the keyring";

fn unavailable(error: &keyring::Error) -> Error {
    // Without their causes, which may hold what the keyring answered.
    let why = match error {
        keyring::Error::PlatformFailure(cause) | keyring::Error::NoStorageAccess(cause) => cause.to_string(),
        _ => error.to_string(),
    };
    Error::new(ErrorKind::Store, format!("the keyring cannot be reached ({why})")).with_help(HELP)
}

fn no_answer() -> Error {
    Error::new(ErrorKind::Store, format!("the keyring did not answer within {PATIENCE:?}")).with_help(HELP)
}
