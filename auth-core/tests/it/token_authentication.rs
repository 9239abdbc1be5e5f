//! Tokens that the caller's own code obtains.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_core::{AccessToken, Authentication as _, Cloud, Error, ErrorKind, TokenAuthentication, TokenRequest};

use crate::support::{hour_from, noon};

#[tokio::test(flavor = "multi_thread")]
async fn each_audience_is_asked_for_once_until_its_token_ages() {
    let (clock, calls) = (noon(), Arc::new(AtomicUsize::new(0)));
    let (now, counted) = (clock.clone(), calls.clone());
    let auth = TokenAuthentication::new(Cloud::public(), move |audience| {
        let (now, number) = (now.now(), counted.fetch_add(1, Ordering::SeqCst));
        async move {
            tokio::task::yield_now().await;
            Ok::<AccessToken, Error>(hour_from(now, &format!("{audience} {number}")))
        }
    });
    let auth = Arc::new(auth.with_clock(clock.clone()));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let auth = auth.clone();
        callers.spawn(async move { auth.authentication_header().await.unwrap().expose().to_owned() });
    }
    let headers = callers.join_all().await;
    assert!(headers.iter().all(|header| header == "Bearer https://management.core.windows.net/ 0"), "{headers:?}");
    let ml = TokenRequest::new(auth.cloud().ml_scope().unwrap());
    assert_eq!(auth.token(&ml).await.unwrap().secret().expose(), "https://ml.azure.com 1");
    clock.advance(Duration::from_secs(3600));
    assert_eq!(auth.token(&ml).await.unwrap().secret().expose(), "https://ml.azure.com 2");
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_error_of_the_function_reaches_its_caller_and_is_not_kept() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let auth = TokenAuthentication::new(Cloud::public(), move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Err(Error::new(ErrorKind::Rejected, "the vault is closed")) }
    });
    for _ in 0..2 {
        assert_eq!(auth.authentication_header().await.unwrap_err().to_string(), "the vault is closed");
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}
