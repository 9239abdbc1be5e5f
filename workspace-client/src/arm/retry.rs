//! When to ask once more.

use std::time::Duration;

use auth_core::ErrorKind;

use super::client::Answer;

/// How often a request is sent at most.
pub(super) const ATTEMPTS: u32 = 3;
/// How long all of them together may take, with the waiting in between.
pub(super) const LIMIT: Duration = Duration::from_secs(60);
/// The pause before the third attempt (observed: azure-core, which sends the second one at once).
const PAUSE: Duration = Duration::from_millis(800);
/// The pause after a 429 that does not say how long.
const THROTTLED: Duration = Duration::from_secs(1);

/// How long to wait before the next attempt of a request that changes nothing, or none if another attempt is no use.
pub(super) fn pause(outcome: Result<&Answer, ErrorKind>, attempt: u32) -> Option<Duration> {
    if attempt >= ATTEMPTS {
        return None;
    }
    let default = if attempt == 1 { Duration::ZERO } else { PAUSE };
    match outcome {
        Ok(answer) => match answer.status.as_u16() {
            429 => Some(answer.retry_after.unwrap_or(THROTTLED * attempt)),
            408 | 500 | 502 | 503 | 504 => Some(answer.retry_after.unwrap_or(default)),
            _ => None,
        },
        Err(ErrorKind::Network) => Some(default),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    fn answer(status: u16, retry_after: Option<u64>) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { retry_after: retry_after.map(Duration::from_secs), ..Answer::empty(status) }
    }

    #[test]
    fn only_what_may_pass_is_asked_again_and_only_twice() {
        let millis = |status, retry_after, attempt| {
            pause(Ok(&answer(status, retry_after)), attempt).map(|pause| pause.as_millis())
        };
        for status in [200, 301, 400, 401, 403, 404, 409, 501] {
            assert_eq!(millis(status, Some(1), 1), None, "{status}");
        }
        for status in [408, 500, 502, 503, 504] {
            assert_eq!(
                [millis(status, None, 1), millis(status, None, 2), millis(status, None, 3)],
                [Some(0), Some(800), None]
            );
            assert_eq!(millis(status, Some(7), 1), Some(7000));
        }
        assert_eq!(
            [millis(429, Some(5), 1), millis(429, None, 1), millis(429, None, 2)],
            [Some(5000), Some(1000), Some(2000)]
        );
        assert_eq!(pause(Err(ErrorKind::Network), 1), Some(Duration::ZERO));
        assert_eq!(pause(Err(ErrorKind::Timeout), 1), None);
        assert_eq!(pause(Err(ErrorKind::Configuration), 1), None);
    }
}
