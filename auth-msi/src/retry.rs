//! When to ask once more.

use std::time::Duration;

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

/// What went wrong with an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The connection broke, or nobody answered in time.
    Broken,
    Status(u16),
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
        (pause < left).then_some(pause)
    }

    fn pauses(self, failure: Failure) -> &'static [u64] {
        let is_imds = self.host == HostKind::Imds;
        match failure {
            Failure::Status(410) if is_imds && !self.in_chain => &IMDS_UPDATE,
            Failure::Status(404 | 410) if !is_imds => &[],
            Failure::Status(429) if self.host == HostKind::ServiceFabric => &SERVICE_FABRIC,
            Failure::Broken | Failure::Status(404 | 408 | 410 | 429 | 500..=599) => {
                if is_imds && !self.in_chain {
                    &IMDS
                } else {
                    &BRIEF
                }
            }
            Failure::Status(_) => &[],
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
        let imds = |status: u16| pauses(HostKind::Imds, false, |_| Failure::Status(status));
        for busy in [404, 429, 500, 503, 599] {
            assert_eq!(imds(busy), [2, 4, 8, 16], "{busy}");
        }
        assert_eq!(imds(410).iter().sum::<u64>(), 72, "an update takes up to 70 s");
        for refused in [200, 302, 400, 401, 403] {
            assert!(imds(refused).is_empty(), "{refused}");
        }
        assert_eq!(pauses(HostKind::Imds, false, |_| Failure::Broken), [2, 4, 8, 16]);
    }

    #[test]
    fn an_update_that_begins_while_the_service_is_busy_is_waited_for() {
        let failures = |passed| Failure::Status(if passed < 6 { 503 } else { 410 });
        assert_eq!(pauses(HostKind::Imds, false, failures).iter().sum::<u64>(), 72);
    }

    #[test]
    fn in_a_chain_and_elsewhere_the_wait_is_short() {
        assert_eq!(pauses(HostKind::Imds, true, |_| Failure::Status(410)), [1, 1, 1]);
        assert_eq!(pauses(HostKind::AppService, false, |_| Failure::Status(500)), [1, 1, 1]);
        assert!(pauses(HostKind::AzureMl, false, |_| Failure::Status(404)).is_empty());
    }

    #[test]
    fn service_fabric_does_not_find_tomorrow_what_it_does_not_know_today() {
        assert!(pauses(HostKind::ServiceFabric, false, |_| Failure::Status(404)).is_empty());
        assert_eq!(pauses(HostKind::ServiceFabric, false, |_| Failure::Status(429)), [1, 2, 4, 8, 16]);
    }

    #[test]
    fn whoever_asks_for_more_patience_than_there_is_gets_none() {
        let schedule = Schedule { host: HostKind::Imds, in_chain: false };
        let pause = |retry_after: Option<u64>, left| {
            let retry_after = retry_after.map(Duration::from_secs);
            schedule.pause(Failure::Status(429), 1, retry_after, left).map(|pause| pause.as_secs())
        };
        assert_eq!([pause(None, LONG), pause(Some(0), LONG), pause(Some(9), LONG)], [Some(2), Some(2), Some(9)]);
        assert_eq!([pause(Some(3600), LONG), pause(None, Duration::from_secs(2))], [None, None]);
    }
}
