//! How often tokens are given.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// So many tokens in any minute, kept as the times of the last ones.
#[derive(Debug)]
pub(super) struct Rate {
    most: usize,
    given: VecDeque<Instant>,
}

impl Rate {
    pub(super) fn per_minute(tokens: u32) -> Self {
        Self { most: usize::try_from(tokens).unwrap_or(usize::MAX), given: VecDeque::new() }
    }

    /// Takes one, or says how long to wait for it.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        while self.given.front().is_some_and(|given| *given + MINUTE <= now) {
            self.given.pop_front();
        }
        match self.given.front() {
            Some(first) if self.given.len() >= self.most => Err((*first + MINUTE).saturating_duration_since(now)),
            _ => {
                self.given.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_no_minute_are_more_given_than_that() {
        let (mut rate, start) = (Rate::per_minute(10), Instant::now());
        let half_a_second = |count: u32| start + Duration::from_millis(500) * count;
        let given = (0..120).filter(|count| rate.take(half_a_second(*count)).is_ok()).count();
        assert_eq!(given, 10);
        assert_eq!(rate.take(half_a_second(120)), Ok(()), "the first one is a minute old");
    }

    #[test]
    fn whoever_is_refused_learns_how_long_to_wait_and_loses_nothing() {
        let (mut rate, now) = (Rate::per_minute(3), Instant::now());
        let second = Duration::from_secs(1);
        assert_eq!([0, 1, 2].map(|after| rate.take(now + second * after)), [Ok(()); 3]);
        assert_eq!(rate.take(now + second * 20), Err(second * 40));
        assert_eq!(rate.take(now + second * 59), Err(second));
        assert_eq!([60, 61, 62].map(|after| rate.take(now + second * after)), [Ok(()); 3]);
    }
}
