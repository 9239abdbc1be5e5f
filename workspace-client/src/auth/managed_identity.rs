//! The identity of the machine, as a way in that is there, and as a login that is kept.

#[cfg(feature = "msi")]
use std::time::Duration;

use auth_core::http::HttpClient;
#[cfg(feature = "msi")]
use auth_core::{AccessToken, Account, Credential};
use auth_core::{Clock, Cloud, Env, Error, ErrorKind, Grant, Record, TokenRequest};
#[cfg(feature = "msi")]
use auth_msi::{HostKind, Identity, Machine, MsiAuthentication, Principal};

#[cfg(feature = "msi")]
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
#[cfg_attr(not(feature = "msi"), expect(dead_code, reason = "the machine is asked by that feature alone"))]
pub(super) struct OwnMachine {
    pub(super) cloud: Cloud,
    pub(super) env: Env,
    pub(super) clock: Clock,
    pub(super) http: HttpClient,
}

#[cfg(feature = "msi")]
impl OwnMachine {
    /// A token for the login that was saved. It must be of the identity that signed in then: the folder may be that of several
    /// machines, and what a host answers with may change.
    pub(super) async fn renew(&self, notation: &str, request: &TokenRequest, saved: &Record) -> Result<Grant, Error> {
        let identity = Identity::from_notation(notation).ok_or_else(|| {
            let message = format!("the saved login is of an identity that is not known here: {notation}");
            Error::new(ErrorKind::Store, message).with_help("azml login --identity")
        })?;
        let grant = self.acquire(&identity, request, Some(saved)).await?;
        let own = account(&grant.access_token, notation);
        match &saved.account {
            Some(account) if account.home_account_id != own.home_account_id => {
                let (saved, own) = (super::saved_logins::name(account), super::saved_logins::name(&own));
                let message = format!("this machine answers as {own}, and the saved login is that of {saved}");
                Err(Error::new(ErrorKind::Rejected, message).with_help("azml login --identity"))
            }
            _ => Ok(grant),
        }
    }

    /// A token, with the account and the credential that are to be kept.
    pub(super) async fn sign_in(&self, identity: &Identity, request: &TokenRequest) -> Result<Grant, Error> {
        let grant = self.acquire(identity, request, None).await?;
        let notation = identity.to_notation();
        let account = account(&grant.access_token, &notation);
        Ok(Grant { account: Some(account), credential: Some(Credential::ManagedIdentity(notation)), ..grant })
    }

    /// Somebody chose this identity, so that nobody else may answer in its place.
    async fn acquire(
        &self,
        identity: &Identity,
        request: &TokenRequest,
        previous: Option<&Record>,
    ) -> Result<Grant, Error> {
        use auth_core::TokenSource as _;

        let builder = MsiAuthentication::builder(self.cloud.clone()).env(self.env.clone()).clock(self.clock.clone());
        let auth = builder.http(self.http.clone()).identity(identity.clone()).build();
        auth.source().acquire(request, previous).await.map_err(|error| match error.kind() {
            ErrorKind::Unavailable => error.with_kind(ErrorKind::Rejected),
            _ => error,
        })
    }
}

/// Whose token it is. Its id is not that of a person's own login, which the same person may have, too.
#[cfg(feature = "msi")]
fn account(token: &AccessToken, notation: &str) -> Account {
    let principal = Principal::of(token).unwrap_or_default();
    let id = principal.object_id.as_ref().zip(principal.tenant_id.as_ref());
    let name = if principal.is_user() { principal.username.clone() } else { principal.client_id.clone() };
    Account {
        home_account_id: id.map(|(id, tenant)| format!("msi.{id}.{tenant}").to_lowercase()),
        username: Some(name.unwrap_or_else(|| notation.to_owned())),
        tenant: token.tenant().cloned(),
    }
}

#[cfg(not(feature = "msi"))]
impl OwnMachine {
    pub(super) async fn renew(
        &self,
        _notation: &str,
        _request: &TokenRequest,
        _saved: &Record,
    ) -> Result<Grant, Error> {
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
