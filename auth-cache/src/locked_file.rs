//! A partition under its lock.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{Error, ErrorKind, LockedPartition, Partition, Record};
use zeroize::Zeroizing;

use crate::directory::{self, LARGEST_FILE};
use crate::file_store::{FileStore, Unreadable};
use crate::format::SavedRecord;
use crate::key::{Key, KeyOrigin, Reach, Sealing};
use crate::lock::FileLock;
use crate::seal::{Envelope, EnvelopeError, TAG_LENGTH, seal};
use crate::{atomic, quarantine};

#[derive(Debug)]
pub(crate) struct LockedFile {
    store: FileStore,
    partition: Partition,
    path: PathBuf,
    /// Shared with a write that is under way, which may outlive the future that started it.
    lock: Arc<FileLock>,
}

impl LockedFile {
    pub(crate) fn new(store: FileStore, partition: Partition, path: PathBuf, lock: FileLock) -> Self {
        Self { store, partition, path, lock: Arc::new(lock) }
    }

    /// Seals the record with the current key, from wherever its own key is, and says where that was; none if there is nothing to
    /// do. What it says is not looked at.
    pub(crate) async fn reseal(&self) -> Result<Option<KeyOrigin>, Unreadable> {
        let Some(opened) = self.store.decrypt(&self.partition, Reach::Everywhere).await? else { return Ok(None) };
        let sealing = self.store.keys().for_sealing().await.map_err(Unreadable::ForNow)?;
        if sealing.key.id() == opened.key {
            return Ok(None);
        }
        let sealed = self.seal(&sealing.key, opened.plaintext).map_err(Unreadable::ForNow)?;
        self.replace(sealing, sealed).await.map_err(Unreadable::ForNow)?;
        Ok(Some(opened.key.origin))
    }

    /// Keeps a record that nothing will open under another name.
    fn make_way(&self, error: &Error) -> Result<(), Error> {
        let kept_as = quarantine::set_aside(&self.path, self.store.clock())?;
        tracing::warn!(kept_as = %kept_as.display(), help = error.help(), "{error}");
        Ok(())
    }

    fn seal(&self, key: &Key, plaintext: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, Error> {
        let sealed = seal(key, &self.partition, plaintext).map_err(|_| self.unsealable("the cipher refused it"))?;
        if sealed.len() as u64 > LARGEST_FILE {
            return Err(self.unsealable("it is larger than a record can be"));
        }
        Ok(sealed)
    }

    fn unsealable(&self, why: &str) -> Error {
        Error::new(ErrorKind::Store, format!("the record of {} cannot be sealed: {why}", self.partition))
    }

    /// Writes what was sealed with a key, which nobody may remove before that is done.
    async fn replace(&self, sealing: Sealing, sealed: Vec<u8>) -> Result<(), Error> {
        let written = move |path: &Path| {
            let written = atomic::replace(path, &sealed);
            drop(sealing);
            written
        };
        self.while_locked("written", written).await
    }

    async fn keep_in_memory(&self, record: &Record, why: &Error) -> Result<(), Error> {
        let file = directory::read(&self.path).ok().flatten();
        self.store.memory().keep(&self.partition, record, file, why).await
    }

    /// Where the key of the record is; none if that cannot be said.
    fn origin(&self) -> Result<Option<KeyOrigin>, Error> {
        let bytes = directory::read(&self.path).ok().flatten().unwrap_or_default();
        match Envelope::parse(&bytes) {
            Ok(envelope) => Ok(Some(envelope.key.origin)),
            Err(EnvelopeError::Damaged) => Ok(None),
            Err(EnvelopeError::Newer) => Err(Unreadable::newer(&self.path).into_error()),
        }
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
        if let Some(record) = self.store.in_memory(&self.partition).await? {
            return Ok(Some(record));
        }
        match self.store.open(&self.partition).await {
            Ok(saved) => Ok(saved.map(|saved| saved.record())),
            Err(Unreadable::ForGood(error)) => self.make_way(&error).map(|()| None),
            Err(Unreadable::ForNow(error) | Unreadable::Newer(error)) => Err(error),
        }
    }

    async fn save(&mut self, record: &Record) -> Result<(), Error> {
        let (previous, unreadable) = match self.store.open(&self.partition).await {
            Ok(previous) => (previous, None),
            Err(Unreadable::ForGood(error)) => (None, Some(error)),
            // Whatever would replace it would lose a login, or seal it with a lesser key.
            Err(Unreadable::ForNow(error)) if self.store.keys().protection().allows_memory() => {
                return self.keep_in_memory(record, &error).await;
            }
            Err(Unreadable::ForNow(error) | Unreadable::Newer(error)) => return Err(error),
        };
        let saved = SavedRecord::new(record, previous);
        let json = saved.to_json(TAG_LENGTH).map_err(|error| self.unsealable(&error.to_string()))?;
        let sealing = match self.store.keys().for_sealing().await {
            // Whoever is only late is asked again.
            Err(error) if error.kind() == ErrorKind::Store && self.store.keys().protection().allows_memory() => {
                return self.keep_in_memory(record, &error).await;
            }
            sealing => sealing?,
        };
        let sealed = self.seal(&sealing.key, json)?;
        if let Some(error) = unreadable {
            self.make_way(&error)?;
        }
        self.replace(sealing, sealed).await?;
        self.store.memory().forget(&self.partition).await.map(drop)
    }

    async fn remove(&mut self) -> Result<bool, Error> {
        let origin = self.origin()?;
        let was_in_memory = self.store.memory().forget(&self.partition).await?;
        let removed = self.while_locked("removed", |path| {
            atomic::sweep(path);
            quarantine::clear(path);
            directory::remove(path)
        });
        if !removed.await? {
            return Ok(was_in_memory);
        }
        if let Err(error) = self.store.keys().remove_with_the_last_record(origin).await {
            tracing::warn!(help = error.help(), "the record is removed, but the key that sealed it is not: {error}");
        }
        Ok(true)
    }
}
