//! Time, real or fake.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where the time of day comes from: the system, or a test that moves it by hand.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicU64>>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `now` until [`Clock::advance`] moves it. Clones move together.
    pub fn fixed(now: SystemTime) -> Self {
        Self(Some(Arc::new(AtomicU64::new(millis(now)))))
    }

    /// The time of day.
    pub fn now(&self) -> SystemTime {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one home of the real clock")]
            None => SystemTime::now(),
            Some(fixed) => UNIX_EPOCH + Duration::from_millis(fixed.load(Ordering::Relaxed)),
        }
    }

    /// Waits between two attempts. A fixed clock moves ahead by as much, and nobody waits.
    pub async fn sleep(&self, wait: Duration) {
        match &self.0 {
            None => tokio::time::sleep(wait).await,
            Some(_) => self.advance(wait),
        }
    }

    /// Moves a fixed clock forward. The system's clock does not move.
    pub fn advance(&self, by: Duration) {
        if let Some(fixed) = &self.0 {
            fixed.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Moves a fixed clock back, as somebody may do with a real one.
    pub fn set_back(&self, by: Duration) {
        if let Some(fixed) = &self.0 {
            let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            let _ = fixed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some(now.saturating_sub(by)));
        }
    }
}

/// The time that lies `seconds` after the Unix epoch, capped at the year 9999 so that a hostile number cannot overflow.
pub fn from_unix(seconds: u64) -> SystemTime {
    const LAST_SECOND_OF_9999: u64 = 253_402_300_799;
    UNIX_EPOCH + Duration::from_secs(seconds.min(LAST_SECOND_OF_9999))
}

/// Whole seconds since the Unix epoch; 0 for earlier times.
pub fn to_unix(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_by_hand_and_with_its_clones() {
        let clock = Clock::fixed(from_unix(1_000));
        let clone = clock.clone();
        clone.advance(Duration::from_secs(5));
        assert_eq!(to_unix(clock.now()), 1_005);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_fixed_clock() {
        let clock = Clock::fixed(from_unix(1_000));
        clock.sleep(Duration::from_secs(3600)).await;
        assert_eq!(to_unix(clock.now()), 4_600);
    }

    #[test]
    fn a_hostile_number_of_seconds_does_not_overflow() {
        assert_eq!(to_unix(from_unix(u64::MAX)), 253_402_300_799);
    }
}
