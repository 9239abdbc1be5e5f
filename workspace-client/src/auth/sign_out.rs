//! Signing out.

use std::time::Duration;

use auth_core::{Account, Error, Partition};

use super::interactive_login::InteractiveLoginAuthentication;

/// How long a record that another process holds is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a sign-out removed, and which saved logins of this cloud remain.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignOut {
    /// The accounts whose saved login was removed.
    pub removed: Vec<Account>,
    /// How many records were removed that held what was renewed from a login of the Azure CLI or of the Python SDK, or obtained
    /// for the service principal of the environment or for a run.
    pub renewed: usize,
    /// The accounts that still have a saved login.
    pub remaining: Vec<Account>,
    /// Which of them is the current one. None where there are several and the current one has just gone.
    pub current: Option<Account>,
    /// The saved logins to other clouds, which a sign-out leaves: the cloud's name, and the account.
    pub elsewhere: Vec<(String, Account)>,
}

impl InteractiveLoginAuthentication {
    /// Removes the saved login of this object's account. If just one other account has one, that becomes the current one. The
    /// logins of the Azure CLI and of the Python SDK stay, but what was renewed from them is removed. This object stays with its
    /// account, and answers no more.
    ///
    /// # Errors
    /// [`auth_core::ErrorKind::Store`] if it cannot be removed, [`auth_core::ErrorKind::Interaction`] if there are several and
    /// none is the current one.
    pub async fn sign_out(&self) -> Result<SignOut, Error> {
        self.forget(false).await
    }

    /// As [`InteractiveLoginAuthentication::sign_out`], of every account of this cloud.
    ///
    /// # Errors
    /// [`auth_core::ErrorKind::Store`] if one cannot be removed.
    pub async fn sign_out_all(&self) -> Result<SignOut, Error> {
        self.forget(true).await
    }

    async fn forget(&self, all: bool) -> Result<SignOut, Error> {
        let forgotten = self.0.saved.forget(all).await?;
        let mut renewed = 0;
        // What was renewed from the Azure CLI's login, or obtained for an application, is kept beside our own, and is ours to
        // remove.
        let of_cloud = ["azure-cli", "service-principal"].map(|kind| Partition::new(kind, [self.0.cloud.name()]));
        let kept = [&of_cloud[..], &[Partition::new("run", [])]].concat();
        for partition in self.0.store.partitions().await? {
            if kept.iter().any(|kept| partition.is_within(kept)) {
                renewed += usize::from(self.0.store.lock(&partition, PATIENCE).await?.remove().await?);
            }
        }
        let (removed, remaining, current) = (forgotten.removed, forgotten.remaining, forgotten.current);
        let elsewhere = self.0.saved.elsewhere().await?;
        Ok(SignOut { removed, renewed, remaining, current, elsewhere })
    }
}
