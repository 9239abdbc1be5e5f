//! Models that are packed into environments, in a preview of the API.

use auth_core::Error;
use serde::Serialize;

use super::model::Models;
use crate::arm::Poller;
use crate::resources::{Verb, item};

/// No stable version knows packages (observed: azure-ai-ml 1.35).
const VERSION: &str = "2023-08-01-preview";

item! {
    /// What becomes of a model that is packed.
    ModelPackage shows target_environment_id
}

impl Models {
    /// Packs a version of a model, and what serves it, into an environment. What serves it, and which environment is made, is said as the
    /// API has it: `{"targetEnvironmentId": ..., "inferencingServer": {"serverType": "AzureMLOnline"}}`.
    ///
    /// # Errors
    /// As [`Assets::get`](super::Assets::get), and [`ArmError`](crate::arm::ArmError) as the source where the description is refused.
    pub async fn package(
        &self,
        name: &str,
        version: &str,
        request: &impl Serialize,
    ) -> Result<Poller<ModelPackage>, Error> {
        let verb = Verb::post(&[name, "versions", version, "package"]).body(request)?;
        match self.place.root().registry() {
            Some(_) => self.place.begin(verb).await,
            None => self.place.clone().at_version(VERSION).begin(verb).await,
        }
    }
}

impl ModelPackage {
    /// The environment that was made.
    pub fn target_environment_id(&self) -> Option<&str> {
        self.0.text("/targetEnvironmentId")
    }

    /// The name and the version of that environment.
    pub fn environment(&self) -> Option<(&str, &str)> {
        let (_, place) = self.target_environment_id()?.rsplit_once("/environments/")?;
        place.split_once("/versions/")
    }
}
