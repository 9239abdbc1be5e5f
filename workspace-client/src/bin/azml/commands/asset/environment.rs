//! An environment, in the words of `az ml` (observed: azure-ai-ml 1.35).

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::commands::resource::Resolver;
use crate::description::{Description, TextOr};

/// What an environment has beside what every asset has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Environment {
    build: Option<Build>,
    conda_file: Value,
    description: Option<String>,
    image: Option<String>,
    inference_config: Option<Value>,
    name: Option<String>,
    os_type: Option<String>,
    version: Option<String>,
}

/// A folder that an image is built of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Build {
    #[serde(default = "dockerfile")]
    dockerfile_path: String,
    path: String,
}

fn dockerfile() -> String {
    "Dockerfile".to_owned()
}

impl Environment {
    /// The id of an environment that is named, or that is created because it is described.
    pub(crate) async fn id(said: &TextOr<Self>, resolver: &Resolver) -> Result<String, Error> {
        let environments = resolver.environments();
        let described = match said {
            TextOr::Text(reference) => return resolver.asset(&environments, reference).await,
            TextOr::Map(described) => described,
        };
        if described.build.is_some() {
            // A registry takes files for what is created itself, and not for what that has inside.
            resolver.ws()?;
        }
        let new = json!({"properties": described.properties(resolver).await?});
        if resolver.is_dry() {
            return Ok(described.name.clone().unwrap_or_default());
        }
        let created = match (&described.name, &described.version) {
            (Some(name), Some(version)) => environments.create_or_update(name, version, &new).await?,
            (Some(name), None) => environments.create(name, &new).await?,
            (None, _) => environments.create_anonymous(&new).await?,
        };
        Ok(created.id().to_owned())
    }

    /// What the API takes: an image, perhaps with conda packages on top of it, or what one is built of.
    pub(crate) async fn properties(&self, resolver: &Resolver) -> Result<Value, Error> {
        let mut properties = json!({});
        if let Some(description) = &self.description {
            properties["description"] = description.as_str().into();
        }
        match (&self.image, &self.build) {
            (Some(image), None) => properties["image"] = image.as_str().into(),
            (None, Some(build)) => {
                properties["build"] = json!({
                    "contextUri": resolver.build_context(&build.path).await?,
                    "dockerfilePath": build.dockerfile_path,
                });
            }
            _ => {
                let message = "an environment has either an image, or what one is built of";
                return Err(Error::new(ErrorKind::Configuration, message)
                    .with_help("name it with --image, or as image or build in the file"));
            }
        }
        let packages = match &self.conda_file {
            Value::Null => None,
            Value::String(file) => Some(Description::read(Some(&resolver.folder.join(file)))?.members().clone()),
            packages => Some(packages.clone()),
        };
        if let Some(packages) = packages {
            properties["condaFile"] = conda(&packages)?.into();
        }
        if let Some(settings) = &self.inference_config {
            properties["inferenceConfig"] = settings.clone();
        }
        if let Some(system) = &self.os_type {
            properties["osType"] = if system.eq_ignore_ascii_case("windows") { "Windows" } else { "Linux" }.into();
        }
        Ok(properties)
    }
}

/// The API takes the file's text, with its members in order.
fn conda(packages: &Value) -> Result<String, Error> {
    serde_saphyr::to_string(packages)
        .map_err(|error| Error::new(ErrorKind::Configuration, "the conda file cannot be written").with_source(error))
}
