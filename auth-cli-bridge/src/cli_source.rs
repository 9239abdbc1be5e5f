//! One raw acquisition from what a sign-in with the Azure CLI left behind.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use auth_core::http::HttpClient;
use auth_core::oauth::{AZURE_CLI_CLIENT_ID, EntraClient};
use auth_core::service_principal::sign_in;
use auth_core::{
    AccessToken, Account, Clock, Cloud, Env, Error, ErrorKind, Grant, Partition, Record, Secret, Tenant, TokenRequest,
    TokenSource,
};

use crate::child_az::{ChildAz, Of};
use crate::identity::{Identity, Principal};
use crate::msal_cache::{MsalCache, Owner};
use crate::service_principals;
use crate::{ConfigDir, Subscription};

/// How many refresh tokens are tried at most.
const MOST_REFRESH_TOKENS: usize = 3;

/// Answers from the CLI's token cache, and renews with what is in it. It is always one and the same identity.
#[derive(Debug)]
pub(crate) struct AzureCliSource {
    pub(crate) identity: Identity,
    pub(crate) cloud: Cloud,
    pub(crate) directory: ConfigDir,
    pub(crate) env: Env,
    pub(crate) http: HttpClient,
    pub(crate) clock: Clock,
    /// The cache as it was read to find out who this is, so that the first token needs no second reading.
    pub(crate) first: Mutex<Option<MsalCache>>,
    /// What was found there last. Whoever then asks for another token does so because this one was not good enough.
    pub(crate) found: Mutex<Option<AccessToken>>,
}

impl AzureCliSource {
    /// The subscription that was chosen.
    pub(crate) fn subscription(&self) -> &Subscription {
        &self.identity.subscription
    }

    /// Who signed in, and the tenant whose tokens are asked for where a request names none.
    pub(crate) fn account(&self) -> Account {
        let home_account_id = match &self.identity.principal {
            Principal::Application { .. } | Principal::Sealed => None,
            Principal::User { home_account_id } => Some(home_account_id.clone()),
        };
        let username = Some(self.identity.subscription.user.name.clone());
        Account { home_account_id, username, tenant: Some(self.identity.tenant.clone()) }
    }

    /// Whose tokens in the cache are meant, where it can be read.
    fn owner(&self) -> Option<Owner<'_>> {
        match &self.identity.principal {
            Principal::Application { client_id } => Some(Owner { client_id, home_account_id: None }),
            Principal::Sealed => None,
            Principal::User { home_account_id } => {
                Some(Owner { client_id: AZURE_CLI_CLIENT_ID, home_account_id: Some(home_account_id) })
            }
        }
    }

    async fn read(&self) -> Result<MsalCache, Error> {
        MsalCache::load(&self.directory, &self.clock).await
    }

    fn entra(&self, client_id: &str) -> EntraClient {
        EntraClient::new(self.cloud.clone(), client_id, self.http.clone()).with_clock(self.clock.clone())
    }

    /// Redeems our own refresh token, then the CLI's: ours is at least as new, unless somebody signed in again since.
    async fn refresh(
        &self,
        cache: &MsalCache,
        owner: Owner<'_>,
        tenant: &Tenant,
        request: &TokenRequest,
        own: Option<&Secret>,
    ) -> Result<Grant, Error> {
        let mut candidates: Vec<&Secret> = own.into_iter().chain(cache.refresh_tokens(&self.cloud, owner)).collect();
        let mut seen: Vec<&Secret> = Vec::new();
        candidates.retain(|candidate| {
            let is_new = !seen.contains(candidate);
            seen.push(candidate);
            is_new
        });
        let help = login_again(tenant, request);
        let name = &self.identity.subscription.user.name;
        let mut refusal =
            Error::new(ErrorKind::Interaction, format!("{} holds no refresh token of {name}", self.directory.owner()));
        for candidate in candidates.into_iter().take(MOST_REFRESH_TOKENS) {
            match self.entra(owner.client_id).refresh(tenant, request, candidate).await {
                Ok(grant) => return Ok(grant),
                // Another refresh token may still be good, or have satisfied what was asked of the person.
                Err(error) if error.kind() == ErrorKind::Interaction => refusal = error,
                Err(error) => return Err(error),
            }
        }
        Err(refusal.with_help(help))
    }

    /// Asks the CLI itself, which says neither how it came by its token nor takes claims (observed: az 2.91).
    async fn ask_the_cli(&self, tenant: &Tenant, request: &TokenRequest) -> Result<Grant, Error> {
        let subscription = self.subscription();
        let is_its_own = subscription.tenant_id.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(tenant.as_str()));
        if !is_its_own && !subscription.is_default {
            let message = format!("the Azure CLI asks in tenant {tenant} for its default subscription's user alone");
            return Err(Error::new(ErrorKind::Unavailable, message)
                .with_help(format!("az account set --subscription {}", subscription.id)));
        }
        let of = if is_its_own { Of::Subscription(&subscription.id) } else { Of::Tenant(tenant) };
        let az = ChildAz { env: &self.env, directory: &self.directory, cloud: &self.cloud };
        if request.requested_claims().is_none() {
            let token = az.token(of, request.scopes()).await?;
            if request.accepts(&token) {
                return Ok(token.into());
            }
        }
        let message = "the Azure CLI has no token but the one that was refused";
        Err(Error::new(ErrorKind::Interaction, message).with_help(login_again(tenant, request)))
    }

    async fn sign_in_application(
        &self,
        client_id: &str,
        tenant: &Tenant,
        request: &TokenRequest,
    ) -> Result<Grant, Error> {
        let credential =
            service_principals::credential(&self.directory, client_id, tenant, self.env.home().as_deref())?;
        sign_in(&self.entra(client_id), tenant, request, &credential).await.map_err(|error| match error.kind() {
            ErrorKind::Rejected => error.with_help(format!(
                "sign in again: az login --service-principal --username {client_id} --tenant {tenant}"
            )),
            _ => error,
        })
    }
}

#[async_trait]
impl TokenSource for AzureCliSource {
    fn name(&self) -> &'static str {
        "AzureCliAuthentication"
    }

    fn partition(&self) -> Partition {
        let name = self.identity.subscription.user.name.to_lowercase();
        let account = self.owner().map_or(&*name, |owner| owner.home_account_id.unwrap_or(owner.client_id));
        // The authority is part of it, because a refresh token must never travel to another one that bears the same cloud's
        // name; the tenant, because a record files tokens of "the identity's own tenant" under no name.
        let cloud = &self.cloud;
        Partition::new("azure-cli", [cloud.name(), cloud.authority().as_str(), account, self.identity.tenant.as_str()])
    }

    async fn find(&self, request: &TokenRequest) -> Option<AccessToken> {
        let owner = self.owner()?;
        // The CLI keeps several tokens for one purpose, and what ended one of them may have ended all.
        if request.rejected().is_some() {
            return None;
        }
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let cache = match first {
            Some(cache) => cache,
            None => self
                .read()
                .await
                .inspect_err(|error| tracing::debug!(%error, "the CLI's tokens are out of reach"))
                .ok()?,
        };
        let tenant = self.identity.tenant_of(request);
        let token = cache.token(&self.cloud, owner, &tenant, request, self.clock.now());
        tracing::debug!(scopes = %request.scopes(), found = token.is_some(), "looked into the CLI's token cache");
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&token);
        token
    }

    async fn acquire(&self, request: &TokenRequest, previous: Option<&Record>) -> Result<Grant, Error> {
        let tenant = self.identity.tenant_of(request);
        let Some(owner) = self.owner() else { return self.ask_the_cli(&tenant, request).await };
        // Read again: while this flight waited for its lock, the CLI may have renewed its token, or signed out.
        let cache = self.read().await?;
        let now = self.clock.now();
        let token = cache.token(&self.cloud, owner, &tenant, request, now);
        let was_found = |token: &AccessToken| {
            let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            found.as_ref().is_some_and(|found| found.secret() == token.secret())
        };
        let may_answer = |token: &AccessToken| token.is_fresh(now) && request.rejected().is_none() && !was_found(token);
        if let Some(token) = token.filter(may_answer) {
            return Ok(token.into());
        }
        match owner.home_account_id {
            None => self.sign_in_application(owner.client_id, &tenant, request).await,
            Some(home_account_id) => {
                if !cache.knows(home_account_id) {
                    return Err(self.identity.signed_out(&self.directory));
                }
                let is_same = |record: &&Record| {
                    let id = record.account.as_ref().and_then(|account| account.home_account_id.as_ref());
                    id.is_none_or(|id| id == home_account_id)
                };
                let own = previous.filter(is_same).and_then(|record| record.refresh_token.as_ref());
                self.refresh(&cache, owner, &tenant, request, own).await
            }
        }
    }
}

fn login_again(tenant: &Tenant, request: &TokenRequest) -> String {
    format!("sign in again: az login --tenant {tenant} --scope {}", request.scopes())
}
