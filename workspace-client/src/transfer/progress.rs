//! How far a transfer is.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How far an upload or a download is. What need not be moved, because it is there already, counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Files that are done.
    pub files: u64,
    /// Files in all.
    pub total_files: u64,
    /// Bytes that are done.
    pub bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// Who is told about it; by default nobody.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<dyn Fn(Progress) + Send + Sync>>);

impl Observer {
    /// Tells it this function, which should return at once.
    pub fn new(tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observer").field(&self.0.is_some()).finish()
    }
}

/// Counts, and tells.
#[derive(Debug)]
pub(super) struct Tally {
    observer: Observer,
    progress: Mutex<Progress>,
}

impl Tally {
    /// Begins with nothing done of so many files and bytes.
    pub(super) fn new(observer: Observer, total_files: usize, total_bytes: u64) -> Self {
        let progress = Progress { total_files: total_files as u64, total_bytes, ..Progress::default() };
        let tally = Self { observer, progress: Mutex::new(progress) };
        tally.add(0, 0);
        tally
    }

    pub(super) fn bytes(&self, count: u64) {
        self.add(0, count);
    }

    pub(super) fn file(&self) {
        self.add(1, 0);
    }

    /// Told under the lock, so that nobody sees it go backwards.
    fn add(&self, files: u64, bytes: u64) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.files += files;
        progress.bytes += bytes;
        if let Observer(Some(tell)) = &self.observer {
            tell(*progress);
        }
    }
}
