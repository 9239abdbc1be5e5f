//! The store behind the cache, and what it could not take.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{Error, ErrorKind, LockedPartition, MemoryStore, Partition, Record, TokenStore};

/// A store that fails is reported once, and what it could not take is kept for this process.
#[derive(Debug)]
pub(super) struct Persistence {
    store: Arc<dyn TokenStore>,
    unsaved: Mutex<Option<Unsaved>>,
    reported: AtomicBool,
}

#[derive(Debug)]
struct Unsaved {
    /// What the store held when it could not be written.
    stored: Option<Record>,
    record: Record,
}

impl Default for Persistence {
    fn default() -> Self {
        Self::new(Arc::new(MemoryStore::new()))
    }
}

impl Persistence {
    pub(super) fn new(store: Arc<dyn TokenStore>) -> Self {
        Self { store, unsaved: Mutex::default(), reported: AtomicBool::new(false) }
    }

    pub(super) async fn load(&self, partition: &Partition) -> Result<Option<Record>, Error> {
        self.or_unsaved(self.store.load(partition).await)
    }

    pub(super) async fn load_locked(&self, locked: &dyn LockedPartition) -> Result<Option<Record>, Error> {
        self.or_unsaved(locked.load().await)
    }

    pub(super) async fn lock(&self, partition: &Partition, wait: Duration) -> Result<Box<dyn LockedPartition>, Error> {
        let locked = self.store.lock(partition, wait).await;
        locked.inspect_err(|error| {
            if error.kind() != ErrorKind::Timeout {
                self.report(error);
            }
        })
    }

    /// Replaces `before`, which was just loaded, by `record`.
    pub(super) async fn save(
        &self,
        locked: &mut dyn LockedPartition,
        before: Option<Record>,
        record: Record,
    ) -> Result<(), Error> {
        let saved = locked.save(&record).await;
        match &saved {
            Ok(()) => *self.unsaved() = None,
            Err(error) => {
                self.report(error);
                self.keep(before, record);
            }
        }
        saved
    }

    /// Keeps for this process what cannot be saved in the place of `before`, which was just loaded.
    pub(super) fn keep(&self, before: Option<Record>, record: Record) {
        let mut unsaved = self.unsaved();
        let stored = unsaved.take().map_or(before, |unsaved| unsaved.stored);
        *unsaved = Some(Unsaved { stored, record });
    }

    pub(super) async fn remove(&self, partition: &Partition, wait: Duration) -> Result<bool, Error> {
        let was_there = self.store.lock(partition, wait).await?.remove().await?;
        let was_kept = self.unsaved().take().is_some();
        Ok(was_there || was_kept)
    }

    /// What could not be saved takes the place of what is stored, unless another process has had a later word.
    fn or_unsaved(&self, stored: Result<Option<Record>, Error>) -> Result<Option<Record>, Error> {
        let mut unsaved = self.unsaved();
        match stored {
            Ok(stored) => {
                unsaved.take_if(|unsaved| unsaved.stored != stored);
                Ok(unsaved.as_ref().map(|unsaved| unsaved.record.clone()).or(stored))
            }
            Err(error) => {
                self.report(&error);
                unsaved.as_ref().map(|unsaved| Some(unsaved.record.clone())).ok_or(error)
            }
        }
    }

    fn unsaved(&self) -> std::sync::MutexGuard<'_, Option<Unsaved>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, error: &Error) {
        if !self.reported.swap(true, Ordering::Relaxed) {
            tracing::warn!(help = error.help(), "{error}; tokens are kept in memory only");
        }
    }
}
