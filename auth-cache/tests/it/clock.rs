//! A clock that jumps, both ways.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    AccessToken, Authentication, Cached, Clock, Cloud, Error, Grant, Partition, Record, TokenRequest, TokenSource,
    TokenStore, clock,
};

use crate::support::{PATIENCE, Place, ann, record, save};

const DAY: Duration = Duration::from_secs(86_400);

/// Gives tokens that live for an hour, and counts them.
#[derive(Clone, Debug)]
struct Hourly {
    clock: Clock,
    asked: Arc<AtomicU32>,
}

impl Hourly {
    fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), asked: Arc::default() }
    }

    fn cached(&self, place: &Place) -> Cached<Self> {
        let store = Arc::new(place.store().with_clock(self.clock.clone()));
        Cached::new(self.clone(), Cloud::public()).with_store(store).with_clock(self.clock.clone())
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl TokenSource for Hourly {
    fn name(&self) -> &'static str {
        "Hourly"
    }

    fn partition(&self) -> Partition {
        ann()
    }

    async fn acquire(&self, _request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::task::yield_now().await;
        let hour = Duration::from_secs(3_600);
        Ok(AccessToken::obtained(format!("token-{number}"), self.clock.now(), hour, None).into())
    }
}

/// A fixed clock counts milliseconds in 64 bits, so almost all the way round is a step back.
fn set_back(clock: &Clock, by: Duration) {
    let by = u64::try_from(by.as_millis()).unwrap();
    clock.advance(Duration::from_millis(by.wrapping_neg()));
}

async fn ask(auth: &Cached<Hourly>) -> Result<String, Error> {
    Ok(auth.token(&TokenRequest::arm(auth.cloud())).await?.secret().expose().to_owned())
}

#[tokio::test]
async fn a_clock_that_jumps_past_the_expiry_costs_one_refresh_for_all() -> Result<(), Error> {
    let (place, clock) = (Place::new(), Clock::fixed(clock::from_unix(1_000_000)));
    let source = Hourly::new(&clock);
    let (one, two, three) = (source.cached(&place), source.cached(&place), source.cached(&place));
    for (days, expected) in [(0, "token-1"), (1, "token-2"), (365, "token-3")] {
        clock.advance(DAY * days);
        let all = tokio::try_join!(ask(&one), ask(&one), ask(&two), ask(&two), ask(&three), ask(&three))?;
        assert_eq!(all, [expected; 6].map(str::to_owned).into());
    }
    assert_eq!(source.asked(), 3);
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_set_back_costs_one_refresh_at_most() -> Result<(), Error> {
    let (place, clock) = (Place::new(), Clock::fixed(clock::from_unix(1_000_000)));
    let source = Hourly::new(&clock);
    let old = source.cached(&place);
    ask(&old).await?;
    // The last of these leads to the very second zero of 1970.
    for by in [90, 7_200, 86_400, 906_310].map(Duration::from_secs) {
        set_back(&clock, by);
        let before = source.asked();
        let now = ask(&old).await?;
        for auth in [&old, &source.cached(&place)] {
            assert_eq!(ask(auth).await?, now, "{by:?}");
        }
        assert!(source.asked() <= before + 1, "{by:?}");
    }
    assert_eq!(clock::to_unix(clock.now()), 0);
    // And once the clock is right again, it goes on.
    clock.advance(DAY * 365);
    let before = source.asked();
    assert_eq!(ask(&old).await?, format!("token-{}", before + 1));
    Ok(())
}

#[tokio::test]
async fn what_is_set_aside_keeps_its_order_though_the_clock_is_set_back() -> Result<(), Error> {
    let (place, clock) = (Place::new(), Clock::fixed(clock::from_unix(1_000_000)));
    let store = place.store().with_clock(clock.clone());
    save(&store, &ann(), &record("first")).await;
    let path = place.record();
    for (number, step) in [0, 500_000, 499_000, 0].into_iter().enumerate() {
        set_back(&clock, Duration::from_secs(step));
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), format!("bad {number}").as_bytes())
            .unwrap();
        assert_eq!(store.lock(&ann(), PATIENCE).await?.load().await?, None);
    }
    // The newest three of four, each later than the one before.
    for (number, time) in [(1, 1_000_001), (2, 1_000_002), (3, 1_000_003)] {
        let aside = path.with_extension(format!("azml.corrupt-{time}"));
        assert_eq!(std::fs::read_to_string(aside).unwrap(), format!("bad {number}"));
    }
    assert!(!path.with_extension("azml.corrupt-1000000").exists());
    Ok(())
}
