//! A clock that is wrong.

use std::fmt;
use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap};

/// Entra ID and most services put up with no more (Microsoft identity platform, certificate credentials).
const TOLERATED: Duration = Duration::from_secs(300);

/// How far the clock of this machine is off: more than the five minutes that services put up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockSkew {
    /// It is ahead of the server's by so much.
    Ahead(Duration),
    /// It is behind the server's by so much.
    Behind(Duration),
}

impl ClockSkew {
    /// Compares `now` with the `Date` of an answer (RFC 9110, 6.6.1). None if they agree, or if there is no readable `Date`.
    pub fn seen_in(headers: &HeaderMap, now: SystemTime) -> Option<Self> {
        let server = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
        let (by, skew) = match now.duration_since(server) {
            Ok(by) => (by, Self::Ahead(by)),
            Err(error) => (error.duration(), Self::Behind(error.duration())),
        };
        (by > TOLERATED).then_some(skew)
    }
}

impl fmt::Display for ClockSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (by, direction) = match self {
            Self::Ahead(by) => (by.as_secs(), "ahead of"),
            Self::Behind(by) => (by.as_secs(), "behind"),
        };
        match by {
            ..7200 => write!(f, "{} minutes {direction}", by / 60),
            7200..172_800 => write!(f, "{} hours {direction}", by / 3600),
            _ => write!(f, "{} days {direction}", by / 86_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_unix;

    #[test]
    fn a_clock_that_is_off_by_more_than_five_minutes_is_told_and_a_strange_date_is_not() {
        let seen = |date: &'static str, now| {
            let headers = HeaderMap::from_iter([(DATE, date.parse().unwrap())]);
            ClockSkew::seen_in(&headers, from_unix(now)).map(|skew| skew.to_string())
        };
        let noon = "Fri, 15 Jan 2027 12:00:00 GMT";
        let unix = 1_800_014_400;
        for agreeing in [unix, unix - 300, unix + 300] {
            assert_eq!(seen(noon, agreeing), None);
        }
        assert_eq!(seen(noon, unix + 301).unwrap(), "5 minutes ahead of");
        assert_eq!(seen(noon, unix - 3 * 3600).unwrap(), "3 hours behind");
        assert_eq!(seen(noon, 0).unwrap(), "20833 days behind");
        assert_eq!(seen("yesterday", unix), None);
        assert_eq!(ClockSkew::seen_in(&HeaderMap::new(), from_unix(0)), None);
    }
}
