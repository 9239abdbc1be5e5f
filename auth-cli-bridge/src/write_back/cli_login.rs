//! What the Azure CLI needs to go on with a login.

use auth_core::oauth::AZURE_CLI_CLIENT_ID;
use auth_core::{AccessToken, Account, Cloud, Credential, Error, ErrorKind, Scopes, Secret, Tenant};

use crate::Subscription;

/// A login that the Azure CLI is to go on with: who signed in, with what, and the subscriptions that were found.
#[derive(Clone, Debug)]
pub struct CliLogin {
    pub(super) cloud: Cloud,
    pub(super) principal: Principal,
    pub(super) tokens: Vec<Token>,
    pub(super) subscriptions: Vec<Subscription>,
}

#[derive(Clone, Debug)]
pub(super) enum Principal {
    Application { client_id: String, tenant: Tenant, credential: Credential },
    User { home_account_id: String, username: String, realm: Tenant, refresh_token: Secret, with_device_code: bool },
}

/// What one answer of the token endpoint brought.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) realm: Tenant,
    pub(super) scopes: Scopes,
    pub(super) access: AccessToken,
    pub(super) id: Option<Secret>,
}

impl CliLogin {
    /// The login of a person, whose refresh token was issued for the Azure CLI's client id.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if the account lacks its id or its name, by which the CLI finds it again.
    pub fn user(cloud: Cloud, account: &Account, refresh_token: Secret) -> Result<Self, Error> {
        let (Some(home_account_id), Some(username)) = (account.home_account_id.clone(), account.username.clone())
        else {
            let message =
                "the sign-in told neither an id nor a name of the account, by which the Azure CLI would know it";
            return Err(Error::new(ErrorKind::Configuration, message).with_help("sign in with az login"));
        };
        let realm = Tenant::organizations();
        let principal = Principal::User { home_account_id, username, realm, refresh_token, with_device_code: false };
        Ok(Self::of(cloud, principal))
    }

    /// The login of an application.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a credential that the Azure CLI cannot keep.
    pub fn application(
        cloud: Cloud,
        client_id: impl Into<String>,
        tenant: Tenant,
        credential: Credential,
    ) -> Result<Self, Error> {
        let client_id = client_id.into();
        match credential {
            Credential::Assertion(_) | Credential::Certificate { .. } | Credential::Secret(_) => {
                Ok(Self::of(cloud, Principal::Application { client_id, tenant, credential }))
            }
            _ => {
                let message = format!("the Azure CLI cannot keep the {} of {client_id}", credential.kind());
                let help = "sign in with --password or --certificate, or leave --update-azure-cli away";
                Err(Error::new(ErrorKind::Configuration, message).with_help(help))
            }
        }
    }

    fn of(cloud: Cloud, principal: Principal) -> Self {
        Self { cloud, principal, tokens: Vec::new(), subscriptions: Vec::new() }
    }

    /// The tenant that the person signed in to, if it was bound to one.
    pub fn tenant(mut self, tenant: impl Into<Option<Tenant>>) -> Self {
        if let (Principal::User { realm, .. }, Some(tenant)) = (&mut self.principal, tenant.into()) {
            *realm = tenant;
        }
        self
    }

    /// Whether the person signed in with a device code.
    pub fn device_code(mut self, is_so: bool) -> Self {
        if let Principal::User { with_device_code, .. } = &mut self.principal {
            *with_device_code = is_so;
        }
        self
    }

    /// A token that was asked for at this tenant, with the id token that came along.
    pub fn token(
        mut self,
        tenant: Tenant,
        scopes: &Scopes,
        access_token: AccessToken,
        id_token: Option<Secret>,
    ) -> Self {
        self.tokens.push(Token { realm: tenant, scopes: scopes.clone(), access: access_token, id: id_token });
        self
    }

    /// The subscriptions that the login can reach. The default one is what it was for the CLI, else the one that these say is,
    /// else the first that is enabled.
    pub fn subscriptions(mut self, subscriptions: impl IntoIterator<Item = Subscription>) -> Self {
        self.subscriptions.extend(subscriptions);
        self
    }

    pub(super) fn client_id(&self) -> &str {
        match &self.principal {
            Principal::Application { client_id, .. } => client_id,
            Principal::User { .. } => AZURE_CLI_CLIENT_ID,
        }
    }

    /// The scopes as the CLI files them: Resource Manager grants a person this one besides `/.default` (observed: az 2.91).
    pub(super) fn target(&self, scopes: &Scopes) -> String {
        let arm = self.cloud.arm_scope();
        match &self.principal {
            Principal::User { .. } if *scopes == arm => format!("{arm} {}/user_impersonation", arm.resource()),
            _ => scopes.as_str().to_owned(),
        }
    }
}
