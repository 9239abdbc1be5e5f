//! Access tokens and the header made of them.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use crate::{Secret, Tenant};

/// How long before its expiry a token is renewed when the server gave no hint (observed: MSAL, 300 s).
const RENEWAL_MARGIN: Duration = Duration::from_secs(300);
/// From this lifetime on a token without a hint is renewed at half of it (observed: azure-identity 1.27 and its siblings).
const LONG_LIFETIME: Duration = Duration::from_secs(7200);
/// How far the clocks of two machines that share a store may differ.
const CLOCK_SKEW: Duration = Duration::from_secs(300);
/// How long before its expiry callers start to wait for the renewal instead of getting the old token.
const NEAR_EXPIRY: Duration = Duration::from_secs(60);

/// A bearer token for one resource, with the times that matter. Clones share the same memory.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    secret: Secret,
    expires_on: SystemTime,
    refresh_on: SystemTime,
    obtained_on: Option<SystemTime>,
    tenant: Option<Tenant>,
    header: OnceLock<AuthenticationHeader>,
    withdrawn: Arc<AtomicBool>,
}

impl AccessToken {
    /// A token that expires at `expires_on` and should be renewed five minutes before.
    pub fn new(secret: impl Into<Secret>, expires_on: SystemTime) -> Self {
        let refresh_on = expires_on.checked_sub(RENEWAL_MARGIN).unwrap_or(expires_on);
        Self(Arc::new(Inner {
            secret: secret.into(),
            expires_on,
            refresh_on,
            obtained_on: None,
            tenant: None,
            header: OnceLock::new(),
            withdrawn: Arc::default(),
        }))
    }

    /// A token that was obtained at `now` and lives for `lifetime`; `refresh_in` is the server's hint, if it gave one.
    ///
    /// Without a hint the token is renewed five minutes before its expiry; at half its life if that is two hours or more, or
    /// shorter than ten minutes, so that a short-lived token is still served from memory.
    pub fn obtained(
        secret: impl Into<Secret>,
        now: SystemTime,
        lifetime: Duration,
        refresh_in: Option<Duration>,
    ) -> Self {
        let margin = if lifetime < LONG_LIFETIME { RENEWAL_MARGIN } else { lifetime };
        let default = lifetime.saturating_sub(margin).max(lifetime / 2);
        let refresh_in = refresh_in.filter(|hint| *hint < lifetime).unwrap_or(default);
        let at = |after: Duration| now.checked_add(after).unwrap_or(now);
        Self::new(secret, at(lifetime)).with_refresh_on(at(refresh_in)).with_obtained_on(Some(now))
    }

    /// Sets the time from which the token should be renewed.
    pub fn with_refresh_on(mut self, refresh_on: SystemTime) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        inner.refresh_on = refresh_on.min(inner.expires_on);
        self
    }

    /// Sets when the token was obtained, by the clock of the machine that obtained it.
    pub fn with_obtained_on(mut self, obtained_on: Option<SystemTime>) -> Self {
        Arc::make_mut(&mut self.0).obtained_on = obtained_on;
        self
    }

    /// Sets the tenant that issued the token.
    pub fn with_tenant(mut self, tenant: Option<Tenant>) -> Self {
        Arc::make_mut(&mut self.0).tenant = tenant;
        self
    }

    /// The token's text.
    pub fn secret(&self) -> &Secret {
        &self.0.secret
    }

    /// When the token stops being valid.
    pub fn expires_on(&self) -> SystemTime {
        self.0.expires_on
    }

    /// When the token should be renewed.
    pub fn refresh_on(&self) -> SystemTime {
        self.0.refresh_on
    }

    /// When the token was obtained, if that is known.
    pub fn obtained_on(&self) -> Option<SystemTime> {
        self.0.obtained_on
    }

    /// The tenant that issued the token, if it is known.
    pub fn tenant(&self) -> Option<&Tenant> {
        self.0.tenant.as_ref()
    }

    /// Whether there is no reason yet to renew the token. There is one, too, if a service refused it, or if it was obtained
    /// in the future: then the clock was set back since, and says nothing about the token's age.
    pub fn is_fresh(&self, now: SystemTime) -> bool {
        now < self.0.refresh_on
            && !self.0.withdrawn.load(Ordering::Relaxed)
            && self.0.obtained_on.is_none_or(|obtained_on| obtained_on <= now + CLOCK_SKEW)
    }

    /// Whether the token is still valid, fresh or not.
    pub fn is_usable(&self, now: SystemTime) -> bool {
        now < self.0.expires_on
    }

    /// Whether so little is left that a caller should wait for the renewal: the last minute, or the second half of the time
    /// between renewal and expiry where that is shorter.
    pub fn is_near_expiry(&self, now: SystemTime) -> bool {
        let window = self.0.expires_on.duration_since(self.0.refresh_on).unwrap_or_default();
        now + (window / 2).min(NEAR_EXPIRY) >= self.0.expires_on
    }

    /// The header that carries this token.
    pub fn header(&self) -> AuthenticationHeader {
        let header = || AuthenticationHeader(Secret::new(format!("Bearer {}", self.0.secret.expose())));
        self.0.header.get_or_init(header).clone()
    }

    /// No clone or copy of this token is fresh any more, wherever somebody may have kept one.
    pub(crate) fn withdraw(&self) {
        self.0.withdrawn.store(true, Ordering::Relaxed);
    }

    /// The same token, whose clones are counted apart from those of this one.
    pub(crate) fn copy(&self) -> Self {
        Self(Arc::new(Inner { header: OnceLock::new(), ..Inner::clone(&self.0) }))
    }

    /// A copy that is not withdrawn with this one.
    pub(crate) fn detached(&self) -> Self {
        Self(Arc::new(Inner { withdrawn: Arc::default(), ..Inner::clone(&self.0) }))
    }
}

impl PartialEq for Inner {
    /// Whether it was withdrawn is not part of what a token is.
    fn eq(&self, other: &Self) -> bool {
        let parts = |inner: &Self| (inner.expires_on, inner.refresh_on, inner.obtained_on);
        parts(self) == parts(other) && self.tenant == other.tenant && self.secret == other.secret
    }
}

impl Eq for Inner {}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("expires_on", &crate::clock::to_unix(self.0.expires_on))
            .field("refresh_on", &crate::clock::to_unix(self.0.refresh_on))
            .field("tenant", &self.0.tenant)
            .finish_non_exhaustive()
    }
}

/// An `Authorization` header. Its `Debug` is redacted; [`AuthenticationHeader::expose`] is the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationHeader(Secret);

impl AuthenticationHeader {
    /// The header's name, `Authorization`.
    pub const NAME: &'static str = "Authorization";

    /// The header's value, `Bearer` and the token.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_unix;

    #[test]
    fn a_long_lived_token_is_renewed_five_minutes_before_its_expiry() {
        let token = AccessToken::obtained("t", from_unix(0), Duration::from_secs(3600), None);
        assert!(token.is_fresh(from_unix(3299)) && !token.is_fresh(from_unix(3300)));
        assert!(!token.is_near_expiry(from_unix(3539)) && token.is_near_expiry(from_unix(3540)));
        assert!(token.is_usable(from_unix(3599)) && !token.is_usable(from_unix(3600)));
    }

    #[test]
    fn a_short_lived_token_is_fresh_for_half_of_its_life() {
        let token = AccessToken::obtained("t", from_unix(0), Duration::from_secs(60), None);
        assert!(token.is_fresh(from_unix(29)) && !token.is_fresh(from_unix(30)));
        assert!(!token.is_near_expiry(from_unix(44)) && token.is_near_expiry(from_unix(45)));
    }

    #[test]
    fn a_token_that_lives_for_two_hours_or_more_is_fresh_for_half_of_its_life() {
        let obtained = |minutes: u64| AccessToken::obtained("t", from_unix(0), Duration::from_secs(minutes * 60), None);
        assert_eq!(obtained(24 * 60).refresh_on(), from_unix(12 * 3600));
        assert_eq!(obtained(120).refresh_on(), from_unix(3600));
        assert_eq!(obtained(119).refresh_on(), from_unix(114 * 60));
    }

    #[test]
    fn a_token_from_the_future_is_not_fresh_as_the_clock_was_set_back() {
        let token = AccessToken::obtained("t", from_unix(1000), Duration::from_secs(3600), None);
        assert!(token.is_fresh(from_unix(700)), "clocks of several machines differ a little");
        assert!(!token.is_fresh(from_unix(699)) && token.is_usable(from_unix(699)));
    }

    #[test]
    fn a_withdrawn_token_is_fresh_in_no_clone() {
        let token = AccessToken::obtained("t", from_unix(0), Duration::from_secs(3600), None);
        let (clone, copy, detached) = (token.clone(), token.copy(), token.detached());
        token.withdraw();
        assert!(!clone.is_fresh(from_unix(0)) && !copy.is_fresh(from_unix(0)) && detached.is_fresh(from_unix(0)));
        assert_eq!(clone, detached);
    }

    #[test]
    fn a_hint_of_the_server_beyond_the_expiry_is_ignored() {
        let hour = Duration::from_secs(3600);
        assert_eq!(AccessToken::obtained("t", from_unix(0), hour, Some(hour * 2)).refresh_on(), from_unix(3300));
        assert_eq!(AccessToken::obtained("t", from_unix(0), hour, Some(hour / 2)).refresh_on(), from_unix(1800));
    }

    #[test]
    fn debug_and_header_debug_are_redacted() {
        let token = AccessToken::new("canary", from_unix(10));
        assert!(!format!("{token:?} {:?}", token.header()).contains("canary"));
        assert_eq!(token.header().expose(), "Bearer canary");
    }
}
