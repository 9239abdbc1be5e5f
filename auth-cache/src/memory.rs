//! Records that can be kept nowhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auth_core::{Error, LockedPartition, MemoryStore, Partition, Record, TokenStore};

/// The records that this process alone has, because no key could be had for them. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    store: MemoryStore,
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

    /// Keeps a record. The caller holds the lock of its partition.
    pub(crate) async fn keep(&self, partition: &Partition, record: &Record, why: &Error) -> Result<(), Error> {
        self.say(Some(why));
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
