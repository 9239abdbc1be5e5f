//! What `Cached` must not do when several things go wrong at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::clock::from_unix;
use auth_core::{
    AccessToken, Account, Authentication, Cached, Chain, Cloud, Error, ErrorKind, Grant, MemoryStore, Partition,
    Record, TokenRequest, TokenSource, TokenStore,
};

use crate::support::{Dependent, Fragile, NOON, Scripted, arm, hour_from, noon};

fn token(text: &str) -> AccessToken {
    hour_from(from_unix(NOON), text)
}

fn dead() -> Error {
    Error::new(ErrorKind::Network, "dead")
}

/// A grant for one account, with a refresh token.
fn grant(text: &str, account: &str) -> Grant {
    let account = Account { home_account_id: Some(account.into()), username: None, tenant: None };
    Grant { account: Some(account), refresh_token: Some(format!("{text}'s refresh").into()), ..token(text).into() }
}

fn ml() -> TokenRequest {
    TokenRequest::new(Cloud::public().ml_scope().unwrap())
}

fn partition() -> Partition {
    Partition::new("scripted", [])
}

async fn text(auth: &impl Authentication, request: &TokenRequest) -> String {
    auth.token(request).await.unwrap().secret().expose().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_waiter_gets_what_is_left_of_the_token_when_its_patience_ends() {
    let source = Scripted::gated([Ok(token("old"))]);
    let clock = noon();
    let auth = Arc::new(Cached::new(source.clone(), Cloud::public()).with_clock(clock.clone()));
    source.open(1);
    text(&*auth, &arm()).await;
    source.is_asked().await;
    clock.advance(Duration::from_secs(3550));
    let leader = tokio::spawn({
        let auth = auth.clone();
        async move { auth.token(&arm()).await }
    });
    source.is_asked().await;
    assert_eq!(text(&*auth, &arm().timeout(Duration::from_secs(2))).await, "old", "50 s are left");
    leader.abort();
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_another_process_ends_before_the_token_does() {
    let store = MemoryStore::new();
    let clock = noon();
    let auth = Cached::new(Scripted::new([Ok(token("old"))]), Cloud::public());
    let auth = auth.with_clock(clock.clone()).with_store(Arc::new(store.clone()));
    text(&auth, &arm()).await;
    clock.advance(Duration::from_secs(3550));
    let _held = store.lock(&partition(), Duration::ZERO).await.unwrap();
    let started = tokio::time::Instant::now();
    assert_eq!(text(&auth, &arm()).await, "old");
    assert!(started.elapsed() <= Duration::from_secs(25), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_token_near_its_end_is_not_asked_for_again_and_again() {
    let busy = || Err(Error::new(ErrorKind::Throttled, "busy").with_retry_after(Some(Duration::from_secs(3600))));
    let source = Scripted::new([Ok(token("old")), busy(), busy()]);
    let clock = noon();
    let auth = Cached::new(source.clone(), Cloud::public()).with_clock(clock.clone());
    text(&auth, &arm()).await;
    clock.advance(Duration::from_secs(3545));
    for _ in 0..10 {
        assert_eq!(text(&auth, &arm()).await, "old");
    }
    assert_eq!(source.times_asked(), 2, "the first refusal asked for an hour of patience");
}

#[tokio::test(start_paused = true)]
async fn a_caller_in_a_hurry_does_not_fail_those_who_have_time() {
    let source = Scripted::gated([Ok(token("a"))]);
    let auth = Arc::new(Cached::new(source.clone(), Cloud::public()).with_clock(noon()));
    let hurried = tokio::spawn({
        let auth = auth.clone();
        async move { auth.token(&arm().timeout(Duration::from_millis(100))).await }
    });
    source.is_asked().await;
    let patient = tokio::spawn({
        let auth = auth.clone();
        async move { text(&*auth, &arm()).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(hurried.await.unwrap().unwrap_err().kind(), ErrorKind::Timeout);
    source.open(1);
    assert_eq!(patient.await.unwrap(), "a");
}

/// A source that finds the same token elsewhere whenever it may.
#[derive(Debug)]
struct Finder(Scripted, AccessToken);

#[async_trait]
impl TokenSource for Finder {
    fn name(&self) -> &'static str {
        "finder"
    }

    fn partition(&self) -> Partition {
        Partition::new("finder", [])
    }

    async fn find(&self, request: &TokenRequest) -> Option<AccessToken> {
        Some(self.1.clone()).filter(|token| request.accepts(token))
    }

    async fn acquire(&self, request: &TokenRequest, previous: Option<&Record>) -> Result<Grant, Error> {
        self.0.acquire(request, previous).await
    }
}

#[tokio::test]
async fn a_refused_token_is_not_served_again_wherever_it_may_still_lie() {
    let refuse = async |auth: &dyn Authentication, limit: Duration| {
        let bad = auth.token(&arm()).await.unwrap();
        assert!(auth.token(&arm().instead_of(&bad).timeout(limit)).await.is_err());
    };
    let long = Duration::from_secs(60);

    let elsewhere = Finder(Scripted::new([Err::<AccessToken, _>(dead()), Err(dead())]), token("revoked"));
    let elsewhere = Cached::new(elsewhere, Cloud::public()).with_clock(noon());
    refuse(&elsewhere, long).await;
    assert!(elsewhere.token(&arm()).await.is_err(), "in another program's cache");

    let store = Fragile::default();
    store.broken.store(true, Ordering::SeqCst);
    let broken = Cached::new(Scripted::new([Ok(token("revoked")), Err(dead()), Err(dead())]), Cloud::public());
    let broken = broken.with_clock(noon()).with_store(Arc::new(store));
    refuse(&broken, long).await;
    assert!(broken.token(&arm()).await.is_err(), "among what could not be saved");

    let store = MemoryStore::new();
    let busy = Cached::new(Scripted::new([Ok(token("revoked")), Err(dead())]), Cloud::public());
    let busy = busy.with_clock(noon()).with_store(Arc::new(store.clone()));
    let first = busy.token(&arm()).await.unwrap();
    let held = store.lock(&partition(), Duration::ZERO).await.unwrap();
    assert!(busy.token(&arm().instead_of(&first).timeout(Duration::from_millis(1))).await.is_err());
    drop(held);
    assert!(busy.token(&arm()).await.is_err(), "in a store whose lock somebody else held");
}

#[tokio::test]
async fn a_source_that_gives_the_refused_token_again_has_no_other() {
    let auth = Cached::new(Scripted::new([Ok(token("same")), Ok(token("same"))]), Cloud::public()).with_clock(noon());
    let bad = auth.token(&arm()).await.unwrap();
    let error = auth.token(&arm().instead_of(&bad).claims("{}")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
}

#[tokio::test]
async fn a_store_that_cannot_be_read_does_not_let_another_identity_answer() {
    let store = Fragile::default();
    store.broken.store(true, Ordering::SeqCst);
    let saved = Cached::new(Dependent, Cloud::public()).with_clock(noon()).with_store(Arc::new(store));
    let other = Cached::new(Scripted::new([Ok(token("somebody else's"))]), Cloud::public()).with_clock(noon());
    let chain = Chain::new(Cloud::public()).with(Arc::new(saved)).with(Arc::new(other));
    let error = chain.token(&arm()).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Store, "the disk is on fire"));
}

#[tokio::test]
async fn what_could_not_be_saved_does_not_overwrite_a_later_login_of_another_process() {
    let store = Fragile::default();
    let process = |answers: Vec<Grant>| {
        let source = Scripted::new(answers.into_iter().map(Ok));
        Cached::new(source, Cloud::public()).with_clock(noon()).with_store(Arc::new(store.clone()))
    };
    let ours = process(vec![grant("ada", "ada"), token("after").into()]);
    let theirs = process(Vec::new());
    store.broken.store(true, Ordering::SeqCst);
    let first = ours.token(&arm()).await.unwrap();
    store.broken.store(false, Ordering::SeqCst);
    theirs.adopt(&arm(), grant("bob", "bob")).await.unwrap();
    ours.token(&arm().instead_of(&first)).await.unwrap();
    let saved = store.inner.load(&partition()).await.unwrap().unwrap();
    assert_eq!(saved.refresh_token.unwrap().expose(), "bob's refresh");
}

#[tokio::test]
async fn nothing_of_an_earlier_account_is_left_in_memory_after_a_sign_in() {
    let store = MemoryStore::new();
    let auth = Cached::new(Scripted::new([Ok(token("new"))]), Cloud::public());
    let auth = Arc::new(auth.with_clock(noon()).with_store(Arc::new(store.clone())));
    auth.adopt(&ml(), grant("ada", "ada")).await.unwrap();
    let held = store.lock(&partition(), Duration::ZERO).await.unwrap();
    let signing_in = tokio::spawn({
        let auth = auth.clone();
        async move { auth.adopt(&arm(), grant("bob", "bob")).await.unwrap() }
    });
    tokio::task::yield_now().await;
    assert_eq!(text(&*auth, &ml()).await, "ada", "bob's sign-in still waits for the lock");
    drop(held);
    signing_in.await.unwrap();
    assert_eq!(text(&*auth, &ml()).await, "new");
}

#[tokio::test]
async fn a_sign_in_that_could_not_be_saved_does_not_give_way_to_the_login_before_it() {
    let store = Fragile::default();
    let source = Scripted::new([Ok(Grant::from(token("ada"))), Ok(Grant::from(token("new")))]);
    let auth = Cached::new(source, Cloud::public()).with_clock(noon()).with_store(Arc::new(store.clone()));
    auth.adopt(&arm(), grant("ada", "ada")).await.unwrap();
    store.broken.store(true, Ordering::SeqCst);
    auth.adopt(&arm(), grant("bob", "bob")).await.unwrap_err();
    store.broken.store(false, Ordering::SeqCst);
    auth.token(&ml()).await.unwrap();
    let account = |record: Record| record.account.unwrap().home_account_id.unwrap();
    assert_eq!(account(auth.saved().await.unwrap().unwrap()), "bob");
    let saved = store.inner.load(&partition()).await.unwrap().unwrap();
    assert_eq!(account(saved), "bob", "and it is saved as soon as that is possible");
}

#[tokio::test]
async fn a_renewal_under_way_does_not_undo_a_sign_in() {
    let store = Fragile::default();
    let source = Scripted::gated([Ok(grant("ada renewed", "ada"))]);
    let auth = Cached::new(source.clone(), Cloud::public()).with_clock(noon()).with_store(Arc::new(store.clone()));
    let auth = Arc::new(auth);
    auth.adopt(&arm(), grant("ada", "ada")).await.unwrap();
    store.broken.store(true, Ordering::SeqCst);
    let renewal = tokio::spawn({
        let auth = auth.clone();
        async move { auth.token(&ml()).await }
    });
    source.is_asked().await;
    auth.adopt(&arm(), grant("bob", "bob")).await.unwrap_err();
    source.open(1);
    renewal.await.unwrap().unwrap();
    store.broken.store(false, Ordering::SeqCst);
    let saved = auth.saved().await.unwrap().unwrap();
    assert_eq!(saved.refresh_token.unwrap().expose(), "bob's refresh");
}

#[tokio::test]
async fn a_refused_token_does_not_push_a_good_one_out() {
    let long = AccessToken::obtained("refused", from_unix(NOON), Duration::from_secs(5400), None);
    let source = Finder(Scripted::new([Ok(long), Err(dead()), Err(dead())]), token("found"));
    let clock = noon();
    let auth = Cached::new(source, Cloud::public()).with_clock(clock.clone());
    let found = auth.token(&arm()).await.unwrap();
    let other = auth.token(&arm().instead_of(&found)).await.unwrap();
    assert_eq!(other.secret().expose(), "refused");
    assert!(auth.token(&arm().instead_of(&other)).await.is_err(), "both were refused");
    assert!(auth.token(&arm()).await.is_err(), "and neither comes back");
}

#[tokio::test]
async fn a_source_that_repeats_a_refused_token_is_not_believed_later_either() {
    let source = Scripted::new([Ok(token("same")), Ok(token("same")), Ok(token("same"))]);
    let auth = Cached::new(source, Cloud::public()).with_clock(noon());
    let bad = auth.token(&arm()).await.unwrap();
    assert_eq!(auth.token(&arm().instead_of(&bad)).await.unwrap_err().kind(), ErrorKind::Rejected);
    assert_eq!(auth.token(&arm()).await.unwrap_err().kind(), ErrorKind::Rejected);
}

#[tokio::test]
async fn a_waiter_is_not_handed_what_was_refused_since_the_flight_landed() {
    let source = Scripted::gated([Ok(token("revoked")), Ok(token("good"))]);
    let auth = Arc::new(Cached::new(source.clone(), Cloud::public()).with_clock(noon()));
    let leader = tokio::spawn({
        let auth = auth.clone();
        async move {
            let bad = auth.token(&arm()).await.unwrap();
            auth.token(&arm().instead_of(&bad)).await
        }
    });
    source.is_asked().await;
    let waiter = tokio::spawn({
        let auth = auth.clone();
        async move { auth.token(&arm()).await }
    });
    tokio::task::yield_now().await;
    source.open(2);
    let _ = leader.await.unwrap().unwrap();
    assert_eq!(waiter.await.unwrap().unwrap().secret().expose(), "good");
}

#[tokio::test]
async fn no_time_limit_panics() {
    let auth = Cached::new(Scripted::new([Ok(token("a"))]), Cloud::public()).with_clock(noon());
    auth.token(&arm().timeout(Duration::MAX)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn patience_does_not_keep_from_a_token_that_another_process_has_saved() {
    let store = MemoryStore::new();
    let busy = Error::new(ErrorKind::Throttled, "busy").with_retry_after(Some(Duration::from_secs(3600)));
    let ours = Cached::new(Scripted::new([Err::<AccessToken, _>(busy)]), Cloud::public());
    let ours = ours.with_clock(noon()).with_store(Arc::new(store.clone()));
    let theirs = Cached::new(Scripted::new([Ok(token("theirs"))]), Cloud::public());
    let theirs = theirs.with_clock(noon()).with_store(Arc::new(store.clone()));
    assert!(ours.token(&arm()).await.is_err());
    theirs.token(&arm()).await.unwrap();
    assert_eq!(ours.token(&arm()).await.unwrap().secret().expose(), "theirs");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_refused_during_patience_is_not_left_to_other_processes() {
    let store = MemoryStore::new();
    let busy = Error::new(ErrorKind::Throttled, "busy").with_retry_after(Some(Duration::from_secs(3600)));
    let source = Scripted::new([Ok(token("a")), Err(busy)]);
    let ours = Cached::new(source, Cloud::public()).with_clock(noon()).with_store(Arc::new(store.clone()));
    let a = ours.token(&arm()).await.unwrap();
    // A challenge is throttled; then the token itself is refused.
    assert!(ours.token(&arm().claims("{}")).await.is_err());
    assert!(ours.token(&arm().instead_of(&a)).await.is_err());
    let saved = store.load(&partition()).await.unwrap().unwrap();
    assert!(saved.tokens.is_empty(), "another process is still served it");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_could_not_be_saved_survives_a_renewal_of_the_same_account_elsewhere() {
    let store = Fragile::default();
    let process = |answers: Vec<Grant>| {
        let source = Scripted::new(answers.into_iter().map(Ok));
        Cached::new(source, Cloud::public()).with_clock(noon()).with_store(Arc::new(store.clone()))
    };
    let (ours, theirs) = (process(Vec::new()), process(vec![token("renewed").into()]));
    ours.adopt(&arm(), grant("revoked", "ada")).await.unwrap();
    // The read works and the lock does not, as where another process holds it.
    let held = store.inner.lock(&partition(), Duration::ZERO).await.unwrap();
    ours.adopt(&arm(), grant("signed in again", "ada")).await.unwrap_err();
    drop(held);
    theirs.token(&ml()).await.unwrap();
    let saved = ours.saved().await.unwrap().unwrap();
    assert_eq!(saved.refresh_token.unwrap().expose(), "signed in again's refresh");
}
