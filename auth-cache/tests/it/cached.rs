//! The store under `Cached`, which is how it is used.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use auth_core::{
    AccessToken, Authentication, Cached, Clock, Cloud, Error, Grant, Partition, Record, TokenRequest, TokenSource,
    TokenStore, clock,
};

use crate::support::{Place, ann};

/// Counts how often it is asked, and puts the number into the token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter(pub(crate) Arc<AtomicU32>);

#[async_trait]
impl TokenSource for Counter {
    fn name(&self) -> &'static str {
        "Counter"
    }

    fn partition(&self) -> Partition {
        ann()
    }

    async fn acquire(&self, _request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::task::yield_now().await;
        Ok(AccessToken::new(format!("token-{number}"), clock::from_unix(9_000)).into())
    }
}

async fn ask(counter: &Counter, place: &Place) -> Result<String, Error> {
    let auth = Cached::new(counter.clone(), Cloud::public())
        .with_store(Arc::new(place.store()))
        .with_clock(Clock::fixed(clock::from_unix(1_000)));
    Ok(auth.token(&TokenRequest::arm(auth.cloud())).await?.secret().expose().to_owned())
}

#[tokio::test]
async fn a_token_is_acquired_once_for_all_who_share_the_directory() -> Result<(), Error> {
    let (counter, place) = (Counter::default(), Place::new());
    let (one, two, three) = tokio::try_join!(ask(&counter, &place), ask(&counter, &place), ask(&counter, &place))?;
    assert_eq!([one, two, three], ["token-1", "token-1", "token-1"]);
    assert_eq!(ask(&counter, &place).await?, "token-1");
    Ok(())
}

#[tokio::test]
async fn a_damaged_record_costs_one_acquisition_and_is_replaced() -> Result<(), Error> {
    let (counter, place) = (Counter::default(), Place::new());
    ask(&counter, &place).await?;
    std::fs::File::options().write(true).open(place.record()).unwrap().set_len(20).unwrap();
    assert_eq!(ask(&counter, &place).await?, "token-2");
    assert_eq!(ask(&counter, &place).await?, "token-2");
    assert!(place.store().load(&ann()).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_store_that_cannot_be_used_does_not_cost_the_token() -> Result<(), Error> {
    let (counter, place) = (Counter::default(), Place::new());
    std::fs::File::create(&place.directory).unwrap();
    assert_eq!(ask(&counter, &place).await?, "token-1");
    Ok(())
}
