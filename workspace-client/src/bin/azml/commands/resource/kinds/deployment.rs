//! What the deployments of online and of batch endpoints have in common.

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::commands::asset::Environment;
use crate::commands::resource::{Resolver, is_reference};
use crate::description::{TextOr, members};

/// The code that answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeConfiguration {
    code: String,
    scoring_script: String,
}

/// A model that is registered with the deployment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    description: Option<String>,
    name: Option<String>,
    path: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    version: Option<String>,
}

impl CodeConfiguration {
    pub(super) async fn build(&self, resolver: &Resolver) -> Result<Value, Error> {
        Ok(json!({"codeId": resolver.code(&self.code).await?, "scoringScript": self.scoring_script}))
    }
}

/// The id of a model, which is registered if it is described.
pub(super) async fn model(said: &TextOr<Model>, resolver: &Resolver) -> Result<String, Error> {
    let models = resolver.ws()?.models();
    let described = match said {
        TextOr::Text(text) => return resolver.asset(&models, text).await,
        TextOr::Map(described) => described,
    };
    let uri = if described.path.starts_with("azureml://") || is_reference(&described.path) {
        described.path.clone()
    } else {
        resolver.upload(&described.path, None).await?.in_workspace(resolver.ws()?)
    };
    if resolver.is_dry() {
        return Ok(uri);
    }
    let kind = described.kind.as_deref().unwrap_or("custom_model");
    let properties = members([
        ("description", described.description.clone().map(Value::from)),
        ("modelType", Some(kind.into())),
        ("modelUri", Some(uri.into())),
    ]);
    let body = json!({"properties": properties});
    let created = match (&described.name, &described.version) {
        (Some(name), Some(version)) => models.create_or_update(name, version, &body).await?,
        (Some(name), None) => models.create(name, &body).await?,
        (None, _) => models.create(&format!("model-{}", uuid::Uuid::new_v4().simple()), &body).await?,
    };
    Ok(created.id().to_owned())
}

/// The id of an environment, if there is one: what MLflow has logged needs none.
pub(super) async fn environment(
    said: Option<&TextOr<Environment>>,
    resolver: &Resolver,
) -> Result<Option<Value>, Error> {
    match said {
        Some(environment) => Ok(Some(Environment::id(environment, resolver).await?.into())),
        None => Ok(None),
    }
}
