//! The identity of the machine, as a way in that is there, and as a login that is kept.

use std::time::Duration;

use auth_core::{AccessToken, Account, Clock, Cloud, Credential, Env, Error, ErrorKind, Grant, TokenRequest};
#[cfg(feature = "msi")]
use auth_msi::{HostKind, Identity, Machine, MsiAuthentication, Principal};

use super::interactive_login::InteractiveLoginAuthentication;

/// A virtual machine's service may be away for 70 s while it is updated (Microsoft, how to use managed identities on a VM).
#[cfg(feature = "msi")]
const PATIENCE: Duration = Duration::from_secs(90);

/// This machine, as [`InteractiveLoginAuthentication`] examines it for an identity that is used unasked: where Azure itself set
/// one up. A server that is connected by Azure Arc belongs to its people, too, so that its identity must be chosen, with
/// [`InteractiveLoginAuthentication::sign_in_managed_identity`]; a workload identity stands among the service principals.
#[cfg(feature = "msi")]
pub fn machine(env: &Env) -> Machine {
    let is_asked_for = |kind: &HostKind| !matches!(kind, HostKind::Arc | HostKind::WorkloadIdentity);
    Machine::new(env.clone()).order(HostKind::ORDER.into_iter().filter(is_asked_for))
}

/// Asks this machine on behalf of a login that is its identity.
#[derive(Clone, Debug)]
pub(super) struct OwnMachine {
    pub(super) cloud: Cloud,
    pub(super) env: Env,
    pub(super) clock: Clock,
}

#[cfg(feature = "msi")]
impl OwnMachine {
    /// A token of the identity with this notation. Somebody chose it, so that nobody else may answer in its place.
    pub(super) async fn acquire(&self, notation: &str, request: &TokenRequest) -> Result<Grant, Error> {
        use auth_core::TokenSource as _;

        let identity = Identity::from_notation(notation).ok_or_else(|| {
            Error::new(
                ErrorKind::Store,
                format!("the saved login is of an identity that is not known here: {notation}"),
            )
            .with_help("azml login --identity")
        })?;
        let builder = MsiAuthentication::builder(self.cloud.clone()).env(self.env.clone()).clock(self.clock.clone());
        let auth = builder.identity(identity).build();
        auth.source().acquire(request, None).await.map_err(|error| match error.kind() {
            ErrorKind::Unavailable => error.with_kind(ErrorKind::Rejected),
            _ => error,
        })
    }

    /// The same, with the account and the credential that are to be kept.
    pub(super) async fn sign_in(&self, identity: &Identity, request: &TokenRequest) -> Result<Grant, Error> {
        let notation = identity.to_notation();
        let grant = self.acquire(&notation, request).await?;
        let principal = Principal::of(&grant.access_token).unwrap_or_default();
        // An application is known by its client id; a person may answer where nobody was selected.
        let (name, id) = if principal.is_user() {
            (principal.username, principal.object_id)
        } else {
            (principal.client_id.clone(), principal.client_id)
        };
        let account = Account {
            home_account_id: id.zip(principal.tenant_id).map(|(id, tenant)| format!("{id}.{tenant}").to_lowercase()),
            username: Some(name.unwrap_or_else(|| notation.clone())),
            tenant: grant.access_token.tenant().cloned(),
        };
        Ok(Grant { account: Some(account), credential: Some(Credential::ManagedIdentity(notation)), ..grant })
    }
}

#[cfg(not(feature = "msi"))]
impl OwnMachine {
    pub(super) async fn acquire(&self, _notation: &str, _request: &TokenRequest) -> Result<Grant, Error> {
        let message =
            "the saved login is the identity of this machine, and this program was built without the feature msi";
        Err(Error::new(ErrorKind::Configuration, message)
            .with_help("build it with the feature msi, or sign in otherwise"))
    }
}

#[cfg(feature = "msi")]
impl InteractiveLoginAuthentication {
    /// Signs in with the identity of this machine, wherever it runs. The login is saved as a person's is, and is the identity of
    /// this object from then on; it holds no secret but the token, as the machine proves itself each time.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] if the machine has no such identity, or one of another tenant, [`ErrorKind::Configuration`] if its
    /// host cannot select it, and those of the network. Why a login could not be saved,
    /// [`InteractiveLoginAuthentication::save_problem`] tells.
    pub async fn sign_in_managed_identity(&self, identity: &Identity) -> Result<AccessToken, Error> {
        let request = self.pinned(&TokenRequest::arm(&self.0.cloud).timeout(PATIENCE))?;
        let mut last = self.0.sign_in.lock().await;
        let grant = self.0.saved.sign_in_managed_identity(identity, &request).await?;
        *last = None;
        Ok(self.adopt(&request, grant).await)
    }
}
