//! The store: one sealed file per partition.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{Clock, Error, ErrorKind, LockedPartition, Partition, Record, TokenStore};

use crate::directory::{self, LARGEST_FILE};
use crate::format::SavedRecord;
use crate::key::{Key, KeyOrigin, Keys, Protection};
use crate::lock::{self, FileLock};
use crate::seal::{Envelope, EnvelopeError, TAG_LENGTH, seal};
use crate::{atomic, quarantine};

const SIGN_IN: &str = "sign in again: azml login";

/// Keeps records as encrypted files in a directory of its own. Clones share the key.
///
/// Making one touches nothing: the directory is created by the first lock, the key by the first save, and a partition without
/// a file is answered without asking for a key.
#[derive(Clone, Debug)]
pub struct FileStore {
    directory: Arc<Path>,
    keys: Arc<Keys>,
    clock: Clock,
}

impl FileStore {
    /// A store in `directory`, which should hold nothing else.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        let directory: Arc<Path> = directory.into().into();
        let keys = Arc::new(Keys::new(&directory, Protection::default()));
        Self { directory, keys, clock: Clock::system() }
    }

    /// Says where the key may be kept.
    pub fn with_protection(mut self, protection: Protection) -> Self {
        self.keys = Arc::new(Keys::new(&self.directory, protection));
        self
    }

    /// Takes the time from `clock`; it names the records that are set aside.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where the key is that will seal the next record; none if it has yet to be made.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if the keyring is needed and cannot be reached, or the key file cannot be read.
    pub async fn protection_in_use(&self) -> Result<Option<KeyOrigin>, Error> {
        Ok(self.keys.current().await?.map(|key| key.id().origin))
    }

    fn path(&self, partition: &Partition) -> PathBuf {
        directory::record_path(&self.directory, partition)
    }

    async fn open(&self, partition: &Partition) -> Result<Option<SavedRecord>, Unreadable> {
        let path = self.path(partition);
        let bytes = match directory::read(&path) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(Unreadable::for_good(&path, &error.to_string()));
            }
            Err(error) => return Err(Unreadable::ForNow(directory::failed(&path, "read", error))),
        };
        let envelope = Envelope::parse(&bytes).map_err(|error| match error {
            EnvelopeError::Damaged => Unreadable::for_good(&path, "it is damaged, or not a record at all"),
            EnvelopeError::Newer => Unreadable::Newer(
                Error::new(ErrorKind::Store, format!("{} was written by a later version", path.display()))
                    .with_help("update azml; the record is left as it is"),
            ),
        })?;
        if envelope.partition != partition.as_str() {
            return Err(Unreadable::for_good(&path, &format!("it is the record of {:?}", envelope.partition)));
        }
        let key = self.keys.find(envelope.key).await.map_err(|error| {
            let help = error.help().unwrap_or(SIGN_IN).to_owned();
            let message = format!("{} cannot be opened now: {error}", path.display());
            Unreadable::ForNow(Error::new(ErrorKind::Store, message).with_help(help).with_source(error))
        })?;
        let Some(key) = key else {
            let why = format!("the key that it was sealed with is no longer in {}", envelope.key.origin);
            return Err(Unreadable::for_good(&path, &why));
        };
        let saved = envelope.open(&key).ok().and_then(|json| SavedRecord::from_json(&json));
        saved.map(Some).ok_or_else(|| Unreadable::for_good(&path, "it is damaged"))
    }
}

/// Why there is a record but not its content.
enum Unreadable {
    /// Nothing will ever open it.
    ForGood(Error),
    /// Something is missing just now, such as the keyring.
    ForNow(Error),
    /// It must not be touched.
    Newer(Error),
}

impl Unreadable {
    fn for_good(path: &Path, why: &str) -> Self {
        let message = format!("{} cannot be opened: {why}", path.display());
        Self::ForGood(Error::new(ErrorKind::Store, message).with_help(SIGN_IN))
    }

    fn into_error(self) -> Error {
        match self {
            Self::ForGood(error) | Self::ForNow(error) | Self::Newer(error) => error,
        }
    }
}

#[async_trait]
impl TokenStore for FileStore {
    async fn load(&self, partition: &Partition) -> Result<Option<Record>, Error> {
        let saved = self.open(partition).await.map_err(Unreadable::into_error)?;
        Ok(saved.map(|saved| saved.record()))
    }

    async fn lock(&self, partition: &Partition, wait: Duration) -> Result<Box<dyn LockedPartition>, Error> {
        directory::prepare(&self.directory)?;
        let path = self.path(partition);
        let lock = lock::acquire(&directory::beside(&path, ".lock"), wait).await?;
        Ok(Box::new(LockedFile { store: self.clone(), partition: partition.clone(), path, lock: Arc::new(lock) }))
    }

    async fn partitions(&self) -> Result<Vec<Partition>, Error> {
        let partition = |path: &PathBuf| {
            let bytes = directory::read(path).ok()??;
            let partition = Partition::from_text(Envelope::parse(&bytes).ok()?.partition);
            (self.path(&partition) == *path).then_some(partition)
        };
        Ok(directory::record_paths(&self.directory).iter().filter_map(partition).collect())
    }
}

#[derive(Debug)]
struct LockedFile {
    store: FileStore,
    partition: Partition,
    path: PathBuf,
    /// Shared with a write that is under way, which may outlive the future that started it.
    lock: Arc<FileLock>,
}

impl LockedFile {
    /// Keeps a record that cannot be opened under another name.
    fn make_way(&self, unreadable: Unreadable) -> Result<(), Error> {
        let clock = &self.store.clock;
        let (kept_as, error) = match unreadable {
            Unreadable::ForGood(error) => (quarantine::set_aside(&self.path, clock)?, error),
            Unreadable::ForNow(error) => (quarantine::keep_copy(&self.path, clock)?, error),
            Unreadable::Newer(error) => return Err(error),
        };
        tracing::warn!(kept_as = %kept_as.display(), help = error.help(), "{error}");
        Ok(())
    }

    fn seal(&self, key: &Key, record: &SavedRecord) -> Result<Vec<u8>, Error> {
        let failed = |why: &str| {
            Error::new(ErrorKind::Store, format!("the record of {} cannot be sealed: {why}", self.partition))
        };
        let json = record.to_json(TAG_LENGTH).map_err(|error| failed(&error.to_string()))?;
        let sealed = seal(key, &self.partition, json).map_err(|_| failed("the cipher refused it"))?;
        if sealed.len() as u64 > LARGEST_FILE {
            return Err(failed("it is larger than a record can be"));
        }
        Ok(sealed)
    }

    /// Runs blocking work on the file; the lock lives as long as the work does.
    async fn while_locked<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (path, lock) = (self.path.clone(), self.lock.clone());
        let work = tokio::task::spawn_blocking(move || {
            let result = work(&path);
            drop(lock);
            result
        });
        let result = work.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        result.map_err(|error| directory::failed(&self.path, what, error))
    }
}

#[async_trait]
impl LockedPartition for LockedFile {
    async fn load(&self) -> Result<Option<Record>, Error> {
        match self.store.open(&self.partition).await {
            Ok(saved) => Ok(saved.map(|saved| saved.record())),
            Err(unreadable @ Unreadable::ForGood(_)) => self.make_way(unreadable).map(|()| None),
            Err(Unreadable::ForNow(error) | Unreadable::Newer(error)) => Err(error),
        }
    }

    async fn save(&mut self, record: &Record) -> Result<(), Error> {
        let (previous, unreadable) = match self.store.open(&self.partition).await {
            Ok(previous) => (previous, None),
            Err(Unreadable::Newer(error)) => return Err(error),
            Err(unreadable) => (None, Some(unreadable)),
        };
        let key = self.store.keys.current_or_new().await?;
        let sealed = self.seal(&key, &SavedRecord::new(record, previous))?;
        if let Some(unreadable) = unreadable {
            self.make_way(unreadable)?;
        }
        self.while_locked("written", move |path| atomic::replace(path, &sealed)).await
    }

    async fn remove(&mut self) -> Result<bool, Error> {
        self.while_locked("removed", |path| {
            atomic::sweep(path);
            quarantine::clear(path);
            match std::fs::remove_file(path) {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await
    }
}
