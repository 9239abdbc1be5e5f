//! The shortest way to one token.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::token_cell::TokenCell;
use crate::{AccessToken, Authentication, AuthenticationHeader, Clock, Error, TokenRequest};

/// One request that is made again and again, such as by a client of one service. Who signs in, the tenant and the scopes are
/// settled once, so that a warm token costs no lock, no lookup and no allocation.
///
/// It never serves what the [`Authentication`] behind it would not: a token that is to be renewed, was refused by a service, or
/// belongs to an identity that has signed out is asked for anew.
///
/// ```
/// # use std::sync::Arc;
/// # use auth_core::{AccessToken, Cloud, StaticToken, TokenHandle, TokenRequest};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), auth_core::Error> {
/// # let in_an_hour = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
/// # let auth = StaticToken::new(Cloud::public(), AccessToken::new("eyJ0...", in_an_hour));
/// let arm = TokenHandle::new(Arc::new(auth), TokenRequest::arm(&Cloud::public()));
/// for _ in 0..1000 {
///     let header = arm.header().await?;
///     assert_eq!(header.expose(), "Bearer eyJ0...");
/// }
/// # Ok(()) }
/// ```
pub struct TokenHandle {
    auth: Arc<dyn Authentication>,
    request: TokenRequest,
    clock: Clock,
    token: TokenCell,
    /// Of the identity whose token this is.
    generation: AtomicU64,
    /// Held while a token is replaced.
    replacing: Mutex<()>,
}

impl TokenHandle {
    /// Asks `auth` with this request. Nothing is asked yet.
    pub fn new(auth: Arc<dyn Authentication>, request: TokenRequest) -> Self {
        let (token, generation, replacing) = (TokenCell::default(), AtomicU64::default(), Mutex::default());
        Self { auth, request, clock: Clock::system(), token, generation, replacing }
    }

    /// Takes the time from `clock`.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The token.
    ///
    /// # Errors
    /// As [`Authentication::token`].
    pub async fn token(&self) -> Result<AccessToken, Error> {
        if let Some(token) = self.in_memory(AccessToken::clone) {
            return Ok(token);
        }
        self.ask().await
    }

    /// The `Authorization` header.
    ///
    /// # Errors
    /// As [`Authentication::token`].
    pub async fn header(&self) -> Result<AuthenticationHeader, Error> {
        if let Some(header) = self.in_memory(AccessToken::header) {
            return Ok(header);
        }
        Ok(self.ask().await?.header())
    }

    fn in_memory<T>(&self, take: impl FnOnce(&AccessToken) -> T) -> Option<T> {
        if self.generation.load(Ordering::Acquire) != self.auth.generation() {
            return None;
        }
        let is_fresh = |token: &AccessToken| token.is_fresh(self.clock.now()) && self.request.accepts(token);
        self.token.read(|token| is_fresh(token).then(|| take(token)))
    }

    async fn ask(&self) -> Result<AccessToken, Error> {
        let generation = self.auth.generation();
        let token = self.auth.token(&self.request).await?;
        let _replacing = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have asked later, and been faster.
        if generation >= self.generation.load(Ordering::Relaxed) {
            self.token.set(&token);
            self.generation.store(generation, Ordering::Release);
        }
        Ok(token)
    }
}

impl fmt::Debug for TokenHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenHandle").field("auth", &self.auth).field("request", &self.request).finish_non_exhaustive()
    }
}
