//! The default way in.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use auth_core::interactive::InteractiveLogin;
use auth_core::{
    AccessToken, Account, Attempt, Authentication, Chain, Cloud, Error, ErrorKind, Grant, Interaction, SignInCommand,
    Tenant, TokenRequest, TokenStore,
};

use super::builder::InteractiveLoginBuilder;
use super::login_hint::LoginHint;
use super::saved_logins::{SavedLogins, name};

/// Signs in with what already exists, and asks a person only if there is nothing: the `InteractiveLoginAuthentication` of the
/// Azure ML Python SDK.
///
/// The order: an identity of the machine (a managed identity on an Azure ML host, or where "connect to Azure" set one up), the
/// service principal that the environment describes ([`ServicePrincipalAuthentication::from_env`]), the token of an Azure ML run
/// where `AZUREML_RUN_TOKEN_USE_AMBIENT_AUTH` is `true` ([`super::RunTokenAuthentication`]), the login that an earlier sign-in saved, the login of the Python SDK (`~/.azureml/auth`), the login of the Azure CLI
/// (`~/.azure`), and at last a browser. The first that answers stays the identity of this object, and so does the account whose
/// saved login was found: several may lie side by side, and [`InteractiveLoginBuilder::login_hint`] picks one.
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
///
/// [`ServicePrincipalAuthentication::from_env`]: auth_core::service_principal::ServicePrincipalAuthentication::from_env
#[derive(Clone, Debug)]
pub struct InteractiveLoginAuthentication(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) cloud: Cloud,
    pub(super) tenant: Option<Tenant>,
    /// Its id, once a token has told it, if it was given by its domain.
    pub(super) tenant_id: OnceLock<Tenant>,
    pub(super) wanted: Option<LoginHint>,
    pub(super) force: bool,
    pub(super) existing: Chain,
    pub(super) store: Arc<dyn TokenStore>,
    pub(super) saved: Arc<SavedLogins>,
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
        self.sign_in_for(&TokenRequest::arm(&self.0.cloud)).await
    }

    /// As [`InteractiveLoginAuthentication::sign_in`], for the scopes, the tenant and the claims of this request: what a service
    /// demanded that refused a token.
    ///
    /// # Errors
    /// As [`InteractiveLoginAuthentication::sign_in`].
    pub async fn sign_in_for(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let mut request = self.pinned(request)?.interaction(Interaction::Allow);
        let seen = self.sign_ins();
        if !self.0.force {
            let error = match self.without_a_person(&request).await {
                Ok(token) => return self.of_pinned_tenant(&request, token),
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
        let token = self.ask(&request, seen).await?;
        self.of_pinned_tenant(&request, token)
    }

    /// Why the last sign-in by a person could not be saved, if it could not: it serves this process only.
    pub fn save_problem(&self) -> Option<Error> {
        self.0.unsaved.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who is signed in with the saved login of this object, if there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if it cannot be read, [`ErrorKind::Interaction`] if there are several and none is the current one.
    pub async fn account(&self) -> Result<Option<Account>, Error> {
        self.0.saved.account().await
    }

    /// Every account of this cloud that has a saved login.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if they cannot be listed.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        self.0.saved.accounts().await
    }

    /// Makes the account of this object the one that is used where no [`InteractiveLoginBuilder::login_hint`] names another, by
    /// every process that starts from now on.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if it has no saved login, [`ErrorKind::Store`] if the choice cannot be saved.
    pub async fn make_current(&self) -> Result<(), Error> {
        self.0.saved.make_current().await
    }

    /// The tenant that tokens must be of, if one was asked for.
    pub fn tenant(&self) -> Option<&Tenant> {
        self.0.tenant.as_ref()
    }

    fn sign_ins(&self) -> u64 {
        self.0.sign_ins.load(Ordering::Acquire)
    }

    /// The request, for the tenant of this object. One that names another is refused.
    pub(super) fn pinned(&self, request: &TokenRequest) -> Result<TokenRequest, Error> {
        let Some(pinned) = &self.0.tenant else { return Ok(request.clone()) };
        let Some(other) = request.requested_tenant() else { return Ok(request.clone().tenant(pinned.clone())) };
        // A domain may be another name of the same tenant: then its token tells.
        if other == pinned || Some(other) == self.0.tenant_id.get() || pinned.is_id() && !other.is_id() {
            return Ok(request.clone());
        }
        Err(self.of_another_tenant(other))
    }

    /// The token, if it is of the tenant of this object. The first one tells the id of a tenant that was given by its domain.
    fn of_pinned_tenant(&self, request: &TokenRequest, token: AccessToken) -> Result<AccessToken, Error> {
        let (Some(pinned), Some(found)) = (&self.0.tenant, token.tenant()) else { return Ok(token) };
        let wanted = if pinned.is_id() {
            pinned
        } else if request.requested_tenant() == Some(pinned) {
            self.0.tenant_id.get_or_init(|| found.clone())
        } else {
            return Ok(token);
        };
        if found == wanted { Ok(token) } else { Err(self.of_another_tenant(found)) }
    }

    fn of_another_tenant(&self, other: &Tenant) -> Error {
        let pinned = self.0.tenant.as_ref().map(Tenant::as_str).unwrap_or_default();
        let message = format!("only tokens of tenant {pinned} were asked for, and this is about tenant {other}");
        Error::new(ErrorKind::Rejected, message).with_help(format!(
            "leave the tenant away, or give {other}: {}",
            SignInCommand::new(&self.0.cloud).tenant(other)
        ))
    }

    async fn without_a_person(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let answer = if self.0.signed_in.load(Ordering::Acquire) {
            self.0.saved.token(request).await
        } else {
            self.0.existing.token(request).await
        };
        answer.map_err(|error| match error.kind() {
            ErrorKind::Unavailable => {
                let attempts = error.attempts();
                let refused = attempts.iter().find_map(|attempt| self.needs_person(attempt));
                refused.unwrap_or_else(|| self.signed_out()).with_attempts(attempts.to_vec())
            }
            _ => error,
        })
    }

    /// Where another program's login is there, but a person must do more, that is what is told, with what was demanded.
    fn needs_person(&self, attempt: &Attempt) -> Option<Error> {
        let entra = attempt.error.entra()?;
        let mut command =
            SignInCommand::new(&self.0.cloud).tenant(entra.tenant.as_ref()).claims(entra.claims.as_deref());
        if let Some(scopes) = &entra.scopes {
            command = command.scopes(scopes);
        }
        let message = format!("the {} is not enough: {}", attempt.name, attempt.error);
        let error = Error::new(ErrorKind::Interaction, message).with_help(format!("sign in with azml: {command}"));
        let error = error.with_entra(entra.clone());
        Some(match attempt.error.correlation_id() {
            Some(id) => error.with_correlation_id(id),
            None => error,
        })
    }

    fn signed_out(&self) -> Error {
        let (message, help) = match &self.0.wanted {
            Some(wanted) => (format!("{} is not signed in", wanted.as_str()), wanted.sign_in_command(&self.0.cloud)),
            None => ("nobody is signed in".to_owned(), SignInCommand::new(&self.0.cloud).to_string()),
        };
        Error::new(ErrorKind::Interaction, message).with_help(help)
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
        let hint = self.username().await;
        let grant = self.0.login.clone().login_hint(hint).sign_in(&tenant, request).await?;
        if let (Some(wanted), Some(account)) = (&self.0.wanted, &grant.account)
            && !wanted.is_of(account)
        {
            tracing::warn!("the sign-in was made as {}, not as {}", name(account), wanted.as_str());
        }
        Ok(self.take_over(request, grant).await)
    }

    /// Takes in what a sign-in brought: from now on it is the identity of this object.
    async fn take_over(&self, request: &TokenRequest, grant: Grant) -> AccessToken {
        let token = grant.access_token.clone();
        let saved = self.0.saved.adopt(request, grant).await;
        *self.0.unsaved.lock().unwrap_or_else(PoisonError::into_inner) = saved.err();
        self.0.signed_in.store(true, Ordering::Release);
        token
    }

    /// As [`Self::take_over`], of a sign-in without a person. Whoever holds `sign_in` may call it.
    pub(super) async fn adopt(&self, request: &TokenRequest, grant: Grant) -> AccessToken {
        let token = self.take_over(request, grant).await;
        self.0.sign_ins.fetch_add(1, Ordering::Release);
        token
    }

    /// The user principal name of whoever is wanted, if anybody is, and if it is known.
    async fn username(&self) -> Option<String> {
        match self.0.wanted.as_ref()?.username() {
            Some(username) => Some(username.to_owned()),
            None => self.account().await.ok()??.username,
        }
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

    fn generation(&self) -> u64 {
        self.sign_ins()
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let request = self.pinned(request)?;
        let seen = self.sign_ins();
        let answer = match self.without_a_person(&request).await {
            Err(error)
                if error.kind() == ErrorKind::Interaction && request.allowed_interaction() == Interaction::Allow =>
            {
                tracing::debug!(%error, "a person is asked to sign in");
                self.ask(&demanded_by(&error, request.clone()), seen).await
            }
            answer => answer,
        };
        answer.and_then(|token| self.of_pinned_tenant(&request, token))
    }
}

/// The request, with what the authority demanded of the sign-in when it refused, such as a second factor.
fn demanded_by(error: &Error, request: TokenRequest) -> TokenRequest {
    match error.entra().and_then(|entra| entra.claims.clone()) {
        Some(claims) => request.claims(claims),
        None => request,
    }
}
