//! When to ask once more.

use std::time::Duration;

use super::exchange::Answer;
use auth_core::{Error, ErrorKind};

/// How often a request is sent at most.
pub(super) const ATTEMPTS: u32 = 3;
/// How long all of them together may take, with the waiting in between.
pub(super) const LIMIT: Duration = Duration::from_secs(60);
/// The pause before the third attempt (observed: azure-core, which sends the second one at once).
const PAUSE: Duration = Duration::from_millis(800);
/// The pause after a 429 that does not say how long.
const THROTTLED: Duration = Duration::from_secs(1);

/// A request without an answer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// Whether Azure may have seen the request.
    pub(super) was_sent: bool,
}

/// How long to wait before the next attempt, or none if another attempt is no use, or might do twice what was asked for once.
pub(super) fn pause(is_repeatable: bool, outcome: Result<&Answer, &Failure>, attempt: u32) -> Option<Duration> {
    if attempt >= ATTEMPTS {
        return None;
    }
    let default = if attempt == 1 { Duration::ZERO } else { PAUSE };
    match outcome {
        Ok(answer) => match answer.status.as_u16() {
            429 => Some(answer.retry_after.unwrap_or(THROTTLED * attempt)),
            // Whoever says when to come back has not begun.
            503 if answer.retry_after.is_some() => answer.retry_after,
            408 | 500 | 502 | 503 | 504 if is_repeatable => Some(answer.retry_after.unwrap_or(default)),
            _ => None,
        },
        Err(failure) => {
            let may_pass = match failure.error.kind() {
                ErrorKind::Network => true,
                // Another attempt has no better chance where the service is only slow.
                ErrorKind::Timeout => !failure.was_sent,
                _ => false,
            };
            (may_pass && (is_repeatable || !failure.was_sent)).then_some(default)
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::{Method, StatusCode};

    use super::*;

    fn millis(method: &Method, status: u16, retry_after: Option<u64>, attempt: u32) -> Option<u128> {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer { retry_after: retry_after.map(Duration::from_secs), ..Answer::empty(status) };
        pause(method.is_idempotent(), Ok(&answer), attempt).map(|pause| pause.as_millis())
    }

    fn failed(method: &Method, kind: ErrorKind, was_sent: bool) -> Option<Duration> {
        pause(method.is_idempotent(), Err(&Failure { error: Error::new(kind, "x"), was_sent }), 1)
    }

    #[test]
    fn only_what_may_pass_is_asked_again_and_only_twice() {
        let get = &Method::GET;
        for status in [200, 301, 400, 401, 403, 404, 409, 501] {
            assert_eq!(millis(get, status, Some(1), 1), None, "{status}");
        }
        for status in [408, 500, 502, 503, 504] {
            let times = [1, 2, 3].map(|attempt| millis(get, status, None, attempt));
            assert_eq!(times, [Some(0), Some(800), None]);
            assert_eq!(millis(get, status, Some(7), 1), Some(7000));
        }
        let throttled = [millis(get, 429, Some(5), 1), millis(get, 429, None, 1), millis(get, 429, None, 2)];
        assert_eq!(throttled, [Some(5000), Some(1000), Some(2000)]);
        assert_eq!(failed(get, ErrorKind::Network, true), Some(Duration::ZERO));
        assert_eq!(failed(get, ErrorKind::Timeout, true), None);
        assert_eq!(failed(get, ErrorKind::Timeout, false), Some(Duration::ZERO));
        assert_eq!(failed(get, ErrorKind::Configuration, true), None);
    }

    #[test]
    fn what_might_be_done_twice_is_repeated_only_where_nothing_was_begun() {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
            assert_eq!(millis(&method, 500, None, 1), Some(0), "{method}");
            assert!(failed(&method, ErrorKind::Network, true).is_some(), "{method}");
        }
        for method in [Method::POST, Method::PATCH] {
            for status in [408, 500, 502, 503, 504] {
                assert_eq!(millis(&method, status, None, 1), None, "{method} {status}");
            }
            assert_eq!((millis(&method, 503, Some(2), 1), millis(&method, 500, Some(2), 1)), (Some(2000), None));
            assert_eq!(millis(&method, 429, None, 1), Some(1000));
            assert_eq!(failed(&method, ErrorKind::Network, true), None);
            assert!(failed(&method, ErrorKind::Network, false).is_some());
        }
    }
}
