//! The saved login, for the Azure CLI to go on with.

use auth_cli_bridge::write_back::CliLogin;
use auth_core::{Account, Error, ErrorKind, SignInCommand};

use super::interactive_login::InteractiveLoginAuthentication;

impl InteractiveLoginAuthentication {
    /// The saved login of this object, for [`auth_cli_bridge::write_back::WriteBack::sign_in`]. What it holds is secret, and the
    /// Azure CLI keeps it as plain text.
    ///
    /// # Errors
    /// [`ErrorKind::Interaction`] if there is no saved login, [`ErrorKind::Configuration`] if it is of a kind that the Azure CLI
    /// cannot keep, and those of [`InteractiveLoginAuthentication::account`].
    pub async fn cli_login(&self) -> Result<CliLogin, Error> {
        let cloud = &self.0.cloud;
        let missing = || {
            let message = format!("azml keeps no login to {} that the Azure CLI could go on with", cloud.name());
            Error::new(ErrorKind::Interaction, message).with_help(SignInCommand::new(cloud).to_string())
        };
        let record = self.0.saved.record().await?.ok_or_else(missing)?;
        let account = record.account.as_ref().ok_or_else(missing)?;
        let login = match (&record.credential, &record.refresh_token) {
            (Some(credential), _) => {
                let Account { username: Some(client_id), tenant: Some(tenant), .. } = account else {
                    return Err(missing());
                };
                CliLogin::application(cloud.clone(), client_id, tenant.clone(), credential.clone())?
            }
            (None, Some(refresh_token)) => CliLogin::user(cloud.clone(), account, refresh_token.clone())?,
            (None, None) => return Err(missing()),
        };
        let good = record.tokens.iter().filter(|stored| !record.has_refused(&stored.token));
        Ok(good.fold(login, |login, stored| match stored.token.tenant() {
            Some(tenant) => login.token(tenant.clone(), &stored.scopes, stored.token.clone(), None),
            None => login,
        }))
    }
}
