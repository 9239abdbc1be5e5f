//! How often tokens are given.

use std::time::Duration;

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// A bucket of so many tokens that fills up within a minute, kept as the time until which it is used up.
#[derive(Debug)]
pub(super) struct Rate {
    interval: Duration,
    used_until: Option<Instant>,
}

impl Rate {
    pub(super) fn per_minute(tokens: u32) -> Self {
        Self { interval: MINUTE / tokens.max(1), used_until: None }
    }

    /// Takes one, or says how long to wait for it.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let next = self.used_until.map_or(now, |used_until| used_until.max(now)) + self.interval;
        let wait = next.saturating_duration_since(now + MINUTE);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.used_until = Some(next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_given_at_once_and_then_one_each_interval() {
        let (mut rate, now) = (Rate::per_minute(3), Instant::now());
        assert_eq!([(); 3].map(|()| rate.take(now)), [Ok(()); 3]);
        let second = Duration::from_secs(1);
        assert_eq!(rate.take(now), Err(second * 20));
        assert_eq!(rate.take(now + second * 5), Err(second * 15), "what is refused costs nothing");
        assert_eq!(rate.take(now + second * 20), Ok(()));
        assert_eq!(rate.take(now + second * 20), Err(second * 20));
    }

    #[test]
    fn a_long_rest_saves_up_no_more_than_a_minute() {
        let (mut rate, now) = (Rate::per_minute(2), Instant::now());
        assert_eq!(rate.take(now), Ok(()));
        let later = now + MINUTE * 60;
        assert_eq!([(); 3].map(|()| rate.take(later).is_ok()), [true, true, false]);
    }
}
