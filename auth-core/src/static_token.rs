//! A token that the caller already has.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use async_trait::async_trait;

use crate::claims::Claims;
use crate::clock::from_unix;
use crate::{AccessToken, Authentication, Clock, Cloud, Error, ErrorKind, Scopes, Secret, TokenRequest};

/// An [`Authentication`] that answers with one token, obtained elsewhere, until it expires: with [`StaticToken::arm`] the
/// `ArmTokenAuthentication` of the Azure ML Python SDK. Clones share the token.
#[derive(Clone, Debug)]
pub struct StaticToken {
    cloud: Cloud,
    token: Arc<ArcSwap<AccessToken>>,
    replacements: Arc<AtomicU64>,
    scopes: Option<Scopes>,
    clock: Clock,
}

impl StaticToken {
    /// Answers every request with `token`.
    pub fn new(cloud: Cloud, token: AccessToken) -> Self {
        Self {
            cloud,
            token: Arc::new(ArcSwap::from_pointee(token)),
            replacements: Arc::default(),
            scopes: None,
            clock: Clock::system(),
        }
    }

    /// Answers requests for Azure Resource Manager with this token, until the time that it says itself.
    ///
    /// # Errors
    /// [`ErrorKind::Protocol`] if the token does not say when it expires; then use [`StaticToken::new`].
    pub fn arm(cloud: Cloud, token: impl Into<Secret>) -> Result<Self, Error> {
        let scopes = cloud.arm_scope();
        Ok(Self::new(cloud, with_own_expiry(token.into())?).for_scopes(scopes))
    }

    /// Answers only requests for these scopes: a token is good for one resource.
    pub fn for_scopes(mut self, scopes: impl Into<Scopes>) -> Self {
        self.scopes = Some(scopes.into());
        self
    }

    /// Takes the time from `clock`.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Answers with `token` from now on, in every clone.
    pub fn replace(&self, token: AccessToken) {
        self.token.swap(Arc::new(token)).withdraw();
        self.replacements.fetch_add(1, Ordering::Release);
    }
}

#[async_trait]
impl Authentication for StaticToken {
    fn name(&self) -> &'static str {
        "StaticToken"
    }

    fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    fn generation(&self) -> u64 {
        self.replacements.load(Ordering::Acquire)
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let refuse = |why: &str| Err(Error::new(ErrorKind::Rejected, format!("the token that was given {why}")));
        if let Some(scopes) = self.scopes.as_ref().filter(|scopes| *scopes != request.scopes()) {
            return refuse(&format!("is for {scopes}, not for {}", request.scopes()));
        }
        let token = self.token.load();
        if !token.is_usable(self.clock.now()) {
            return refuse("has expired");
        }
        if !request.accepts(&token) {
            return refuse("was refused, and there is no other");
        }
        Ok(AccessToken::clone(&token))
    }
}

/// The token, with the expiry of its claims.
fn with_own_expiry(token: Secret) -> Result<AccessToken, Error> {
    let claims = Claims::peek(token.expose())?;
    let expires_on = claims.exp.ok_or_else(|| {
        Error::new(ErrorKind::Protocol, "the token that was given does not say when it expires (it has no exp claim)")
    })?;
    Ok(AccessToken::new(token, from_unix(expires_on)))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn jwt(payload: &str) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload))
    }

    #[tokio::test]
    async fn a_token_serves_its_own_audience_until_the_time_that_it_says() {
        let clock = Clock::fixed(from_unix(1_000));
        let auth = StaticToken::arm(Cloud::public(), jwt(r#"{"exp":1060.5}"#)).unwrap().with_clock(clock.clone());
        let arm = TokenRequest::arm(auth.cloud());
        assert_eq!(auth.token(&arm).await.unwrap().expires_on(), from_unix(1_060));
        let error = auth.token(&TokenRequest::new(auth.cloud().ml_scope().unwrap())).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the token that was given is for https://management.core.windows.net//.default, not for https://ml.azure.com/.default"
        );
        clock.advance(std::time::Duration::from_secs(60));
        assert_eq!(auth.token(&arm).await.unwrap_err().to_string(), "the token that was given has expired");
        auth.replace(AccessToken::new("another", from_unix(2_000)));
        assert_eq!(auth.clone().token(&arm).await.unwrap().secret().expose(), "another");
        assert_eq!(auth.generation(), 1);
    }

    #[test]
    fn a_token_that_says_nothing_of_its_expiry_is_refused_without_being_shown() {
        for text in ["canary", &jwt(r#"{"sub":"canary"}"#), &jwt(r#"{"exp":"canary"}"#)] {
            let error = StaticToken::arm(Cloud::public(), text).unwrap_err();
            assert!(!format!("{error:?}").contains("canary") && !format!("{error:?}").contains(text));
        }
    }
}
