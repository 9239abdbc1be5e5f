//! The Azure SDK's credentials for us.

use std::sync::Arc;

use ::azure_core::credentials::TokenCredential;
use async_trait::async_trait;

use super::error::from_sdk;
use crate::claims::Claims;
use crate::clock::from_unix;
use crate::{AccessToken, Error, ErrorKind, Grant, Partition, Record, Tenant, TokenRequest, TokenSource};

/// Asks a `TokenCredential` of the Azure SDK; [`Cached`](crate::Cached) makes an [`Authentication`](crate::Authentication) of it.
///
/// ```
/// use std::sync::Arc;
/// use auth_core::azure_core::CredentialSource;
/// use auth_core::{Authentication, Cached, Cloud};
/// # fn example(credential: Arc<dyn azure_core::credentials::TokenCredential>) {
/// let auth: Arc<dyn Authentication> = Arc::new(Cached::new(CredentialSource::new(credential), Cloud::public()));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CredentialSource(Arc<dyn TokenCredential>);

impl CredentialSource {
    /// Asks `credential`. A credential does not say whose it is, so two of them must not share a store.
    pub fn new(credential: Arc<dyn TokenCredential>) -> Self {
        Self(credential)
    }
}

#[async_trait]
impl TokenSource for CredentialSource {
    fn name(&self) -> &'static str {
        "TokenCredential"
    }

    fn partition(&self) -> Partition {
        Partition::new("azure-core", [])
    }

    async fn acquire(&self, request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        if request.requested_claims().is_some() {
            return Err(Error::new(
                ErrorKind::Rejected,
                "a credential of the Azure SDK cannot answer a claims challenge",
            )
            .with_help("sign in with azml login, which can"));
        }
        let scopes: Vec<&str> = request.scopes().iter().collect();
        let answer = self.0.get_token(&scopes, None).await.map_err(|error| from_sdk(&error))?;
        let expiry = from_unix(u64::try_from(answer.expires_on.unix_timestamp()).unwrap_or(0));
        let token = AccessToken::new(answer.token.secret(), expiry);
        if !request.accepts(&token) {
            let message = "the credential of the Azure SDK answered with the token that was refused";
            return Err(Error::new(ErrorKind::Rejected, message));
        }
        let claims = Claims::peek(token.secret().expose()).unwrap_or_default();
        let tenant = claims.tid.as_deref().and_then(|tenant| Tenant::parse(tenant).ok());
        if let (Some(wanted), Some(got)) = (request.requested_tenant(), &tenant)
            && wanted.is_id()
            && wanted != got
        {
            let message = format!("the credential of the Azure SDK belongs to tenant {got}, not to {wanted}");
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        Ok(token.with_tenant(tenant).into())
    }
}
