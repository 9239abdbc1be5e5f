//! The place of one token in memory, and the flight that renews it.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::token_cell::TokenCell;
use crate::{AccessToken, Error, ErrorKind, Interaction, TokenRequest};

/// How long a token that could not be renewed is left alone: at first, and at most. Up to a quarter is added by chance, so that
/// a thousand machines that failed together do not come back together.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(300));

/// No wait that another side asks for is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

/// The place of one token: one pair of scopes and tenant.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// Never one that was refused.
    pub(super) token: TokenCell,
    pub(super) flight: tokio::sync::Mutex<Flight>,
    refused: Mutex<Vec<AccessToken>>,
    /// How many flights have landed; tells a waiter whether one landed while it waited.
    landed: AtomicU64,
    retired: AtomicBool,
}

/// What is known of the last flight, behind the mutex that lets one fly at a time.
#[derive(Debug, Default)]
pub(super) struct Flight {
    outcome: Option<Outcome>,
    failures: u32,
    no_renewal_before: Option<Instant>,
    /// The other side asked for patience until then.
    throttled: Option<(Instant, Error)>,
}

#[derive(Debug)]
struct Outcome {
    number: u64,
    claims: Option<String>,
    interaction: Interaction,
    result: Result<AccessToken, Error>,
}

impl Slot {
    /// How many flights have landed; see [`Flight::landed_since`].
    pub(super) fn landed(&self) -> u64 {
        self.landed.load(Ordering::Acquire)
    }

    /// Whether this token may answer the request, given everything that was refused here.
    pub(super) fn accepts(&self, request: &TokenRequest, token: &AccessToken) -> bool {
        request.accepts(token) && !self.is_refused(token)
    }

    pub(super) fn usable(&self, request: &TokenRequest, now: SystemTime) -> Option<AccessToken> {
        self.token.get().filter(|token| token.is_usable(now) && self.accepts(request, token))
    }

    /// Takes a token that is usable, though not fresh, as the one to fall back to.
    pub(super) fn offer(&self, token: &AccessToken, request: &TokenRequest, now: SystemTime) {
        let is_better = || self.usable(request, now).is_none_or(|own| own.expires_on() < token.expires_on());
        if token.is_usable(now) && self.accepts(request, token) && is_better() {
            self.put(token);
        }
    }

    /// Serves this token from now on, unless it was refused.
    pub(super) fn put(&self, token: &AccessToken) {
        if self.is_refused(token) {
            return;
        }
        // Whoever kept an earlier one is to ask again.
        self.token.withdraw(|earlier| earlier.secret() != token.secret());
        self.token.set(token);
        // Once more after the store: whoever refuses it at this moment either sees it there or is seen here.
        if self.is_refused(token) {
            self.take_out(token);
        }
        if self.retired.load(Ordering::SeqCst) {
            self.retire();
        }
    }

    /// Never serves this token again, wherever it may still be found.
    pub(super) fn refuse(&self, token: &AccessToken, now: SystemTime) {
        let mut refused = self.refused();
        refused.retain(|earlier| earlier.is_usable(now) && earlier.secret() != token.secret());
        refused.push(token.clone());
        drop(refused);
        token.withdraw();
        self.take_out(token);
    }

    /// Nobody who kept a token of this place is to think it fresh: another identity may have taken over.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::SeqCst);
        self.token.withdraw(|_| true);
    }

    fn take_out(&self, token: &AccessToken) {
        self.token.withdraw(|current| current.secret() == token.secret());
    }

    pub(super) fn is_refused(&self, token: &AccessToken) -> bool {
        self.refused().iter().any(|refused| refused.secret() == token.secret())
    }

    fn refused(&self) -> MutexGuard<'_, Vec<AccessToken>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn land(&self, flight: &mut Flight, request: &TokenRequest, result: &Result<AccessToken, Error>) {
        let number = self.landed.load(Ordering::Relaxed) + 1;
        flight.throttled = None;
        match result {
            Ok(token) => {
                self.put(token);
                flight.failures = 0;
                flight.no_renewal_before = None;
            }
            Err(error) => {
                let wait = error.retry_after().unwrap_or_else(|| back_off(flight.failures));
                tracing::debug!(%error, ?wait, "no token was obtained; one that is aging stays in use");
                flight.failures += 1;
                let until = Instant::now() + wait.min(LONGEST_WAIT);
                flight.no_renewal_before = Some(until);
                if error.kind() == ErrorKind::Throttled && error.retry_after().is_some() {
                    flight.throttled = Some((until, error.clone()));
                }
            }
        }
        flight.outcome = Some(Outcome {
            number,
            claims: request.requested_claims().map(str::to_owned),
            interaction: request.allowed_interaction(),
            result: result.clone(),
        });
        self.landed.store(number, Ordering::Release);
    }
}

impl Flight {
    /// The outcome of a flight that landed while a caller waited, if it answers that caller too.
    pub(super) fn landed_since(
        &self,
        landed_before: u64,
        request: &TokenRequest,
    ) -> Option<Result<AccessToken, Error>> {
        let outcome = self.outcome.as_ref().filter(|outcome| outcome.number > landed_before);
        outcome.filter(|outcome| outcome.answers(request)).map(|outcome| outcome.result.clone())
    }

    /// Whether it is too early to try a renewal again.
    pub(super) fn rests(&self) -> bool {
        self.no_renewal_before.is_some_and(|until| Instant::now() < until)
    }

    /// The refusal of the last flight, while the other side still wants to be left alone.
    pub(super) fn throttled(&self) -> Option<Error> {
        let (until, error) = self.throttled.as_ref()?;
        let left = until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| error.clone().with_retry_after(Some(left)))
    }
}

fn back_off(failures: u32) -> Duration {
    let (first, most) = BACK_OFF;
    let wait = first.saturating_mul(1 << failures.min(8)).min(most);
    // Each hasher of the standard library starts from other random keys; chance of that quality is enough here.
    let by_chance = RandomState::new().hash_one(failures) % 256;
    wait + wait / 4 * u32::try_from(by_chance).unwrap_or_default() / 256
}

impl Outcome {
    /// Whether a flight for somebody else may answer this request: a token must not be the refused one, and an error must
    /// come from a flight that was allowed no less. How long a flight was given is its own affair.
    fn answers(&self, request: &TokenRequest) -> bool {
        let same_claims = self.claims.as_deref() == request.requested_claims();
        match &self.result {
            Ok(token) => request.accepts(token) || same_claims && self.claims.is_some(),
            Err(error) if error.kind() == ErrorKind::Timeout => false,
            Err(_) => same_claims && self.interaction >= request.allowed_interaction(),
        }
    }
}
