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

/// Whose word a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A renewal of what was there before.
    Renewal,
    /// A sign-in by a person, which takes the place of whatever was there.
    SignIn,
}

/// What was in the place of a record.
#[derive(Debug)]
pub(super) enum Before {
    /// This record, or none.
    Known(Option<Record>),
    /// It could not be read.
    Unknown,
}

#[derive(Debug)]
struct Unsaved {
    /// What the store held.
    stored: Before,
    record: Record,
    word: Word,
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

    /// Replaces `before`, which was just loaded if it could be, by `record`.
    pub(super) async fn save(
        &self,
        locked: &mut dyn LockedPartition,
        before: Before,
        record: Record,
        word: Word,
    ) -> Result<(), Error> {
        // Whoever waits for this may be dropped before it ends; what was obtained is not lost with it.
        self.keep(before, record.clone(), word);
        let saved = locked.save(&record).await;
        match &saved {
            Ok(()) => drop(self.unsaved().take_if(|unsaved| unsaved.record == record)),
            Err(error) => self.report(error),
        }
        saved
    }

    /// Keeps for this process what cannot be saved in the place of `before`, which was just loaded if it could be.
    pub(super) fn keep(&self, before: Before, record: Record, word: Word) {
        let mut unsaved = self.unsaved();
        if unsaved.as_ref().is_some_and(|unsaved| !unsaved.may_be_replaced(&before, word)) {
            return;
        }
        let (stored, word) = match unsaved.take() {
            // What is renewed of a sign-in is still that sign-in.
            Some(earlier) => (earlier.stored, if earlier.word == Word::SignIn { Word::SignIn } else { word }),
            None => (before, word),
        };
        *unsaved = Some(Unsaved { stored, record, word });
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
                unsaved.take_if(|unsaved| unsaved.gives_way_to(stored.as_ref()));
                Ok(match unsaved.as_mut() {
                    Some(unsaved) => {
                        unsaved.stored = Before::Known(stored);
                        Some(unsaved.record.clone())
                    }
                    None => stored,
                })
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
            tracing::warn!(help = error.help(), "{error}; what is obtained now is kept in memory only");
        }
    }
}

impl Before {
    pub(super) fn of(loaded: Result<Option<Record>, Error>) -> Self {
        loaded.map_or(Self::Unknown, Self::Known)
    }

    pub(super) fn record(&self) -> Option<&Record> {
        match self {
            Self::Known(record) => record.as_ref(),
            Self::Unknown => None,
        }
    }
}

impl Unsaved {
    /// Whether a record that was made of `before` may take this one's place: a sign-in always, a renewal only of this one, as
    /// somebody may have signed in while it was under way.
    fn may_be_replaced(&self, before: &Before, word: Word) -> bool {
        word == Word::SignIn || before.record() == Some(&self.record)
    }

    /// Whether what is stored now is another process's later word. A renewal of the account that was there before a sign-in is
    /// none.
    fn gives_way_to(&self, stored: Option<&Record>) -> bool {
        let ours = account(Some(&self.record));
        match &self.stored {
            Before::Known(before) if before.as_ref() == stored => false,
            Before::Known(before) => {
                let is_renewed = self.word == Word::Renewal && account(before.as_ref()) == ours;
                let is_ours = stored.is_some_and(|stored| stored.refresh_token == self.record.refresh_token);
                is_renewed || is_ours || account(stored) != account(before.as_ref())
            }
            Before::Unknown => self.word == Word::Renewal && stored.is_some() && account(stored) != ours,
        }
    }
}

fn account(record: Option<&Record>) -> Option<&str> {
    record?.account.as_ref()?.home_account_id.as_deref()
}
