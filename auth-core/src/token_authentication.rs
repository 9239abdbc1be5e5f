//! Tokens that the caller's own code obtains.

use std::fmt;
use std::pin::Pin;

use async_trait::async_trait;

use crate::{
    AccessToken, Authentication, AuthenticationHeader, Cached, Clock, Cloud, Error, Grant, Partition, Record, Scope,
    TokenRequest, TokenSource,
};

/// Answers with the tokens that a function obtains, one for each audience: the `TokenAuthentication` of the Azure ML Python SDK.
/// A token is kept in memory until it should be renewed, and any number of callers share one call of the function.
///
/// ```
/// use auth_core::{AccessToken, Authentication as _, Cloud, TokenAuthentication};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), auth_core::Error> {
/// let auth = TokenAuthentication::new(Cloud::public(), |audience| async move {
///     assert_eq!(audience, "https://management.core.windows.net/");
///     let in_an_hour = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
///     Ok(AccessToken::new("eyJ...", in_an_hour))
/// });
/// assert_eq!(auth.authentication_header().await?.expose(), "Bearer eyJ...");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct TokenAuthentication(Cached<Source>);

type Answer = Pin<Box<dyn Future<Output = Result<AccessToken, Error>> + Send>>;

struct Source(Box<dyn Fn(String) -> Answer + Send + Sync>);

impl TokenAuthentication {
    /// Asks `callback` for a token for each audience, such as `https://management.core.windows.net/`.
    pub fn new<F, A>(cloud: Cloud, callback: F) -> Self
    where
        F: Fn(String) -> A + Send + Sync + 'static,
        A: Future<Output = Result<AccessToken, Error>> + Send + 'static,
    {
        Self(Cached::new(Source(Box::new(move |audience| Box::pin(callback(audience)))), cloud))
    }

    /// Takes the time from `clock`.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self(self.0.with_clock(clock))
    }
}

#[async_trait]
impl Authentication for TokenAuthentication {
    fn name(&self) -> &'static str {
        "TokenAuthentication"
    }

    fn cloud(&self) -> &Cloud {
        self.0.cloud()
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        self.0.token(request).await
    }

    async fn authentication_header(&self) -> Result<AuthenticationHeader, Error> {
        self.0.authentication_header().await
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

#[async_trait]
impl TokenSource for Source {
    fn name(&self) -> &'static str {
        "TokenAuthentication"
    }

    fn partition(&self) -> Partition {
        Partition::new("callback", [])
    }

    async fn acquire(&self, request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        // All scopes of one request are of one resource.
        let scope = request.scopes().iter().next().map(Scope::parse).transpose()?;
        (self.0)(scope.map(|scope| scope.resource().to_owned()).unwrap_or_default()).await.map(Into::into)
    }
}
