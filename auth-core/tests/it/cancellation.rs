//! A caller may be dropped at every point at which it waits.
//!
//! The store and the source behind `Cached` hesitate before and after everything they do, so that a caller stands still at
//! each await point once. Each scenario is repeated with the caller dropped after one poll, after two, and so on, until it ends
//! by itself.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::clock::from_unix;
use auth_core::{
    AccessToken, Account, Authentication, Cached, Clock, Cloud, Error, Grant, LockedPartition, MemoryStore, Partition,
    Record, TokenRequest, TokenSource, TokenStore,
};

use crate::support::{NOON, arm, hour_from};

#[derive(Debug)]
struct HesitantStore(MemoryStore);

#[derive(Debug)]
struct HesitantLock(Box<dyn LockedPartition>);

/// Gives a token of its own each time, and counts how many it gave.
#[derive(Clone, Debug)]
struct HesitantSource {
    clock: Clock,
    granted: Arc<AtomicUsize>,
}

async fn hesitate() {
    tokio::task::yield_now().await;
}

#[async_trait]
impl TokenStore for HesitantStore {
    async fn load(&self, partition: &Partition) -> Result<Option<Record>, Error> {
        hesitate().await;
        let loaded = self.0.load(partition).await;
        hesitate().await;
        loaded
    }

    async fn lock(&self, partition: &Partition, wait: Duration) -> Result<Box<dyn LockedPartition>, Error> {
        hesitate().await;
        let locked = self.0.lock(partition, wait).await?;
        hesitate().await;
        Ok(Box::new(HesitantLock(locked)))
    }

    async fn partitions(&self) -> Result<Vec<Partition>, Error> {
        self.0.partitions().await
    }
}

#[async_trait]
impl LockedPartition for HesitantLock {
    async fn load(&self) -> Result<Option<Record>, Error> {
        hesitate().await;
        let loaded = self.0.load().await;
        hesitate().await;
        loaded
    }

    async fn save(&mut self, record: &Record) -> Result<(), Error> {
        hesitate().await;
        self.0.save(record).await?;
        hesitate().await;
        Ok(())
    }

    async fn remove(&mut self) -> Result<bool, Error> {
        hesitate().await;
        let removed = self.0.remove().await;
        hesitate().await;
        removed
    }
}

#[async_trait]
impl TokenSource for HesitantSource {
    fn name(&self) -> &'static str {
        "hesitant"
    }

    fn partition(&self) -> Partition {
        Partition::new("hesitant", [])
    }

    async fn find(&self, _request: &TokenRequest) -> Option<AccessToken> {
        hesitate().await;
        None
    }

    async fn acquire(&self, _request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        hesitate().await;
        hesitate().await;
        let number = self.granted.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(grant(&format!("granted {number}"), &self.clock))
    }
}

fn grant(text: &str, clock: &Clock) -> Grant {
    let account = Account { home_account_id: Some("ada".into()), username: None, tenant: None };
    let token = hour_from(clock.now(), text);
    Grant { account: Some(account), refresh_token: Some(format!("{text}'s refresh").into()), ..token.into() }
}

/// Two processes on one store, some time after the first token in it was obtained at noon.
struct Rig {
    source: HesitantSource,
    store: MemoryStore,
    clock: Clock,
    auth: Arc<Cached<HesitantSource>>,
    neighbour: Cached<HesitantSource>,
}

impl Rig {
    async fn new(seconds_after_noon: u64) -> Self {
        let (clock, store) = (Clock::fixed(from_unix(NOON)), MemoryStore::new());
        let source = HesitantSource { clock: clock.clone(), granted: Arc::default() };
        let cached = || {
            let cached = Cached::new(source.clone(), Cloud::public()).with_clock(clock.clone());
            cached.with_store(Arc::new(HesitantStore(store.clone())))
        };
        let (auth, neighbour) = (Arc::new(cached()), cached());
        auth.adopt(&arm(), grant("old", &clock)).await.unwrap();
        clock.advance(Duration::from_secs(seconds_after_noon));
        Self { source, store, clock, auth, neighbour }
    }

    fn granted(&self) -> usize {
        self.source.granted.load(Ordering::SeqCst)
    }

    async fn nothing_is_held_or_lost(&self) {
        let partition = self.source.partition();
        drop(self.store.lock(&partition, Duration::ZERO).await.expect("the lock is free at once"));
        let record = self.store.load(&partition).await.unwrap().expect("the record is there");
        assert_eq!(record.account.unwrap().home_account_id.as_deref(), Some("ada"));
        assert!(record.refresh_token.is_some());
    }
}

/// Polls a future so many times, and drops it if it has not ended by then.
fn drop_after<T>(polls: usize, future: &mut Option<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(output) = future.as_mut()?.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    *future = None;
    None
}

/// Repeats a scenario, with its caller dropped ever later, until the caller is no longer dropped at all.
async fn at_every_await(at_least: usize, scenario: impl AsyncFn(usize) -> bool) {
    let mut polls = 1;
    while !scenario(polls).await {
        polls += 1;
        assert!(polls < 100, "the caller never ends");
    }
    assert!(polls > at_least, "only {polls} points at which it waits");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_dropped_anywhere_loses_no_token_and_holds_nobody_up() {
    for (age, what) in [(7200, "an expired token"), (3550, "one that is about to expire"), (3400, "an aging one")] {
        at_every_await(8, async |polls| {
            let rig = Rig::new(age).await;
            let request = arm();
            let ended = drop_after(polls, &mut Some(rig.auth.token(&request))).is_some();
            let granted_before = rig.granted();
            let next = rig.auth.token(&arm()).await.unwrap();
            assert!(next.is_usable(rig.clock.now()), "{what}, dropped after {polls}");
            assert_eq!(rig.granted(), 1, "{what}, dropped after {polls}: what was granted once is not asked for again");
            assert!(granted_before <= 1);
            rig.nothing_is_held_or_lost().await;
            // What the dropped caller obtained reaches the store at the latest with the next thing that is saved.
            let other = TokenRequest::new(Cloud::public().ml_scope().unwrap());
            rig.auth.token(&other).await.unwrap();
            assert_eq!(rig.neighbour.token(&arm()).await.unwrap(), next, "{what}, dropped after {polls}");
            ended
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_stays_refused_wherever_the_caller_is_dropped() {
    at_every_await(8, async |polls| {
        let rig = Rig::new(60).await;
        let refused = rig.auth.token(&arm()).await.unwrap();
        let request = arm().instead_of(&refused);
        let ended = drop_after(polls, &mut Some(rig.auth.token(&request))).is_some();
        assert_ne!(rig.auth.token(&arm()).await.unwrap(), refused, "dropped after {polls}");
        assert_eq!(rig.granted(), 1, "dropped after {polls}");
        rig.nothing_is_held_or_lost().await;
        ended
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_behind_a_dropped_caller_takes_over() {
    at_every_await(8, async |polls| {
        let rig = Rig::new(7200).await;
        let (first, second) = (arm(), arm());
        let mut leader = Some(rig.auth.token(&first));
        let mut context = Context::from_waker(Waker::noop());
        assert!(leader.as_mut().unwrap().as_mut().poll(&mut context).is_pending());
        let mut waiter = rig.auth.token(&second);
        assert!(waiter.as_mut().poll(&mut context).is_pending());
        let ended = drop_after(polls, &mut leader).is_some();
        drop(leader);
        assert_eq!(waiter.await.unwrap().secret().expose(), "granted 1", "dropped after {polls}");
        rig.nothing_is_held_or_lost().await;
        ended
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_is_dropped_while_it_is_saved_is_whole_or_not_there() {
    at_every_await(5, async |polls| {
        let rig = Rig::new(0).await;
        let request = arm();
        let adopting: Pin<Box<dyn Future<Output = _> + Send>> =
            Box::pin(rig.auth.adopt(&request, grant("signed in", &rig.clock)));
        let ended = drop_after(polls, &mut Some(adopting)).is_some();
        rig.nothing_is_held_or_lost().await;
        let served = rig.auth.token(&arm()).await.unwrap();
        assert!(["old", "signed in"].contains(&served.secret().expose()), "dropped after {polls}");
        assert_eq!(rig.granted(), 0);
        ended
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_that_is_dropped_has_taken_place_or_not() {
    at_every_await(3, async |polls| {
        let rig = Rig::new(0).await;
        let forgetting: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(rig.auth.forget());
        let ended = drop_after(polls, &mut Some(forgetting)).is_some();
        drop(rig.store.lock(&rig.source.partition(), Duration::ZERO).await.expect("the lock is free at once"));
        let is_there = rig.store.load(&rig.source.partition()).await.unwrap().is_some();
        assert!(!ended || !is_there, "what ended has removed it");
        assert_eq!(rig.neighbour.saved().await.unwrap().is_some(), is_there);
        ended
    })
    .await;
}
