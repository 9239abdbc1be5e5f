//! A handle serves what the sign-in behind it would serve, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::clock::from_unix;
use auth_core::{AccessToken, Authentication, Cached, Cloud, Error, ErrorKind, Grant, TokenHandle, TokenRequest};

use crate::support::{NOON, Scripted, arm, hour_from, noon};

fn token(text: &str) -> AccessToken {
    hour_from(from_unix(NOON), text)
}

fn both(source: &Scripted) -> (Arc<Cached<Scripted>>, TokenHandle) {
    let auth = Arc::new(Cached::new(source.clone(), Cloud::public()).with_clock(noon()));
    let handle = TokenHandle::new(auth.clone(), arm()).with_clock(noon());
    (auth, handle)
}

#[tokio::test]
async fn a_warm_handle_asks_nobody() {
    let source = Scripted::new([Ok(token("a"))]);
    let (_auth, handle) = both(&source);
    for _ in 0..10 {
        assert_eq!(handle.header().await.unwrap().expose(), "Bearer a");
        assert_eq!(handle.token().await.unwrap().secret().expose(), "a");
    }
    assert_eq!(source.times_asked(), 1);
}

#[tokio::test]
async fn a_token_that_was_refused_elsewhere_is_not_served_by_a_handle() {
    let source = Scripted::new([Ok(token("revoked")), Ok(token("new"))]);
    let (auth, handle) = both(&source);
    let bad = handle.token().await.unwrap();
    auth.token(&arm().instead_of(&bad)).await.unwrap();
    assert_eq!(handle.token().await.unwrap().secret().expose(), "new");
}

#[tokio::test]
async fn a_handle_follows_a_sign_in_and_a_sign_out() {
    let source = Scripted::new([Ok(Grant::from(token("first")))]);
    let (auth, handle) = both(&source);
    assert_eq!(handle.token().await.unwrap().secret().expose(), "first");
    auth.adopt(&arm(), token("second").into()).await.unwrap();
    assert_eq!(handle.token().await.unwrap().secret().expose(), "second");
    auth.forget().await.unwrap();
    assert_eq!(handle.token().await.unwrap_err().kind(), ErrorKind::Protocol, "the script is at its end");
}

#[tokio::test]
async fn a_flight_that_lands_after_a_sign_in_does_not_bring_the_earlier_identity_back() {
    let source = Scripted::gated([Ok(Grant::from(token("first")))]);
    let (auth, handle) = both(&source);
    let handle = Arc::new(handle);
    let asking = tokio::spawn({
        let handle = handle.clone();
        async move { handle.token().await }
    });
    source.is_asked().await;
    let signing_in = tokio::spawn({
        let auth = auth.clone();
        async move { auth.adopt(&arm(), token("second").into()).await }
    });
    tokio::task::yield_now().await;
    source.open(1);
    asking.await.unwrap().unwrap();
    signing_in.await.unwrap().unwrap();
    assert_eq!(handle.token().await.unwrap().secret().expose(), "second");
}

#[tokio::test]
async fn a_request_with_claims_is_never_answered_by_what_a_handle_has_kept() {
    let source = Scripted::new([Ok(token("a")), Ok(token("b"))]);
    let auth = Cached::new(source.clone(), Cloud::public()).with_clock(noon());
    let handle = TokenHandle::new(Arc::new(auth), arm().claims("{}")).with_clock(noon());
    assert_eq!(handle.token().await.unwrap().secret().expose(), "a");
    assert_eq!(handle.token().await.unwrap().secret().expose(), "b");
}

#[tokio::test]
async fn an_aging_token_is_renewed_through_a_handle_too() {
    let source = Scripted::new([Ok(token("old")), Ok(hour_from(from_unix(NOON + 3400), "new"))]);
    let clock = noon();
    let auth = Cached::new(source, Cloud::public()).with_clock(clock.clone());
    let handle = TokenHandle::new(Arc::new(auth), arm()).with_clock(clock.clone());
    assert_eq!(handle.token().await.unwrap().secret().expose(), "old");
    clock.advance(Duration::from_secs(3400));
    assert_eq!(handle.token().await.unwrap().secret().expose(), "new");
}

#[tokio::test]
async fn a_handle_does_not_outlive_a_sign_out_after_a_claims_challenge_replaced_its_token() {
    let source = Scripted::new([Ok(token("first")), Ok(token("with claims"))]);
    let auth = Arc::new(Cached::new(source, Cloud::public()).with_clock(noon()));
    let handle = TokenHandle::new(auth.clone(), arm()).with_clock(noon());
    assert_eq!(handle.token().await.unwrap().secret().expose(), "first");
    auth.token(&arm().claims("{}")).await.unwrap();
    auth.adopt(&arm(), token("bob").into()).await.unwrap();
    assert_eq!(handle.token().await.unwrap().secret().expose(), "bob");
}

/// Answers as whoever it was told to be.
#[derive(Debug, Default)]
struct Changeable(AtomicU64);

#[async_trait]
impl Authentication for Changeable {
    fn name(&self) -> &'static str {
        "changeable"
    }

    fn cloud(&self) -> &Cloud {
        unreachable!("nobody asks")
    }

    fn generation(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    async fn token(&self, _request: &TokenRequest) -> Result<AccessToken, Error> {
        Ok(token(&format!("of {}", self.generation())))
    }
}

#[tokio::test]
async fn a_handle_asks_again_when_another_identity_may_have_taken_over() {
    let auth = Arc::new(Changeable::default());
    let handle = TokenHandle::new(auth.clone(), arm()).with_clock(noon());
    for generation in 0..3 {
        auth.0.store(generation, Ordering::SeqCst);
        let first = handle.token().await.unwrap();
        assert_eq!(first.secret().expose(), format!("of {generation}"));
        assert_eq!(handle.token().await.unwrap(), first);
    }
}
