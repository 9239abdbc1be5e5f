//! The login of one account, a person's or an application's, that an earlier sign-in saved.

use async_trait::async_trait;
use auth_core::oauth::EntraClient;
use auth_core::service_principal::sign_in;
use auth_core::{
    Account, Cloud, Credential, Error, ErrorKind, Grant, Partition, Record, SignInCommand, Tenant, TokenRequest,
    TokenSource,
};

use super::managed_identity::OwnMachine;

/// The home tenant of personal accounts (Microsoft identity platform, id token claims).
const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Redeems the refresh token, or signs in with the credential, that an earlier sign-in saved. It never asks a person.
#[derive(Debug)]
pub(super) struct SavedLogin {
    client: EntraClient,
    machine: OwnMachine,
    partition: Partition,
}

impl SavedLogin {
    pub(super) fn new(client: EntraClient, machine: OwnMachine, partition: Partition) -> Self {
        Self { client, machine, partition }
    }
}

#[async_trait]
impl TokenSource for SavedLogin {
    fn name(&self) -> &'static str {
        "saved login"
    }

    fn partition(&self) -> Partition {
        self.partition.clone()
    }

    fn starts_from_nothing(&self) -> bool {
        false
    }

    async fn acquire(&self, request: &TokenRequest, previous: Option<&Record>) -> Result<Grant, Error> {
        let signed_out = || signed_out(self.client.cloud());
        let record = previous.ok_or_else(signed_out)?;
        if let Some(Credential::ManagedIdentity(notation)) = &record.credential {
            return self.machine.renew(notation, request, record).await;
        }
        let account = record.account.as_ref();
        let home = account.and_then(home_tenant);
        let tenant = request.requested_tenant().cloned().or(home).unwrap_or_else(Tenant::organizations);
        if let Some(credential) = &record.credential {
            let client_id = account.and_then(|account| account.username.as_deref()).ok_or_else(signed_out)?;
            return sign_in(&self.client.as_client(client_id), &tenant, request, credential).await;
        }
        let refresh_token = record.refresh_token.as_ref().ok_or_else(|| {
            // Somebody did sign in, so that another identity must not answer.
            let message = "the saved login holds nothing that this version of azml can sign in with";
            Error::new(ErrorKind::Interaction, message).with_help(SignInCommand::new(self.client.cloud()).to_string())
        })?;
        self.client.refresh(&tenant, request, refresh_token).await
    }
}

/// The tenant where the account is at home, wherever it signed in last. Personal accounts are at home in none that has resources.
fn home_tenant(account: &Account) -> Option<Tenant> {
    let id = account.home_account_id.as_deref().and_then(|id| id.rsplit_once('.'));
    let home = id.and_then(|(_, tenant)| Tenant::parse(tenant).ok());
    home.filter(|home| home.is_id() && home.as_str() != PERSONAL_ACCOUNTS).or_else(|| account.tenant.clone())
}

/// The error where there is no saved login.
pub(super) fn signed_out(cloud: &Cloud) -> Error {
    Error::new(ErrorKind::Unavailable, format!("nobody has signed in to {} with azml", cloud.name()))
        .with_help(SignInCommand::new(cloud).to_string())
}
