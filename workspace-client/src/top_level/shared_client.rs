//! The client of a workspace or a registry.

use std::sync::{Arc, OnceLock};

use auth_core::Error;

use crate::arm::{ArmClient, check_subscription};
use crate::reach;

/// The client that was given, or else one with the default way in. Shared by clones, so that one sign-in serves all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedClient(Arc<OnceLock<ArmClient>>);

impl SharedClient {
    pub(crate) fn get(&self) -> Result<ArmClient, Error> {
        if let Some(client) = self.0.get() {
            return Ok(client.clone());
        }
        let client = ArmClient::interactive()?;
        Ok(self.0.get_or_init(|| client).clone())
    }

    /// The client, where the subscription is given by its id.
    pub(crate) async fn reach(&self, subscription: &str) -> Result<ArmClient, Error> {
        let client = self.get()?;
        match check_subscription(subscription) {
            Ok(()) => Ok(client),
            Err(error) => Err(reach::explain_name(&client, subscription, error).await),
        }
    }
}

impl From<ArmClient> for SharedClient {
    fn from(client: ArmClient) -> Self {
        Self(Arc::new(OnceLock::from(client)))
    }
}
