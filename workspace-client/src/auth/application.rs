//! Signing in as an application, and keeping that login like a person's.

use auth_core::{AccessToken, Credential, Error, Tenant, TokenRequest};

use super::interactive_login::InteractiveLoginAuthentication;

impl InteractiveLoginAuthentication {
    /// Signs an application in with this credential. Where it succeeds, the login is saved as a person's is, with the credential,
    /// and is the identity of this object from then on. Nothing is saved of a credential that is refused.
    ///
    /// # Errors
    /// [`auth_core::ErrorKind::Rejected`] for a wrong credential, [`auth_core::ErrorKind::Configuration`] for a file that is
    /// unusable, and those of the network. Why a login could not be saved, [`InteractiveLoginAuthentication::save_problem`] tells.
    pub async fn sign_in_application(
        &self,
        client_id: &str,
        tenant: &Tenant,
        credential: Credential,
    ) -> Result<AccessToken, Error> {
        let request = TokenRequest::arm(&self.0.cloud).tenant(tenant.clone());
        let mut last = self.0.sign_in.lock().await;
        let grant = self.0.saved.sign_in_application(client_id, tenant, &request, credential).await?;
        *last = None;
        Ok(self.adopt(&request, grant).await)
    }
}
