//! How much goes at once.

use std::sync::Arc;

use auth_core::{Error, ErrorKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is in memory for one request at most: the largest range whose MD5 Blob Storage tells (Microsoft, "Get Blob").
pub(super) const PIECE: u64 = 4 << 20;

/// Twice as many requests as there are cores (observed: azure-ai-ml 1.35), with a piece of a file each.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    count: usize,
    permits: Arc<Semaphore>,
}

impl Lanes {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let count = (2 * cores).min(64);
        Self { count, permits: Arc::new(Semaphore::new(count)) }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Waits for a lane, which is free again when this is dropped.
    pub(super) fn enter(&self) -> impl Future<Output = Result<OwnedSemaphorePermit, Error>> + Send + use<> {
        let permit = self.permits.clone().acquire_owned();
        async { permit.await.map_err(|_| Error::new(ErrorKind::Cancelled, "the transfer has ended")) }
    }
}
