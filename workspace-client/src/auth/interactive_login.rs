//! The default way in.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::interactive::InteractiveLogin;
use auth_core::{
    AccessToken, Account, Authentication, Cached, Chain, Cloud, Error, ErrorKind, Interaction, Partition, Tenant,
    TokenRequest, TokenStore,
};

use super::builder::InteractiveLoginBuilder;
use super::saved_login::{SavedLogin, login_command};

/// How long a record that another process holds is waited for at a sign-out.
const REMOVAL_PATIENCE: Duration = Duration::from_secs(10);

/// Signs in with what already exists, and asks a person only if there is nothing: the `InteractiveLoginAuthentication` of the
/// Azure ML Python SDK.
///
/// The order: an identity of the machine (a managed identity on an Azure ML host, or where "connect to Azure" set one up), the
/// login that an earlier sign-in saved, the login of the Python SDK (`~/.azureml/auth`), the login of the Azure CLI
/// (`~/.azure`), and at last a browser. The first that answers stays the identity of this object.
///
/// What already exists is passed over only where it is not there, is of another tenant than the one asked for, or belongs to
/// another program and needs a person; a saved login that needs a person is an error of kind [`ErrorKind::Interaction`],
/// and a refusal or a dead network is never answered with another identity. Requests with [`Interaction::Allow`] sign in anew
/// where a person is needed; all others never prompt.
///
/// ```no_run
/// use workspace_client::auth::InteractiveLoginAuthentication;
/// # async fn example() -> Result<(), auth_core::Error> {
/// use auth_core::Authentication as _;
/// let auth = InteractiveLoginAuthentication::builder().tenant_id("contoso.onmicrosoft.com").login().await?;
/// let header = auth.authentication_header().await?;
/// # Ok(()) }
/// ```
///
/// Clones share everything.
#[derive(Clone, Debug)]
pub struct InteractiveLoginAuthentication(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) cloud: Cloud,
    pub(super) tenant: Option<Tenant>,
    pub(super) force: bool,
    pub(super) existing: Chain,
    pub(super) store: Arc<dyn TokenStore>,
    pub(super) saved: Arc<Cached<SavedLogin>>,
    pub(super) login: InteractiveLogin,
    /// How the last sign-in by a person ended, and the mutex that lets one take place at a time.
    pub(super) sign_in: tokio::sync::Mutex<Option<Error>>,
    /// How many sign-ins by a person have ended, one way or the other.
    pub(super) sign_ins: AtomicU64,
    pub(super) unsaved: Mutex<Option<Error>>,
    /// Whether a person has signed in through this object. From then on that login is the identity.
    pub(super) signed_in: AtomicBool,
}

impl InteractiveLoginAuthentication {
    /// Starts with the defaults of the Python SDK: no particular tenant, the configured cloud, no force.
    pub fn builder() -> InteractiveLoginBuilder {
        InteractiveLoginBuilder::default()
    }

    pub(super) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Makes sure that there is an identity: the one that already exists, or, if there is none or `force` was set, the one
    /// with which a person signs in now. What a sign-in yields is saved for the next process.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`], [`ErrorKind::Timeout`] and the others of a sign-in; [`ErrorKind::Network`] and the like if an
    /// existing identity cannot be used at the moment.
    pub async fn sign_in(&self) -> Result<AccessToken, Error> {
        let mut request = self.pinned(&TokenRequest::arm(&self.0.cloud).interaction(Interaction::Allow));
        let seen = self.sign_ins();
        if !self.0.force {
            let error = match self.without_a_person(&request).await {
                Ok(token) => return Ok(token),
                // Another sign-in would not help.
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => error,
            };
            if error.kind() != ErrorKind::Interaction {
                // To a program this is an error. A person who wants to sign in need not mend it first.
                tracing::warn!(help = error.help(), "{error}");
            }
            request = demanded_by(&error, request);
        }
        self.ask(&request, seen).await
    }

    /// Why the last sign-in by a person could not be saved, if it could not: it serves this process only.
    pub fn save_problem(&self) -> Option<Error> {
        self.0.unsaved.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Removes the login that was saved for this cloud, and says whether there was one. The logins of the Azure CLI and of the
    /// Python SDK stay, but what was renewed from them is removed.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if it cannot be removed.
    pub async fn sign_out(&self) -> Result<bool, Error> {
        let was_there = self.0.saved.forget().await?;
        // What was renewed from the Azure CLI's login is kept beside our own, and is ours to remove.
        let renewed = Partition::new("azure-cli", [self.0.cloud.name()]);
        for partition in self.0.store.partitions().await? {
            if partition.is_within(&renewed) {
                self.0.store.lock(&partition, REMOVAL_PATIENCE).await?.remove().await?;
            }
        }
        Ok(was_there)
    }

    /// Who is signed in with the saved login, if there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if it cannot be read.
    pub async fn account(&self) -> Result<Option<Account>, Error> {
        Ok(self.0.saved.saved().await?.and_then(|record| record.account))
    }

    /// The tenant that tokens must be of, if one was asked for.
    pub fn tenant(&self) -> Option<&Tenant> {
        self.0.tenant.as_ref()
    }

    fn sign_ins(&self) -> u64 {
        self.0.sign_ins.load(Ordering::Acquire)
    }

    /// The request, for the tenant of this object unless it names its own.
    fn pinned(&self, request: &TokenRequest) -> TokenRequest {
        let request = request.clone();
        if request.requested_tenant().is_some() { request } else { request.tenant(self.0.tenant.clone()) }
    }

    async fn without_a_person(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let answer = if self.0.signed_in.load(Ordering::Acquire) {
            self.0.saved.token(request).await
        } else {
            self.0.existing.token(request).await
        };
        answer.map_err(|error| match error.kind() {
            ErrorKind::Unavailable => Error::new(ErrorKind::Interaction, "nobody is signed in")
                .with_help(login_command(&self.0.cloud))
                .with_attempts(error.attempts().to_vec()),
            _ => error,
        })
    }

    /// Asks a person, once for everybody who needs it: whoever waited here shares the outcome.
    async fn ask(&self, request: &TokenRequest, seen: u64) -> Result<AccessToken, Error> {
        let mut last = self.0.sign_in.lock().await;
        if self.sign_ins() != seen {
            return match &*last {
                Some(error) => Err(error.clone()),
                None => self.0.saved.token(request).await,
            };
        }
        let result = self.ask_now(request).await;
        *last = result.as_ref().err().cloned();
        self.0.sign_ins.fetch_add(1, Ordering::Release);
        result
    }

    async fn ask_now(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let tenant = request.requested_tenant().cloned().unwrap_or_else(Tenant::organizations);
        let grant = self.0.login.sign_in(&tenant, request).await?;
        let token = grant.access_token.clone();
        let saved = self.0.saved.adopt(request, grant).await;
        *self.0.unsaved.lock().unwrap_or_else(PoisonError::into_inner) = saved.err();
        self.0.signed_in.store(true, Ordering::Release);
        Ok(token)
    }
}

#[async_trait]
impl Authentication for InteractiveLoginAuthentication {
    fn name(&self) -> &'static str {
        "InteractiveLoginAuthentication"
    }

    fn cloud(&self) -> &Cloud {
        &self.0.cloud
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let request = self.pinned(request);
        let seen = self.sign_ins();
        match self.without_a_person(&request).await {
            Err(error)
                if error.kind() == ErrorKind::Interaction && request.allowed_interaction() == Interaction::Allow =>
            {
                tracing::debug!(%error, "a person is asked to sign in");
                self.ask(&demanded_by(&error, request), seen).await
            }
            answer => answer,
        }
    }
}

/// The request, with what the authority demanded of the sign-in when it refused, such as a second factor.
fn demanded_by(error: &Error, request: TokenRequest) -> TokenRequest {
    let demanded = error.entra().and_then(|entra| entra.claims.clone());
    match demanded.filter(|_| request.requested_claims().is_none()) {
        Some(claims) => request.claims(claims),
        None => request,
    }
}
