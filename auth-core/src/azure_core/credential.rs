//! Our sign-ins for the Azure SDK.

use std::sync::Arc;

use ::azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use ::azure_core::time::OffsetDateTime;
use async_trait::async_trait;

use super::error::to_sdk;
use crate::clock::to_unix;
use crate::{Authentication, Error, Scope, Scopes, TokenRequest};

/// The last second of the year 9999, after which the SDK's dates end.
const LAST_SECOND: i64 = 253_402_300_799;

/// An [`Authentication`] as the SDK's `TokenCredential`. Nobody is ever asked to sign in through it.
#[derive(Clone, Debug)]
pub struct Credential(Arc<dyn Authentication>);

impl Credential {
    /// Answers the SDK's clients with the tokens of `auth`, cached as they are there.
    pub fn new(auth: Arc<dyn Authentication>) -> Arc<Self> {
        Arc::new(Self(auth))
    }
}

#[async_trait]
impl TokenCredential for Credential {
    async fn get_token(
        &self,
        scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> ::azure_core::Result<AccessToken> {
        let parsed = scopes.iter().map(|scope| Scope::parse(scope)).collect::<Result<Vec<_>, Error>>();
        let scopes = parsed.and_then(Scopes::new).map_err(|error| to_sdk(&error))?;
        let token = self.0.token(&TokenRequest::new(scopes)).await.map_err(|error| to_sdk(&error))?;
        let expiry = i64::try_from(to_unix(token.expires_on())).unwrap_or(LAST_SECOND).min(LAST_SECOND);
        let expiry = OffsetDateTime::from_unix_timestamp(expiry).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        // The one copy: the SDK's secret owns its text.
        Ok(AccessToken::new(token.secret().expose().to_owned(), expiry))
    }
}
