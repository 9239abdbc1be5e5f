//! Records that can be kept nowhere else.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_core::{Error, LockedPartition, MemoryStore, Partition, Record, TokenStore};

/// The records that this process alone has, because no key could be had for them. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    store: MemoryStore,
    /// What lay on disk when a record was kept here instead.
    instead_of: Arc<Mutex<HashMap<Partition, Option<Vec<u8>>>>>,
    was_said: Arc<AtomicBool>,
}

impl Memory {
    pub(crate) async fn load(&self, partition: &Partition) -> Result<Option<Record>, Error> {
        self.store.load(partition).await
    }

    pub(crate) async fn partitions(&self) -> Result<Vec<Partition>, Error> {
        self.store.partitions().await
    }

    /// Locks a partition against the other tasks of this process; `why` it cannot be on disk, unless that was the person's choice.
    pub(crate) async fn lock(
        &self,
        partition: &Partition,
        wait: Duration,
        why: Option<&Error>,
    ) -> Result<Box<dyn LockedPartition>, Error> {
        self.say(why);
        self.store.lock(partition, wait).await
    }

    /// Whether `file`, which lies on disk now, is what a record was kept here instead of, and not somebody's later word.
    pub(crate) fn is_instead_of(&self, partition: &Partition, file: Option<&[u8]>) -> bool {
        let instead_of = self.instead_of.lock().unwrap_or_else(PoisonError::into_inner);
        instead_of.get(partition).map_or(file.is_none(), |before| before.as_deref() == file)
    }

    /// Keeps a record instead of `file`, which lies on disk. The caller holds the lock of its partition.
    pub(crate) async fn keep(
        &self,
        partition: &Partition,
        record: &Record,
        file: Option<Vec<u8>>,
        why: &Error,
    ) -> Result<(), Error> {
        self.say(Some(why));
        self.instead_of.lock().unwrap_or_else(PoisonError::into_inner).insert(partition.clone(), file);
        self.store.lock(partition, Duration::ZERO).await?.save(record).await
    }

    /// Forgets a record, and says whether there was one. The caller holds the lock of its partition.
    pub(crate) async fn forget(&self, partition: &Partition) -> Result<bool, Error> {
        if self.store.load(partition).await?.is_none() {
            return Ok(false);
        }
        self.store.lock(partition, Duration::ZERO).await?.remove().await
    }

    fn say(&self, why: Option<&Error>) {
        if self.was_said.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(why) = why {
            tracing::warn!(help = why.help(), "{why}; tokens are kept in this process only");
        } else {
            tracing::info!("tokens are kept in this process only");
        }
    }
}
