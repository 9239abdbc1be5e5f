//! Assets without a name of their own, which are known by what they are.

use auth_core::Error;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::component::{Component, Components};
use super::environment::{Environment, Environments};
use crate::resources::verb::to_json;

/// The names that the Python SDK gives to those without one (observed: azure-ai-ml 1.35).
const ENVIRONMENT: &str = "CliV2AnonymousEnvironment";
const COMPONENT: &str = "azureml_anonymous";

impl Environments {
    /// The environment that is like this one, whichever client has created it; it is created if there is none.
    ///
    /// # Errors
    /// As [`Assets::create_or_update`](super::Assets::create_or_update).
    pub async fn create_anonymous(&self, environment: &impl Serialize) -> Result<Environment, Error> {
        let mut body = to_json(environment)?;
        let version = version_of(&body["properties"]);
        body["properties"]["isAnonymous"] = true.into();
        self.create_or_update(ENVIRONMENT, &version, &body).await
    }
}

impl Components {
    /// A component for the steps of one pipeline. Azure ML itself finds those that are alike.
    ///
    /// # Errors
    /// As [`Assets::create_or_update`](super::Assets::create_or_update).
    pub async fn create_anonymous(&self, component: &impl Serialize) -> Result<Component, Error> {
        let mut body = to_json(component)?;
        body["properties"]["isAnonymous"] = true.into();
        self.create_or_update(COMPONENT, &Uuid::new_v4().to_string(), &body).await
    }
}

/// A hash of what an environment is. That of an image is the Python SDK's, so that both share environments; with conda packages, it is
/// put between the letters of theirs (observed: azure-ai-ml 1.35).
fn version_of(properties: &Value) -> String {
    let text = |name: &str| properties[name].as_str();
    match (text("image"), text("condaFile")) {
        (Some(image), None) if properties["inferenceConfig"].is_null() => hash(&hash(image)),
        (Some(image), Some(conda)) if properties["inferenceConfig"].is_null() => {
            let letters: Vec<_> = hash(conda).chars().map(String::from).collect();
            hash(&letters.join(&hash(image)))
        }
        _ => hash(&properties.to_string()),
    }
}

fn hash(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn environments_have_the_versions_of_the_python_sdk() {
        let image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04";
        let alone = version_of(&json!({"image": image}));
        assert_eq!(alone, "9872fac1b843bfd01c9cdaf22251013c978c50c12d30b505334dcb04199a7be0");
        let packages = "dependencies:\n- python=3.10\nname: e\n";
        let with_packages = version_of(&json!({"image": image, "condaFile": packages}));
        assert_eq!(with_packages, "ded45e29cc1f532ccf128d8e2f100c6348154552d28a52945017859bc958d650");
        assert_ne!(version_of(&json!({"image": image, "inferenceConfig": {}})), alone);
    }
}
