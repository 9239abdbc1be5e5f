//! The five rules of `Cached`, and the invariants that it keeps.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use auth_core::clock::from_unix;
use auth_core::{
    AccessToken, Account, Authentication, Cached, Clock, Cloud, Error, ErrorKind, Grant, MemoryStore, Partition,
    Tenant, TokenRequest, TokenStore,
};
use xtask::log::Log;

use crate::support::{Dependent, Fragile, NOON, Scripted, arm, hour_from, noon};

fn token(text: &str) -> AccessToken {
    hour_from(from_unix(NOON), text)
}

fn refused() -> Error {
    Error::new(ErrorKind::Interaction, "the refresh token was refused")
}

fn busy(seconds: u64) -> Result<AccessToken, Error> {
    Err(Error::new(ErrorKind::Throttled, "busy").with_retry_after(Some(Duration::from_secs(seconds))))
}

fn cached(source: &Scripted) -> Arc<Cached<Scripted>> {
    Arc::new(Cached::new(source.clone(), Cloud::public()).with_clock(noon()))
}

async fn text(auth: &impl Authentication, request: &TokenRequest) -> String {
    auth.token(request).await.unwrap().secret().expose().to_owned()
}

#[tokio::test]
async fn rule_1_a_fresh_token_in_memory_needs_no_await_at_all() {
    let source = Scripted::new([Ok(token("a"))]);
    let auth = cached(&source);
    assert_eq!(text(&*auth, &arm()).await, "a");

    let request = arm();
    let mut future = auth.token(&request);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(answer) => assert_eq!(answer.unwrap().secret().expose(), "a"),
        std::task::Poll::Pending => panic!("it waited"),
    }
    assert_eq!(source.times_asked(), 1);
}

#[tokio::test]
async fn rule_2_an_aging_token_is_renewed_by_one_caller_while_the_others_get_the_old_one_at_once() {
    let source = Scripted::gated([Ok(token("old")), Ok(hour_from(from_unix(NOON + 3400), "new"))]);
    let clock = noon();
    let auth = Arc::new(Cached::new(source.clone(), Cloud::public()).with_clock(clock.clone()));
    source.open(1);
    assert_eq!(text(&*auth, &arm()).await, "old");

    clock.advance(Duration::from_secs(3400));
    let renewer = tokio::spawn({
        let auth = auth.clone();
        async move { text(&*auth, &arm()).await }
    });
    source.is_asked().await;
    source.is_asked().await;
    for _ in 0..100 {
        assert_eq!(text(&*auth, &arm()).await, "old");
    }
    source.open(1);
    assert_eq!(renewer.await.unwrap(), "new");
    assert_eq!(text(&*auth, &arm()).await, "new");
    assert_eq!(source.times_asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn rule_2_a_failed_renewal_keeps_the_old_token_and_backs_off() {
    let failure = || Err(Error::new(ErrorKind::Network, "dead"));
    let source = Scripted::new([Ok(token("old")), failure(), failure(), Ok(hour_from(from_unix(NOON + 3500), "new"))]);
    let clock = noon();
    let auth = Cached::new(source.clone(), Cloud::public()).with_clock(clock.clone());
    text(&auth, &arm()).await;

    clock.advance(Duration::from_secs(3310));
    // How long it rests after each failure: at least this, and up to a quarter more by chance.
    for (asked, rest) in [(2, 30), (3, 60)] {
        for waited in [0, rest - 1] {
            tokio::time::advance(Duration::from_secs(waited)).await;
            assert_eq!(text(&auth, &arm()).await, "old");
            assert_eq!(source.times_asked(), asked);
        }
        tokio::time::advance(Duration::from_secs(2 + rest / 4)).await;
    }
    assert_eq!(text(&auth, &arm()).await, "new");
}

#[tokio::test(start_paused = true)]
async fn rule_2_a_wait_that_the_server_asked_for_is_kept() {
    let source = Scripted::new([Ok(token("old")), busy(120), Ok(hour_from(from_unix(NOON + 3500), "new"))]);
    let clock = noon();
    let auth = Cached::new(source.clone(), Cloud::public()).with_clock(clock.clone());
    text(&auth, &arm()).await;
    clock.advance(Duration::from_secs(3301));
    assert_eq!(text(&auth, &arm()).await, "old");
    tokio::time::advance(Duration::from_secs(119)).await;
    assert_eq!(text(&auth, &arm()).await, "old");
    assert_eq!(source.times_asked(), 2);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(text(&auth, &arm()).await, "new");
}

#[tokio::test(start_paused = true)]
async fn rule_5_where_the_server_asked_for_patience_nobody_asks_again_before_that() {
    let source = Scripted::new([busy(60), Ok(token("a"))]);
    let auth = cached(&source);
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let auth = auth.clone();
            tokio::spawn(async move { auth.token(&arm()).await.unwrap_err().kind() })
        })
        .collect();
    for waiter in waiting {
        assert_eq!(waiter.await.unwrap(), ErrorKind::Throttled);
    }
    tokio::time::advance(Duration::from_secs(20)).await;
    let error = auth.token(&arm()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(Duration::from_secs(40))));
    assert_eq!(source.times_asked(), 1, "one request for everybody");
    tokio::time::advance(Duration::from_secs(40)).await;
    assert_eq!(text(&*auth, &arm()).await, "a");
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_keep_a_token_for_longer_than_it_lives() {
    let day = Duration::from_secs(86_400);
    let tomorrow = Clock::fixed(from_unix(NOON) + day);
    let source = Scripted::new([
        Ok(hour_from(tomorrow.now(), "of tomorrow")),
        Err(Error::new(ErrorKind::Network, "dead")),
        Ok(token("of today")),
    ]);
    let store = MemoryStore::new();
    let auth =
        |clock| Cached::new(source.clone(), Cloud::public()).with_clock(clock).with_store(Arc::new(store.clone()));
    assert_eq!(text(&auth(tomorrow), &arm()).await, "of tomorrow");
    assert_eq!(text(&auth(noon()), &arm()).await, "of tomorrow", "it is better than an error");
    assert_eq!(text(&auth(noon()), &arm()).await, "of today");
    assert_eq!(text(&auth(noon()), &arm()).await, "of today");
    assert_eq!(source.times_asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_does_not_prolong_the_rest_after_a_failure() {
    let clock = noon();
    let source = Scripted::new([Ok(token("old")), Err(Error::new(ErrorKind::Network, "dead")), Ok(token("new"))]);
    let auth = Cached::new(source.clone(), Cloud::public()).with_clock(clock.clone());
    text(&auth, &arm()).await;
    clock.advance(Duration::from_secs(3310));
    assert_eq!(text(&auth, &arm()).await, "old");
    clock.set_back(Duration::from_secs(86_400));
    tokio::time::advance(Duration::from_secs(38)).await;
    assert_eq!(text(&auth, &arm()).await, "new");
}

#[tokio::test]
async fn a_token_that_is_still_usable_is_never_replaced_by_an_error() {
    let source = Scripted::new([Ok(token("old")), Err(refused()), Err(refused())]);
    let clock = noon();
    let auth = Cached::new(source.clone(), Cloud::public()).with_clock(clock.clone());
    text(&auth, &arm()).await;
    clock.advance(Duration::from_secs(3599));
    assert_eq!(text(&auth, &arm()).await, "old", "one second is left");
    clock.advance(Duration::from_secs(1));
    assert_eq!(auth.token(&arm()).await.unwrap_err().kind(), ErrorKind::Interaction);
}

#[tokio::test]
async fn a_refused_token_is_served_to_nobody_even_if_there_is_no_other() {
    let source = Scripted::new([Ok(token("revoked")), Err(refused()), Err(refused())]);
    let auth = cached(&source);
    let bad = auth.token(&arm()).await.unwrap();
    assert!(auth.token(&arm().instead_of(&bad)).await.is_err());
    assert!(auth.token(&arm()).await.is_err(), "not from memory");
    let saved = auth.saved().await.unwrap().unwrap();
    assert!(saved.tokens.is_empty(), "and not from the store");
}

#[tokio::test]
async fn a_token_that_lives_shorter_than_five_minutes_is_served_from_memory() {
    let short = AccessToken::obtained("short", from_unix(NOON), Duration::from_secs(60), None);
    let source = Scripted::new([Ok(short)]);
    let auth = cached(&source);
    for _ in 0..10 {
        assert_eq!(text(&*auth, &arm()).await, "short");
    }
    assert_eq!(source.times_asked(), 1);
}

#[tokio::test]
async fn rule_3_what_another_process_has_saved_is_taken_instead_of_asking_again() {
    let store: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
    let (first, second) = (Scripted::new([Ok(token("a"))]), Scripted::new([Ok(token("b"))]));
    let first_auth = Cached::new(first, Cloud::public()).with_store(store.clone()).with_clock(noon());
    let second_auth = Cached::new(second.clone(), Cloud::public()).with_store(store).with_clock(noon());
    assert_eq!(text(&first_auth, &arm()).await, "a");
    assert_eq!(text(&second_auth, &arm()).await, "a");
    assert_eq!(second.times_asked(), 0);
}

#[tokio::test]
async fn rule_3_whoever_waited_for_another_process_s_lock_reads_again_before_asking() {
    let store: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
    let partition = Partition::new("scripted", []);
    let source = Scripted::new([Ok(token("b"))]);
    let auth = Cached::new(source.clone(), Cloud::public()).with_store(store.clone()).with_clock(noon());

    let mut locked = store.lock(&partition, Duration::ZERO).await.unwrap();
    let request = arm();
    let mut waiting = auth.token(&request);
    tokio::select! {
        biased;
        _ = &mut waiting => panic!("it did not wait for the lock"),
        () = tokio::task::yield_now() => {}
    }
    let mut record = auth_core::Record::default();
    record.merge(&arm(), &Grant::from(token("theirs")), from_unix(NOON));
    locked.save(&record).await.unwrap();
    drop(locked);
    assert_eq!(waiting.await.unwrap().secret().expose(), "theirs");
    assert_eq!(source.times_asked(), 0);
}

#[tokio::test]
async fn rule_3_a_refused_token_is_replaced_once_for_any_number_of_callers_and_never_served_again() {
    let source = Scripted::new([Ok(token("refused")), Ok(token("good"))]);
    let auth = cached(&source);
    let bad = auth.token(&arm()).await.unwrap();
    let request = arm().instead_of(&bad);
    let all = (0..200).map(|_| {
        let (auth, request) = (auth.clone(), request.clone());
        tokio::spawn(async move { text(&*auth, &request).await })
    });
    for task in all.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), "good");
    }
    assert_eq!(source.times_asked(), 2);
    assert_eq!(text(&*auth, &arm()).await, "good");
}

#[tokio::test]
async fn rule_3_a_scope_that_is_cached_does_not_wait_for_another_scope() {
    let source = Scripted::gated([Ok(token("arm")), Ok(token("ml"))]);
    let auth = cached(&source);
    source.open(1);
    text(&*auth, &arm()).await;
    source.is_asked().await;
    let ml = TokenRequest::new(Cloud::public().ml_scope().unwrap());
    let waiting = tokio::spawn({
        let auth = auth.clone();
        async move { text(&*auth, &ml).await }
    });
    source.is_asked().await;
    assert_eq!(text(&*auth, &arm()).await, "arm");
    source.open(1);
    assert_eq!(waiting.await.unwrap(), "ml");
}

#[tokio::test(start_paused = true)]
async fn rule_3_an_empty_store_is_not_locked_for_a_source_that_needs_what_was_saved() {
    let store: Arc<dyn TokenStore> = Arc::new(MemoryStore::new());
    let _locked = store.lock(&Partition::new("dependent", []), Duration::ZERO).await.unwrap();
    let auth = Cached::new(Dependent, Cloud::public()).with_store(store.clone());
    assert_eq!(auth.token(&arm()).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn rule_4_a_failing_store_never_fails_a_call_that_has_a_token_and_is_reported_once() {
    let (log, _guard) = Log::of_this_thread();
    let store = Fragile::default();
    store.broken.store(true, Ordering::SeqCst);
    let source = Scripted::new([Ok(token("a")), Ok(token("b"))]);
    let auth = Cached::new(source, Cloud::public()).with_store(Arc::new(store)).with_clock(noon());
    let first = auth.token(&arm()).await.unwrap();
    assert_eq!(text(&auth, &arm().instead_of(&first)).await, "b");
    assert_eq!(log.text().matches("the disk is on fire").count(), 1, "{}", log.text());
}

#[tokio::test]
async fn rule_4_a_refresh_token_that_could_not_be_saved_is_kept_in_memory_and_saved_later() {
    let store = Fragile::default();
    store.broken.store(true, Ordering::SeqCst);
    let grant = |text: &str| Grant { refresh_token: Some(format!("refresh {text}").into()), ..token(text).into() };
    let source = Scripted::new([Ok(grant("a")), Ok(grant("b"))]);
    let auth = Cached::new(source, Cloud::public()).with_store(Arc::new(store.clone())).with_clock(noon());
    let first = auth.token(&arm()).await.unwrap();
    store.broken.store(false, Ordering::SeqCst);
    auth.token(&arm().instead_of(&first)).await.unwrap();
    let saved = store.inner.load(&Partition::new("scripted", [])).await.unwrap().unwrap();
    assert_eq!(saved.refresh_token.unwrap().expose(), "refresh b");
}

#[tokio::test]
async fn rule_5_everybody_who_waited_for_one_flight_shares_its_refusal() {
    let source = Scripted::gated([Err::<AccessToken, _>(refused()), Ok(token("later"))]);
    let auth = cached(&source);
    let tasks: Vec<_> = (0..1000)
        .map(|_| {
            let auth = auth.clone();
            tokio::spawn(async move { auth.token(&arm()).await })
        })
        .collect();
    source.is_asked().await;
    // Every task has been polled by now: this runtime has one thread, and the first task waits at the gate.
    source.open(1);
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap_err().kind(), ErrorKind::Interaction);
    }
    assert_eq!(source.times_asked(), 1);
    source.open(1);
    assert_eq!(text(&*auth, &arm()).await, "later", "the refusal is not cached");
}

#[tokio::test]
async fn rule_5_a_dropped_flight_is_taken_over_by_the_next_waiter() {
    let source = Scripted::gated([Ok(token("a"))]);
    let auth = cached(&source);
    let leader = tokio::spawn({
        let auth = auth.clone();
        async move { auth.token(&arm()).await }
    });
    source.is_asked().await;
    let waiter = tokio::spawn({
        let auth = auth.clone();
        async move { text(&*auth, &arm()).await }
    });
    tokio::task::yield_now().await;
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    source.is_asked().await;
    source.open(1);
    assert_eq!(waiter.await.unwrap(), "a");
    assert_eq!(source.times_asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn every_await_on_the_outside_ends_at_the_time_limit() {
    let source = Scripted::gated([Ok(token("never"))]);
    let auth = cached(&source);
    let error = auth.token(&arm().timeout(Duration::from_secs(7))).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Timeout, "scripted did not answer within 7s"));
}

#[tokio::test]
async fn a_sign_in_of_another_account_replaces_everything_that_was_saved() {
    let account = |id: &str| {
        Some(Account {
            home_account_id: Some(id.into()),
            username: None,
            tenant: Tenant::parse("contoso.example").ok(),
        })
    };
    let grant = |text: &str, id: &str| Grant { account: account(id), ..token(text).into() };
    let source = Scripted::new([Ok(token("unused"))]);
    let auth = cached(&source);
    let ml = TokenRequest::new(Cloud::public().ml_scope().unwrap());
    auth.adopt(&ml, grant("ada's", "ada")).await.unwrap();
    auth.adopt(&arm(), grant("bob's", "bob")).await.unwrap();
    let saved = auth.saved().await.unwrap().unwrap();
    assert_eq!(saved.account, account("bob"));
    assert!(saved.token(&ml).is_none(), "ada's token is gone");
    assert_eq!(text(&*auth, &arm()).await, "bob's");
    assert!(auth.forget().await.unwrap());
    assert!(auth.saved().await.unwrap().is_none());
}

#[tokio::test]
async fn no_secret_shows_in_debug_output_or_logs() {
    let (log, _guard) = Log::of_this_thread();
    let grant = Grant { refresh_token: Some("canary-refresh".into()), ..token("canary-access").into() };
    let auth = Cached::new(Scripted::new([Ok(grant)]), Cloud::public()).with_clock(noon());
    let token = auth.token(&arm()).await.unwrap();
    let saved = auth.saved().await.unwrap();
    let request = arm().instead_of(&token);
    let shown = format!("{auth:?} {token:?} {:?} {saved:?} {request:?}", token.header());
    assert!(!shown.contains("canary"), "{shown}");
    assert!(!log.text().contains("canary"));
}
