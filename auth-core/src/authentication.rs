//! The two central traits.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{
    AccessToken, Account, AuthenticationHeader, Cloud, Credential, Error, Partition, Record, Secret, TokenRequest,
};

/// What consumers hold, as `Arc<dyn Authentication>`: something that answers with tokens.
#[async_trait]
pub trait Authentication: Debug + Send + Sync {
    /// The name that errors and logs use, such as `AzureCliAuthentication`.
    fn name(&self) -> &'static str;

    /// The cloud whose tokens these are.
    fn cloud(&self) -> &Cloud;

    /// Changes whenever another identity may have taken over, such as by a sign-in, so that nobody keeps a token of the earlier
    /// one; see [`crate::TokenHandle`].
    fn generation(&self) -> u64 {
        0
    }

    /// A token for `request`, from memory where possible.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unavailable`] if there is nothing to sign in with here, [`crate::ErrorKind::Interaction`] if a
    /// person must sign in, and the other kinds as they say.
    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error>;

    /// The `Authorization` header for Azure Resource Manager.
    ///
    /// # Errors
    /// As [`Authentication::token`].
    async fn authentication_header(&self) -> Result<AuthenticationHeader, Error> {
        Ok(self.token(&TokenRequest::arm(self.cloud())).await?.header())
    }
}

/// What providers implement: one raw acquisition, without caching, locking or retry of its own. [`crate::Cached`] turns it
/// into an [`Authentication`].
#[async_trait]
pub trait TokenSource: Debug + Send + Sync {
    /// The name that errors and logs use.
    fn name(&self) -> &'static str;

    /// Whose tokens these are: picks the record in the store, and its lock.
    fn partition(&self) -> Partition;

    /// Whether a token can be acquired without anything that was saved before. Where it cannot, an empty store says enough, and
    /// its lock is not taken.
    fn starts_from_nothing(&self) -> bool {
        true
    }

    /// Looks for a token that is already at hand elsewhere, such as in another program's cache, without asking anybody. What
    /// it finds is served but not saved.
    async fn find(&self, request: &TokenRequest) -> Option<AccessToken> {
        let _ = request;
        None
    }

    /// Asks for a token. `previous` is what was saved last, with the refresh token if there is one.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unavailable`] where this source is not configured or not present, which lets a chain go on.
    async fn acquire(&self, request: &TokenRequest, previous: Option<&Record>) -> Result<Grant, Error>;
}

/// The outcome of one acquisition.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The access token.
    pub access_token: AccessToken,
    /// The refresh token that came with it; without one the previous one stays in force.
    pub refresh_token: Option<Secret>,
    /// With what an application signed in, if that is to be kept for renewals.
    pub credential: Option<Credential>,
    /// Who signed in, if the answer told.
    pub account: Option<Account>,
}

impl From<AccessToken> for Grant {
    fn from(access_token: AccessToken) -> Self {
        Self { access_token, refresh_token: None, credential: None, account: None }
    }
}
