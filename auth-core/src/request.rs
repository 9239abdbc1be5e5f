//! What a caller asks for.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::{AccessToken, Cloud, Scopes, Tenant};

/// A request for a token: what for, where, under which conditions.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    pub(crate) key: Key,
    claims: Option<String>,
    rejected: Option<AccessToken>,
    interaction: Interaction,
    timeout: Duration,
}

/// Whether a person may be asked to sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interaction {
    /// Nobody is asked; without a usable credential the request fails with [`crate::ErrorKind::Interaction`].
    #[default]
    Forbid,
    /// A person may be asked to sign in.
    Allow,
}

/// What tells one cached token from another within one identity. It is hashed once, because it is looked up for every token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    hash: u64,
    pub(crate) scopes: Scopes,
    pub(crate) tenant: Option<Tenant>,
}

impl Key {
    pub(crate) fn new(scopes: Scopes, tenant: Option<Tenant>) -> Self {
        let mut hasher = DefaultHasher::new();
        (&scopes, &tenant).hash(&mut hasher);
        Self { hash: hasher.finish(), scopes, tenant }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Takes the hash that a [`Key`] has already.
#[derive(Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl TokenRequest {
    /// A request for these scopes: in the identity's own tenant, without a person's help, answered within 60 s.
    pub fn new(scopes: impl Into<Scopes>) -> Self {
        Self {
            key: Key::new(scopes.into(), None),
            claims: None,
            rejected: None,
            interaction: Interaction::Forbid,
            timeout: Duration::from_secs(60),
        }
    }

    /// A request for Azure Resource Manager, which serves every Azure ML resource call.
    pub fn arm(cloud: &Cloud) -> Self {
        Self::new(cloud.arm_scope())
    }

    /// Asks for a token of this tenant.
    pub fn tenant(mut self, tenant: impl Into<Option<Tenant>>) -> Self {
        self.key = Key::new(self.key.scopes, tenant.into());
        self
    }

    /// Adds the claims of a challenge, a JSON object (Microsoft identity platform, claims challenges).
    pub fn claims(mut self, claims: impl Into<String>) -> Self {
        self.claims = Some(claims.into());
        self
    }

    /// Names the token that a service refused. Any other usable token may be the answer; this one is never served again.
    pub fn instead_of(mut self, rejected: &AccessToken) -> Self {
        self.rejected = Some(rejected.clone());
        self
    }

    /// Says whether a person may be asked to sign in.
    pub fn interaction(mut self, interaction: Interaction) -> Self {
        self.interaction = interaction;
        self
    }

    /// Sets how long the whole acquisition may take. A sign-in by a person has its own, longer limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The scopes that are asked for.
    pub fn scopes(&self) -> &Scopes {
        &self.key.scopes
    }

    /// The tenant that is asked for, if one is.
    pub fn requested_tenant(&self) -> Option<&Tenant> {
        self.key.tenant.as_ref()
    }

    /// The claims of a challenge, if there are any.
    pub fn requested_claims(&self) -> Option<&str> {
        self.claims.as_deref()
    }

    /// Whether a person may be asked.
    pub fn allowed_interaction(&self) -> Interaction {
        self.interaction
    }

    /// How long the acquisition may take.
    pub fn time_limit(&self) -> Duration {
        self.timeout
    }

    /// The token that a service refused, if the request names one.
    pub fn rejected(&self) -> Option<&AccessToken> {
        self.rejected.as_ref()
    }

    /// Whether `token` may answer this request, as far as refusals go.
    pub fn accepts(&self, token: &AccessToken) -> bool {
        match &self.rejected {
            Some(rejected) => rejected.secret() != token.secret(),
            // A challenge asks for a token that was made for it; one from before cannot answer.
            None => self.claims.is_none(),
        }
    }
}
