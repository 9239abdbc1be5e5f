//! Sources and stores that tests can look into.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use auth_core::clock::from_unix;
use auth_core::{
    AccessToken, Clock, Cloud, Error, ErrorKind, Grant, LockedPartition, MemoryStore, Partition, Record, TokenRequest,
    TokenSource, TokenStore,
};
use tokio::sync::Semaphore;

pub(crate) const NOON: u64 = 1_800_000_000;

pub(crate) fn noon() -> Clock {
    Clock::fixed(from_unix(NOON))
}

pub(crate) fn arm() -> TokenRequest {
    TokenRequest::arm(&Cloud::public())
}

/// A token that lives for an hour from `now`.
pub(crate) fn hour_from(now: SystemTime, text: &str) -> AccessToken {
    AccessToken::obtained(text, now, Duration::from_secs(3600), None)
}

/// A source that answers from a script, each time only when a test lets it.
#[derive(Clone, Debug)]
pub(crate) struct Scripted(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    answers: Mutex<VecDeque<Result<Grant, Error>>>,
    asked: AtomicUsize,
    asking: Semaphore,
    gate: Semaphore,
}

impl Scripted {
    /// Answers at once.
    pub(crate) fn new<A: Into<Grant>>(answers: impl IntoIterator<Item = Result<A, Error>>) -> Self {
        let scripted = Self::gated(answers);
        scripted.open(Semaphore::MAX_PERMITS / 2);
        scripted
    }

    /// Answers as often as [`Scripted::open`] lets it.
    pub(crate) fn gated<A: Into<Grant>>(answers: impl IntoIterator<Item = Result<A, Error>>) -> Self {
        Self(Arc::new(Inner {
            answers: Mutex::new(answers.into_iter().map(|answer| answer.map(Into::into)).collect()),
            asked: AtomicUsize::new(0),
            asking: Semaphore::new(0),
            gate: Semaphore::new(0),
        }))
    }

    pub(crate) fn open(&self, times: usize) {
        self.0.gate.add_permits(times);
    }

    /// Waits until it has been asked once more.
    pub(crate) async fn is_asked(&self) {
        self.0.asking.acquire().await.unwrap().forget();
    }

    pub(crate) fn times_asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }
}

/// A source that needs what was saved before, and finds nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dependent;

#[async_trait]
impl TokenSource for Dependent {
    fn name(&self) -> &'static str {
        "dependent"
    }

    fn partition(&self) -> Partition {
        Partition::new("dependent", [])
    }

    fn starts_from_nothing(&self) -> bool {
        false
    }

    async fn acquire(&self, _request: &TokenRequest, previous: Option<&Record>) -> Result<Grant, Error> {
        assert_eq!(previous, None);
        Err(Error::new(ErrorKind::Unavailable, "nobody has signed in"))
    }
}

#[async_trait]
impl TokenSource for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn partition(&self) -> Partition {
        Partition::new("scripted", [])
    }

    async fn acquire(&self, _request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        self.0.asking.add_permits(1);
        self.0.gate.acquire().await.unwrap().forget();
        let mut answers = self.0.answers.lock().unwrap();
        answers.pop_front().unwrap_or_else(|| Err(Error::new(ErrorKind::Protocol, "the script is at its end")))
    }
}

/// A store in memory that can be told to fail.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragile {
    pub(crate) inner: MemoryStore,
    pub(crate) broken: Arc<AtomicBool>,
}

impl Fragile {
    fn check(&self) -> Result<(), Error> {
        let broken = self.broken.load(Ordering::SeqCst);
        if broken { Err(Error::new(ErrorKind::Store, "the disk is on fire")) } else { Ok(()) }
    }
}

#[async_trait]
impl TokenStore for Fragile {
    async fn load(&self, partition: &Partition) -> Result<Option<Record>, Error> {
        self.check()?;
        self.inner.load(partition).await
    }

    async fn lock(&self, partition: &Partition, wait: Duration) -> Result<Box<dyn LockedPartition>, Error> {
        self.check()?;
        self.inner.lock(partition, wait).await
    }

    async fn partitions(&self) -> Result<Vec<Partition>, Error> {
        self.check()?;
        self.inner.partitions().await
    }
}
