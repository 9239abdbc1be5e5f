//! The only road from a [`TokenSource`] to an [`Authentication`].

mod persistence;
mod slot;

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use tokio::sync::MutexGuard;
use tokio::time::{Instant, timeout_at};

use self::persistence::{Before, Persistence, Word};
use self::slot::{Flight, Slot};
use crate::request::{Key, KeyHasher};
use crate::{
    AccessToken, Authentication, AuthenticationHeader, Clock, Cloud, Error, ErrorKind, Grant, LockedPartition, Record,
    TokenRequest, TokenSource, TokenStore,
};

/// How long the one caller who renews an aging token waits before it gives up and takes the old one.
const RENEWAL_PATIENCE: Duration = Duration::from_secs(10);
/// How long a sign-in waits for the store's lock: a person has just spent more time on it.
const ADOPTION_PATIENCE: Duration = Duration::from_secs(60);

/// Caches a [`TokenSource`] in memory and in a [`TokenStore`], with one refresh for any number of callers.
///
/// 1. A fresh token in memory is returned without a lock or an await.
/// 2. An aging token (to be renewed, but not near its expiry) is renewed by one caller, while everybody else gets the old
///    token at once; a failure keeps the old token and backs off.
/// 3. For a missing, expired or refused token one caller takes a mutex of this token, then the store's lock across processes,
///    reads again (another process may have been faster), acquires, saves, and releases.
/// 4. A failing store never fails a call that has a token. It is reported once, as a warning in the log.
/// 5. Errors are never cached, but everybody who was already waiting for one flight shares its outcome, and where the other
///    side asked for patience (`Retry-After`), nobody asks again before that. Dropping the future at any point releases
///    everything, and the next waiter takes over. There are no detached tasks.
pub struct Cached<S> {
    source: S,
    cloud: Cloud,
    arm: TokenRequest,
    persistence: Persistence,
    clock: Clock,
    slots: ArcSwap<Slots>,
}

type Slots = HashMap<Key, Arc<Slot>, BuildHasherDefault<KeyHasher>>;

/// How long a flight may take.
#[derive(Clone, Copy, Debug)]
struct Patience {
    limit: Duration,
    deadline: Instant,
}

/// What a flight is for, and under which conditions.
struct Trip<'a> {
    slot: &'a Slot,
    request: &'a TokenRequest,
    patience: Patience,
    /// The other side wants to be left alone. What others have obtained meanwhile is taken all the same.
    throttled: Option<Error>,
}

impl Patience {
    fn of(limit: Duration) -> Self {
        // More than that cannot be added to every clock, and nobody waits for it.
        let limit = limit.min(Duration::from_secs(86_400));
        Self { limit, deadline: Instant::now() + limit }
    }

    fn left(self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl<S: TokenSource> Cached<S> {
    /// Caches `source` in memory.
    pub fn new(source: S, cloud: Cloud) -> Self {
        let arm = TokenRequest::arm(&cloud);
        let (persistence, clock, slots) = (Persistence::default(), Clock::system(), ArcSwap::default());
        Self { source, cloud, arm, persistence, clock, slots }
    }

    /// Keeps tokens in `store` too, for the next process.
    pub fn with_store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.persistence = Persistence::new(store);
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
        self.persistence.load(&self.source.partition()).await
    }

    /// Takes in a grant that was obtained in another way, such as by a person's sign-in: serves it from now on, and saves it.
    ///
    /// # Errors
    /// Why it could not be saved. This process serves it all the same.
    pub async fn adopt(&self, request: &TokenRequest, grant: Grant) -> Result<(), Error> {
        let partition = self.source.partition();
        let saved = match self.persistence.lock(&partition, ADOPTION_PATIENCE).await {
            Ok(mut locked) => {
                let before = Before::of(self.persistence.load_locked(&*locked).await);
                let record = self.merged(before.record(), request, &grant);
                self.retire_slots();
                self.persistence.save(&mut *locked, before, record, Word::SignIn).await
            }
            Err(error) => {
                let before = Before::of(self.persistence.load(&partition).await);
                let record = self.merged(before.record(), request, &grant);
                self.persistence.keep(before, record, Word::SignIn);
                Err(error)
            }
        };
        // Once more: whoever asked in the meantime may have put a token of the earlier identity back into memory.
        self.retire_slots();
        self.slot(&request.key).put(&grant.access_token);
        saved
    }

    /// Forgets this identity, in the store and in memory, and says whether anything was saved.
    ///
    /// # Errors
    /// As [`TokenStore::lock`] and [`crate::LockedPartition::remove`].
    pub async fn forget(&self) -> Result<bool, Error> {
        let removed = self.persistence.remove(&self.source.partition(), RENEWAL_PATIENCE).await?;
        self.retire_slots();
        Ok(removed)
    }

    /// Forgets every token in memory. A flight that is under way lands in a slot that nobody looks into any more.
    fn retire_slots(&self) {
        for slot in self.slots.swap(Arc::default()).values() {
            slot.retire();
        }
    }

    fn slot(&self, key: &Key) -> Arc<Slot> {
        if let Some(slot) = self.slots.load().get(key) {
            return slot.clone();
        }
        let new = Arc::new(Slot::default());
        self.slots.rcu(|slots| {
            let mut slots = Slots::clone(slots);
            slots.entry(key.clone()).or_insert_with(|| new.clone());
            slots
        });
        self.slots.load().get(key).cloned().unwrap_or(new)
    }

    /// Rule 1.
    fn in_memory<T>(&self, request: &TokenRequest, take: impl FnOnce(&AccessToken) -> T) -> Option<T> {
        let is_fresh = |token: &AccessToken| token.is_fresh(self.clock.now()) && request.accepts(token);
        self.slots.load().get(&request.key)?.token.read(|token| is_fresh(token).then(|| take(token)))
    }

    /// Rules 2 to 5.
    async fn token_slowly(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let slot = self.slot(&request.key);
        let now = self.clock.now();
        if let Some(rejected) = request.rejected() {
            slot.refuse(rejected, now);
        }
        let patience = request.time_limit().min(RENEWAL_PATIENCE);
        let result = match slot.usable(request, now) {
            None => self.wait_for_flight(&slot, request, request.time_limit()).await,
            Some(old) if old.is_near_expiry(now) => {
                let left = old.expires_on().duration_since(now).unwrap_or_default();
                self.wait_for_flight(&slot, request, patience.min(left / 2)).await
            }
            Some(old) => match slot.flight.try_lock() {
                Ok(flight) => self.renew(&slot, flight, request, patience).await,
                Err(_somebody_else_renews) => Ok(old),
            },
        };
        // What is left of a token is better than an error.
        result.or_else(|error| slot.usable(request, self.clock.now()).ok_or(error))
    }

    /// Rules 3 and 5: waits for the flight of another caller, and flies only if that brought nothing.
    async fn wait_for_flight(
        &self,
        slot: &Slot,
        request: &TokenRequest,
        limit: Duration,
    ) -> Result<AccessToken, Error> {
        let patience = Patience::of(limit);
        let landed_before = slot.landed();
        let flight = timeout_at(patience.deadline, slot.flight.lock()).await.map_err(|_| {
            Error::new(ErrorKind::Timeout, format!("another caller was still busy with this token after {limit:?}"))
        })?;
        if let Some(outcome) = flight.landed_since(landed_before, request)
            && !outcome.as_ref().is_ok_and(|token| slot.is_refused(token))
        {
            return outcome;
        }
        let now = self.clock.now();
        match slot.usable(request, now).filter(|token| !token.is_near_expiry(now)) {
            Some(token) => Ok(token),
            None => self.renew(slot, flight, request, patience.left()).await,
        }
    }

    /// One flight, unless there is a token to do with and the last flight failed a moment ago.
    async fn renew(
        &self,
        slot: &Slot,
        mut flight: MutexGuard<'_, Flight>,
        request: &TokenRequest,
        limit: Duration,
    ) -> Result<AccessToken, Error> {
        if flight.rests()
            && let Some(old) = slot.usable(request, self.clock.now())
        {
            return Ok(old);
        }
        let trip = Trip { slot, request, patience: Patience::of(limit), throttled: flight.throttled() };
        let result = self.fly(&trip).await;
        slot.land(&mut flight, request, &result);
        result
    }

    /// Looks elsewhere, looks in the store, and only then asks, under the store's lock.
    async fn fly(&self, trip: &Trip<'_>) -> Result<AccessToken, Error> {
        let Trip { slot, request, patience, .. } = *trip;
        let found = self.source.find(request).await;
        let partition = self.source.partition();
        let loaded = self.persistence.load(&partition).await;
        // What another process was refused is not served here.
        let is_refused = |token: &AccessToken| matches!(&loaded, Ok(Some(record)) if record.has_refused(token));
        let found = found.filter(|token| !is_refused(token));
        if let Some(token) = self.fresh(slot, request, found.as_ref()) {
            return Ok(token);
        }
        if !self.source.starts_from_nothing() {
            match &loaded {
                // "There is nothing" is not what an unreadable store says: another identity must not take its place.
                Err(error) => return Err(error.clone()),
                Ok(None) => return self.acquire(trip, None).await.map(|grant| grant.access_token),
                Ok(Some(_)) => {}
            }
        }
        let before = Before::of(loaded);
        let saved_token = before.record().and_then(|record| record.token(request));
        if let Some(token) = self.fresh(slot, request, saved_token) {
            return Ok(token);
        }
        let now = self.clock.now();
        for token in [found.as_ref(), saved_token].into_iter().flatten() {
            slot.offer(token, request, now);
        }
        let is_aging = slot.usable(request, now).is_some_and(|token| !token.is_near_expiry(now));
        // Whoever holds an aging token need not wait for another process that is renewing it.
        let wait = if is_aging { Duration::ZERO } else { patience.left() };
        match self.persistence.lock(&partition, wait).await {
            Ok(locked) => self.fly_under_lock(trip, before, locked).await,
            Err(error) if error.kind() == ErrorKind::Timeout => Err(error),
            Err(_reported) => {
                let grant = self.acquire(trip, before.record()).await?;
                let record = self.merged(before.record(), request, &grant);
                self.persistence.keep(before, record, Word::Renewal);
                Ok(grant.access_token)
            }
        }
    }

    async fn fly_under_lock(
        &self,
        trip: &Trip<'_>,
        seen: Before,
        mut locked: Box<dyn LockedPartition>,
    ) -> Result<AccessToken, Error> {
        let Trip { slot, request, .. } = *trip;
        let before = match self.persistence.load_locked(&*locked).await {
            Ok(record) => Before::Known(record),
            Err(_reported) => seen,
        };
        let winner = before.record().and_then(|record| record.token(request));
        if let Some(token) = self.fresh(slot, request, winner) {
            return Ok(token);
        }
        match self.acquire(trip, before.record()).await {
            Ok(grant) => {
                let merged = self.merged(before.record(), request, &grant);
                // A store that fails is reported, and costs nobody the token.
                let _ = self.persistence.save(&mut *locked, before, merged, Word::Renewal).await;
                Ok(grant.access_token)
            }
            Err(error) => {
                // Other processes must not be served a token that was refused here.
                let may_be_made = before.record().is_some() || self.source.starts_from_nothing();
                if let Some(rejected) = request.rejected().filter(|_| may_be_made) {
                    let mut record = before.record().cloned().unwrap_or_default();
                    record.refuse(rejected, self.clock.now());
                    if before.record() != Some(&record) {
                        let _ = self.persistence.save(&mut *locked, before, record, Word::Renewal).await;
                    }
                }
                Err(error)
            }
        }
    }

    async fn acquire(&self, trip: &Trip<'_>, previous: Option<&Record>) -> Result<Grant, Error> {
        let Trip { slot, request, patience, throttled } = trip;
        if let Some(error) = throttled {
            return Err(error.clone());
        }
        let acquired = timeout_at(patience.deadline, self.source.acquire(request, previous)).await;
        let grant = acquired.map_err(|_| {
            let (name, limit) = (self.source.name(), patience.limit);
            Error::new(ErrorKind::Timeout, format!("{name} did not answer within {limit:?}"))
        })??;
        if slot.is_refused(&grant.access_token) {
            return Err(Error::new(ErrorKind::Rejected, "the service refuses this token, and there is no other")
                .with_help("sign in again: azml login --force"));
        }
        Ok(grant)
    }

    fn merged(&self, before: Option<&Record>, request: &TokenRequest, grant: &Grant) -> Record {
        let mut record = before.cloned().unwrap_or_default();
        if let Some(rejected) = request.rejected() {
            record.refuse(rejected, self.clock.now());
        }
        record.merge(request, grant, self.clock.now());
        record
    }

    /// The token, if it may be served and there is no reason to renew it.
    fn fresh(&self, slot: &Slot, request: &TokenRequest, token: Option<&AccessToken>) -> Option<AccessToken> {
        token.filter(|token| token.is_fresh(self.clock.now()) && slot.accepts(request, token)).cloned()
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
        match self.in_memory(request, AccessToken::clone) {
            Some(token) => Ok(token),
            None => self.token_slowly(request).await,
        }
    }

    async fn authentication_header(&self) -> Result<AuthenticationHeader, Error> {
        match self.in_memory(&self.arm, AccessToken::header) {
            Some(header) => Ok(header),
            None => Ok(self.token_slowly(&self.arm).await?.header()),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Cached<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").field("source", &self.source).finish_non_exhaustive()
    }
}
