//! What a chain need not find out again for a while: that a machine has no identity.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use auth_core::Error;

use crate::Host;

/// How long a machine counts as one without an identity.
const DURATION: Duration = Duration::from_secs(300);

/// The hosts that had no identity, each with why.
#[derive(Debug, Default)]
pub(crate) struct Absences(Mutex<Vec<Absence>>);

#[derive(Debug)]
struct Absence {
    host: Host,
    /// What was asked for. None if nothing could be.
    resource: Option<String>,
    since: SystemTime,
    error: Error,
}

impl Absence {
    /// Whether it still counts. Where the clock was set back nobody knows.
    fn counts(&self, now: SystemTime) -> bool {
        now.duration_since(self.since).is_ok_and(|age| age < DURATION)
    }
}

impl Absences {
    /// Refuses what was found to be absent a short time ago.
    pub(crate) fn check(&self, host: &Host, resource: &str, now: SystemTime) -> Result<(), Error> {
        let absences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |it: &&Absence| it.host == *host && it.resource.as_deref().is_none_or(|own| own == resource);
        match absences.iter().filter(|it| it.counts(now)).find(is_it) {
            Some(known) => Err(known.error.clone()),
            None => Ok(()),
        }
    }

    pub(crate) fn remember(&self, host: &Host, resource: Option<&str>, error: &Error, now: SystemTime) {
        let mut absences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        absences.retain(|it| it.counts(now));
        let (host, resource, error) = (host.clone(), resource.map(str::to_owned), error.clone());
        absences.push(Absence { host, resource, since: now, error });
    }
}

#[cfg(test)]
mod tests {
    use auth_core::ErrorKind;
    use auth_core::clock::from_unix;

    use super::*;

    #[test]
    fn one_resource_that_is_refused_says_nothing_about_another() {
        let (absences, host) = (Absences::default(), Host::imds());
        let error = Error::new(ErrorKind::Unavailable, "no");
        absences.remember(&host, Some("a"), &error, from_unix(1000));
        assert!(absences.check(&host, "a", from_unix(1299)).is_err());
        assert!(absences.check(&host, "b", from_unix(1299)).is_ok());
        assert!(absences.check(&host, "a", from_unix(1300)).is_ok());
        assert!(absences.check(&host, "a", from_unix(999)).is_ok(), "the clock was set back");
        absences.remember(&host, None, &error, from_unix(2000));
        assert!(absences.check(&host, "b", from_unix(2000)).is_err());
        assert!(absences.check(&Host::imds_at("http://127.0.0.1:1").unwrap(), "b", from_unix(2000)).is_ok());
    }
}
