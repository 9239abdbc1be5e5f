//! A token that the caller already has.

use async_trait::async_trait;

use crate::{AccessToken, Authentication, Clock, Cloud, Error, ErrorKind, TokenRequest};

/// An [`Authentication`] that answers with one token, obtained elsewhere, until it expires.
#[derive(Clone, Debug)]
pub struct StaticToken {
    cloud: Cloud,
    token: AccessToken,
    clock: Clock,
}

impl StaticToken {
    /// Answers every request with `token`.
    pub fn new(cloud: Cloud, token: AccessToken) -> Self {
        Self { cloud, token, clock: Clock::system() }
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

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        if !self.token.is_usable(self.clock.now()) {
            return Err(Error::new(ErrorKind::Rejected, "the token that was given has expired"));
        }
        if !request.accepts(&self.token) {
            return Err(Error::new(ErrorKind::Rejected, "the token that was given was refused, and there is no other"));
        }
        Ok(self.token.clone())
    }
}
