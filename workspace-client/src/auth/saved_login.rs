//! The login that an earlier sign-in saved.

use async_trait::async_trait;
use auth_core::oauth::EntraClient;
use auth_core::{Cloud, Error, ErrorKind, Grant, Partition, Record, Tenant, TokenRequest, TokenSource};

/// Redeems the refresh token that an earlier sign-in saved. It never asks a person.
#[derive(Debug)]
pub(super) struct SavedLogin {
    client: EntraClient,
}

impl SavedLogin {
    pub(super) fn new(client: EntraClient) -> Self {
        Self { client }
    }
}

#[async_trait]
impl TokenSource for SavedLogin {
    fn name(&self) -> &'static str {
        "saved login"
    }

    fn partition(&self) -> Partition {
        // The authority is part of it: a refresh token must never travel to another one that bears the same cloud's name.
        let cloud = self.client.cloud();
        Partition::new("login", [cloud.name(), cloud.authority().as_str(), self.client.client_id()])
    }

    fn starts_from_nothing(&self) -> bool {
        false
    }

    async fn acquire(&self, request: &TokenRequest, previous: Option<&Record>) -> Result<Grant, Error> {
        let Some((record, refresh_token)) =
            previous.and_then(|record| record.refresh_token.as_ref().map(|token| (record, token)))
        else {
            let cloud = self.client.cloud();
            let message = format!("nobody has signed in to {} with azml", cloud.name());
            return Err(Error::new(ErrorKind::Unavailable, message).with_help(login_command(cloud)));
        };
        let home = record.account.as_ref().and_then(|account| account.tenant.clone());
        let tenant = request.requested_tenant().cloned().or(home).unwrap_or_else(Tenant::organizations);
        self.client.refresh(&tenant, request, refresh_token).await
    }
}

/// The command that signs in to this cloud.
pub(super) fn login_command(cloud: &Cloud) -> String {
    if *cloud == Cloud::public() { "azml login".to_owned() } else { format!("azml login --cloud {}", cloud.name()) }
}
