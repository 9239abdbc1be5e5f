//! When to ask once more.

use std::time::Duration;

use auth_core::{Error, ErrorKind};

use crate::HostKind;

/// The pauses while a virtual machine's service is busy: five attempts within 30 s (Microsoft, how to use managed identities on a
/// VM, retry guidance).
const IMDS: [u64; 4] = [2, 4, 8, 16];
/// The pauses while it is being updated, which takes up to 70 s (the same page).
const IMDS_UPDATE: [u64; 6] = [2, 4, 8, 16, 20, 22];
/// The pauses while Service Fabric throttles (Microsoft, managed identity with Service Fabric application code).
const SERVICE_FABRIC: [u64; 5] = [1, 2, 4, 8, 16];
/// The pauses everywhere else (observed: MSAL for Node 5.6).
const BRIEF: [u64; 3] = [1, 1, 1];
/// Where somebody else may answer, nobody is waited for any longer.
const LONGEST_IN_CHAIN: Duration = Duration::from_secs(4);

/// What went wrong with an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It may pass by itself.
    Busy,
    /// It will not pass by itself.
    Other,
    Throttled,
    /// A virtual machine's service is being updated.
    Updating,
}

impl Failure {
    pub(crate) fn of(error: &Error) -> Self {
        match (error.kind(), error.status()) {
            (ErrorKind::Throttled, _) => Self::Throttled,
            (ErrorKind::Network, Some(410)) => Self::Updating,
            (ErrorKind::Network | ErrorKind::Timeout, _) => Self::Busy,
            _ => Self::Other,
        }
    }
}

/// Which pauses there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    pub(crate) host: HostKind,
    /// Whether somebody else may answer instead.
    pub(crate) in_chain: bool,
}

impl Schedule {
    /// How long to wait before the next attempt, or none if it is no use. The latest failure says which pauses count, so that an
    /// update is waited for that began while the service was busy. `left` is all the time that there is.
    pub(crate) fn pause(
        self,
        failure: Failure,
        attempts: usize,
        retry_after: Option<Duration>,
        left: Duration,
    ) -> Option<Duration> {
        let pause = Duration::from_secs(*self.pauses(failure).get(attempts.checked_sub(1)?)?);
        let pause = pause.max(retry_after.unwrap_or_default());
        let most = if self.in_chain { left.min(LONGEST_IN_CHAIN) } else { left };
        (pause < most).then_some(pause)
    }

    fn pauses(self, failure: Failure) -> &'static [u64] {
        match (self.host, failure) {
            (_, Failure::Other) => &[],
            _ if self.in_chain => &BRIEF,
            (HostKind::Imds, Failure::Updating) => &IMDS_UPDATE,
            (HostKind::Imds, _) => &IMDS,
            (HostKind::ServiceFabric, Failure::Throttled) => &SERVICE_FABRIC,
            _ => &BRIEF,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(100);

    /// The pauses until the first that is none, where the failure depends on the time that has passed.
    fn pauses(host: HostKind, in_chain: bool, failure: impl Fn(u64) -> Failure) -> Vec<u64> {
        let (mut pauses, mut passed) = (Vec::new(), 0);
        let schedule = Schedule { host, in_chain };
        while let Some(pause) = schedule.pause(failure(passed), pauses.len() + 1, None, LONG) {
            passed += pause.as_secs();
            pauses.push(pause.as_secs());
        }
        pauses
    }

    #[test]
    fn a_virtual_machine_that_was_chosen_is_waited_for() {
        let imds = |failure| pauses(HostKind::Imds, false, |_| failure);
        assert_eq!(imds(Failure::Busy), [2, 4, 8, 16]);
        assert_eq!(imds(Failure::Throttled), [2, 4, 8, 16]);
        assert_eq!(imds(Failure::Updating).iter().sum::<u64>(), 72, "an update takes up to 70 s");
        assert!(imds(Failure::Other).is_empty());
    }

    #[test]
    fn an_update_that_begins_while_the_service_is_busy_is_waited_for() {
        let failures = |passed| if passed < 6 { Failure::Busy } else { Failure::Updating };
        assert_eq!(pauses(HostKind::Imds, false, failures).iter().sum::<u64>(), 72);
    }

    #[test]
    fn in_a_chain_and_elsewhere_the_wait_is_short() {
        for host in HostKind::ORDER {
            assert_eq!(pauses(host, true, |_| Failure::Throttled), [1, 1, 1], "{host:?}");
        }
        assert_eq!(pauses(HostKind::Imds, true, |_| Failure::Updating), [1, 1, 1]);
        assert_eq!(pauses(HostKind::AppService, false, |_| Failure::Busy), [1, 1, 1]);
        assert_eq!(pauses(HostKind::ServiceFabric, false, |_| Failure::Throttled), [1, 2, 4, 8, 16]);
    }

    #[test]
    fn only_what_may_pass_by_itself_is_waited_for() {
        let failure = |kind, status| Failure::of(&Error::new(kind, "x").with_status(status));
        assert_eq!(failure(ErrorKind::Throttled, 429), Failure::Throttled);
        assert_eq!(failure(ErrorKind::Network, 410), Failure::Updating);
        assert_eq!(failure(ErrorKind::Network, 503), Failure::Busy);
        assert_eq!(failure(ErrorKind::Rejected, 410), Failure::Other);
        assert_eq!(Failure::of(&Error::new(ErrorKind::Timeout, "x")), Failure::Busy);
        assert_eq!(failure(ErrorKind::Unavailable, 400), Failure::Other);
    }

    #[test]
    fn whoever_asks_for_more_patience_than_there_is_gets_none() {
        let pause = |in_chain, retry_after: Option<u64>, left| {
            let retry_after = retry_after.map(Duration::from_secs);
            let schedule = Schedule { host: HostKind::Imds, in_chain };
            schedule.pause(Failure::Throttled, 1, retry_after, left).map(|pause| pause.as_secs())
        };
        let alone = |retry_after| pause(false, retry_after, LONG);
        assert_eq!([alone(None), alone(Some(0)), alone(Some(9)), alone(Some(3600))], [Some(2), Some(2), Some(9), None]);
        assert_eq!(pause(false, None, Duration::from_secs(2)), None);
        assert_eq!([pause(true, Some(3), LONG), pause(true, Some(5), LONG)], [Some(3), None]);
    }
}
