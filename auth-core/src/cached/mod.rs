//! The only road from a [`TokenSource`] to an [`Authentication`].

mod slot;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use tokio::sync::MutexGuard;
use tokio::time::{Instant, timeout_at};

use self::slot::{Flight, Slot};
use crate::request::Key;
use crate::{
    AccessToken, Authentication, Clock, Cloud, Error, ErrorKind, Grant, LockedPartition, MemoryStore, Record,
    TokenRequest, TokenSource, TokenStore,
};

/// How long the one caller who renews an aging token waits before it gives up and takes the old one.
const RENEWAL_PATIENCE: Duration = Duration::from_secs(10);

/// Caches a [`TokenSource`] in memory and in a [`TokenStore`], with one refresh for any number of callers.
///
/// 1. A fresh token in memory is returned without a lock or an await.
/// 2. An aging token (to be renewed, but not near its expiry) is renewed by one caller, while everybody else gets the old
///    token at once; a failure keeps the old token and backs off.
/// 3. For a missing, expired or refused token one caller takes a mutex of this token, then the store's lock across processes,
///    reads again (another process may have been faster), acquires, saves, and releases.
/// 4. A failing store never fails a call that has a token. It is reported once, as a warning in the log.
/// 5. Errors are never cached, but everybody who was already waiting for one flight shares its outcome. Dropping the future
///    at any point releases everything, and the next waiter takes over. There are no detached tasks.
pub struct Cached<S> {
    source: S,
    cloud: Cloud,
    store: Arc<dyn TokenStore>,
    /// Takes the place of a store that cannot be written.
    unsaved: MemoryStore,
    store_reported: AtomicBool,
    clock: Clock,
    slots: ArcSwap<HashMap<Key, Arc<Slot>>>,
}

impl<S: TokenSource> Cached<S> {
    /// Caches `source` in memory.
    pub fn new(source: S, cloud: Cloud) -> Self {
        Self {
            source,
            cloud,
            store: Arc::new(MemoryStore::new()),
            unsaved: MemoryStore::new(),
            store_reported: AtomicBool::new(false),
            clock: Clock::system(),
            slots: ArcSwap::default(),
        }
    }

    /// Keeps tokens in `store` too, for the next process.
    pub fn with_store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.store = store;
        self
    }

    /// Takes the time from `clock`.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The source behind the cache.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// What is saved of this identity, usable or not.
    ///
    /// # Errors
    /// As [`TokenStore::load`].
    pub async fn saved(&self) -> Result<Option<Record>, Error> {
        self.store.load(&self.source.partition()).await
    }

    /// Takes in a grant that was obtained in another way, such as by a person's sign-in: saves it, and serves it from now on.
    pub async fn adopt(&self, request: &TokenRequest, grant: Grant) -> AccessToken {
        self.slots.store(Arc::default());
        let slot = self.slot(&request.key);
        slot.token.store(Some(Arc::new(grant.access_token.clone())));
        match self.store.lock(&self.source.partition(), request.time_limit()).await {
            Ok(mut locked) => {
                let record = self.read_under_lock(&*locked, None).await;
                self.save(&mut *locked, record, request, &grant).await;
            }
            Err(error) => {
                self.report(&error);
                self.keep_unsaved(None, request, &grant).await;
            }
        }
        grant.access_token
    }

    /// Forgets this identity, in memory and in the store, and says whether anything was saved.
    ///
    /// # Errors
    /// As [`TokenStore::lock`] and [`LockedPartition::remove`].
    pub async fn forget(&self) -> Result<bool, Error> {
        self.slots.store(Arc::default());
        let partition = self.source.partition();
        self.unsaved.lock(&partition, Duration::ZERO).await?.remove().await?;
        self.store.lock(&partition, RENEWAL_PATIENCE).await?.remove().await
    }

    fn slot(&self, key: &Key) -> Arc<Slot> {
        if let Some(slot) = self.slots.load().get(key) {
            return slot.clone();
        }
        let new = Arc::new(Slot::default());
        self.slots.rcu(|slots| {
            let mut slots = HashMap::clone(slots);
            slots.entry(key.clone()).or_insert_with(|| new.clone());
            slots
        });
        self.slots.load().get(key).cloned().unwrap_or(new)
    }

    /// Rules 2 to 5.
    async fn token_slowly(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let slot = self.slot(&request.key);
        if let Some(rejected) = request.rejected() {
            slot.drop_rejected(rejected);
        }
        let now = self.clock.now();
        let usable = slot.usable(request, now);
        if let Some(token) = usable.as_ref().filter(|token| !token.is_near_expiry(now)) {
            let Ok(flight) = slot.flight.try_lock() else { return Ok(token.clone()) };
            return Ok(self.renew(&slot, flight, request, token).await);
        }

        let deadline = Instant::now() + request.time_limit();
        let landed_before = slot.landed();
        let mut flight = timeout_at(deadline, slot.flight.lock()).await.map_err(|_| {
            let limit = request.time_limit();
            Error::new(ErrorKind::Timeout, format!("another caller was still busy with this token after {limit:?}"))
        })?;
        if let Some(outcome) = flight.landed_since(landed_before, request) {
            return outcome.or_else(|error| slot.usable(request, self.clock.now()).ok_or(error));
        }
        let now = self.clock.now();
        if let Some(token) = slot.usable(request, now).filter(|token| !token.is_near_expiry(now)) {
            return Ok(token);
        }
        let result = self.fly(&slot, request, deadline).await;
        slot.land(&mut flight, request, &result, self.clock.now());
        // What is left of the old token is better than an error.
        result.or_else(|error| slot.usable(request, self.clock.now()).ok_or(error))
    }

    /// Rule 2: one attempt to renew an aging token; whatever happens, there is a token.
    async fn renew(
        &self,
        slot: &Slot,
        mut flight: MutexGuard<'_, Flight>,
        request: &TokenRequest,
        old: &AccessToken,
    ) -> AccessToken {
        let now = self.clock.now();
        if flight.rests(now) {
            return old.clone();
        }
        let patience = RENEWAL_PATIENCE.min(request.time_limit());
        let result = self.fly(slot, request, Instant::now() + patience).await;
        slot.land(&mut flight, request, &result, now);
        result.unwrap_or_else(|_| old.clone())
    }

    /// One flight: look elsewhere, look in the store, and only then ask, under the store's lock.
    async fn fly(&self, slot: &Slot, request: &TokenRequest, deadline: Instant) -> Result<AccessToken, Error> {
        let found = self.source.find(request).await;
        if let Some(token) = found.as_ref().filter(|token| self.is_fresh_answer(token, request)) {
            return Ok(token.clone());
        }
        let partition = self.source.partition();
        let saved = match self.unsaved.load(&partition).await {
            Ok(Some(unsaved)) => Some(unsaved),
            _ => self.store.load(&partition).await.unwrap_or_else(|error| {
                self.report(&error);
                None
            }),
        };
        if saved.is_none() && !self.source.starts_from_nothing() {
            return self.acquire(request, None, deadline).await.map(|grant| grant.access_token);
        }
        let saved_token = saved.as_ref().and_then(|record| record.token(request)).cloned();
        if let Some(token) = saved_token.as_ref().filter(|token| self.is_fresh_answer(token, request)) {
            return Ok(token.clone());
        }
        let now = self.clock.now();
        for token in [found, saved_token].into_iter().flatten() {
            slot.offer(token, request, now);
        }
        let is_aging = slot.usable(request, now).is_some_and(|token| !token.is_near_expiry(now));
        // Whoever holds an aging token need not wait for another process that is renewing it.
        let wait = if is_aging { Duration::ZERO } else { deadline.saturating_duration_since(Instant::now()) };
        match self.store.lock(&partition, wait).await {
            Ok(locked) => self.fly_under_lock(request, deadline, saved, locked).await,
            Err(error) if error.kind() == ErrorKind::Timeout => Err(error),
            Err(error) => {
                self.report(&error);
                let grant = self.acquire(request, saved.as_ref(), deadline).await;
                if let Ok(grant) = &grant {
                    self.keep_unsaved(saved, request, grant).await;
                }
                grant.map(|grant| grant.access_token)
            }
        }
    }

    async fn fly_under_lock(
        &self,
        request: &TokenRequest,
        deadline: Instant,
        saved: Option<Record>,
        mut locked: Box<dyn LockedPartition>,
    ) -> Result<AccessToken, Error> {
        let record = self.read_under_lock(&*locked, saved).await;
        let winner = record.as_ref().and_then(|record| record.token(request));
        if let Some(token) = winner.filter(|token| self.is_fresh_answer(token, request)) {
            return Ok(token.clone());
        }
        match self.acquire(request, record.as_ref(), deadline).await {
            Ok(grant) => {
                self.save(&mut *locked, record, request, &grant).await;
                Ok(grant.access_token)
            }
            Err(error) => {
                // Other processes must not be served a token that was refused here.
                if let (Some(mut record), Some(rejected)) = (record, request.rejected())
                    && record.drop_rejected(rejected)
                    && let Err(error) = locked.save(&record).await
                {
                    self.report(&error);
                }
                Err(error)
            }
        }
    }

    async fn acquire(
        &self,
        request: &TokenRequest,
        previous: Option<&Record>,
        deadline: Instant,
    ) -> Result<Grant, Error> {
        let grant = timeout_at(deadline, self.source.acquire(request, previous)).await.map_err(|_| {
            let (name, limit) = (self.source.name(), request.time_limit());
            Error::new(ErrorKind::Timeout, format!("{name} did not answer within {limit:?}"))
        })??;
        if !request.accepts(&grant.access_token) && request.requested_claims().is_none() {
            return Err(Error::new(ErrorKind::Rejected, "the service refuses this token, and there is no other")
                .with_help("sign in again: azml login --force"));
        }
        Ok(grant)
    }

    async fn read_under_lock(&self, locked: &dyn LockedPartition, seen: Option<Record>) -> Option<Record> {
        if let Ok(Some(unsaved)) = self.unsaved.load(&self.source.partition()).await {
            return Some(unsaved);
        }
        locked.load().await.unwrap_or_else(|error| {
            self.report(&error);
            seen
        })
    }

    async fn save(
        &self,
        locked: &mut dyn LockedPartition,
        record: Option<Record>,
        request: &TokenRequest,
        grant: &Grant,
    ) {
        let mut merged = record.clone().unwrap_or_default();
        merged.merge(request, grant, self.clock.now());
        match locked.save(&merged).await {
            Ok(()) => {
                if let Ok(mut unsaved) = self.unsaved.lock(&self.source.partition(), Duration::ZERO).await {
                    let _ = unsaved.remove().await;
                }
            }
            Err(error) => {
                self.report(&error);
                self.keep_unsaved(record, request, grant).await;
            }
        }
    }

    /// Keeps what could not be saved, so that this process at least does not lose its refresh token.
    async fn keep_unsaved(&self, record: Option<Record>, request: &TokenRequest, grant: &Grant) {
        let mut record = record.unwrap_or_default();
        record.merge(request, grant, self.clock.now());
        if let Ok(mut unsaved) = self.unsaved.lock(&self.source.partition(), RENEWAL_PATIENCE).await {
            let _ = unsaved.save(&record).await;
        }
    }

    fn is_fresh_answer(&self, token: &AccessToken, request: &TokenRequest) -> bool {
        token.is_fresh(self.clock.now()) && request.accepts(token)
    }

    fn report(&self, error: &Error) {
        if !self.store_reported.swap(true, Ordering::Relaxed) {
            tracing::warn!(help = error.help(), "{error}; tokens are kept in memory only");
        }
    }
}

#[async_trait]
impl<S: TokenSource> Authentication for Cached<S> {
    fn name(&self) -> &'static str {
        self.source.name()
    }

    fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        if let Some(slot) = self.slots.load().get(&request.key)
            && let Some(token) = slot.token.load().as_deref()
            && self.is_fresh_answer(token, request)
        {
            return Ok(token.clone());
        }
        self.token_slowly(request).await
    }
}

impl<S: fmt::Debug> fmt::Debug for Cached<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").field("source", &self.source).field("store", &self.store).finish_non_exhaustive()
    }
}
