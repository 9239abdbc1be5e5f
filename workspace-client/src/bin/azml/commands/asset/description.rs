//! What `azml model create` and its siblings are told: a YAML file, `--set` and options, in the words of `az ml`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use workspace_client::Registry;

use super::component::component_spec;
use super::environment::Environment;
use super::mltable;
use crate::args::CreateAssetArgs;
use crate::commands::resource::{Resolver, is_url};
use crate::description::Description;

/// What Azure alone sets.
const READ_ONLY: [&str; 4] = ["creation_context", "id", "latest_version", "resourceGroup"];

/// What every asset has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Common {
    description: Option<String>,
    name: Option<String>,
    path: Option<String>,
    properties: BTreeMap<String, Option<String>>,
    tags: BTreeMap<String, Option<String>>,
    version: Option<String>,
}

/// The members that are read as [`Common`].
const COMMON: [&str; 7] = ["$schema", "description", "name", "path", "properties", "tags", "version"];

/// What a model has beside it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Model {
    datastore: Option<String>,
    flavors: Option<Value>,
    job_name: Option<String>,
    stage: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// What data has beside it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Data {
    datastore: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// What was said about an asset that is to be created.
pub(crate) struct Said {
    description: Description,
    common: Common,
    kind: &'static str,
    article: String,
}

/// The file, then `--set`, then the options.
pub(super) fn read(args: &CreateAssetArgs, kind: &'static str) -> Result<Said, Error> {
    let said = Description::said(&args.described)?;
    let mut said = said.without(&READ_ONLY);
    let options: [(&[&str], _, _); 11] = [
        (&["name"], "--name", &args.name),
        (&["version"], "--version", &args.version),
        (&["type"], "--type", &args.kind),
        (&["path"], "--path", &args.path),
        (&["datastore"], "--datastore", &args.datastore),
        (&["stage"], "--stage", &args.stage),
        (&["build", "path"], "--build-context", &args.build_context),
        (&["build", "dockerfile_path"], "--dockerfile-path", &args.dockerfile_path),
        (&["os_type"], "--os-type", &args.os_type),
        (&["image"], "--image", &args.image),
        (&["description"], "--description", &args.description),
    ];
    for (member, option, value) in options {
        if let Some(value) = value {
            said.put(member, option, value.as_str().into());
        }
    }
    if let Some(file) = &args.conda_file {
        said.put(&["conda_file"], "--conda-file", Description::read(Some(file))?.members().clone());
    }
    for tag in &args.tags {
        let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
        said.put(&["tags", name], "--tags", value.into());
    }
    let article = if kind.starts_with('e') { format!("an {kind}") } else { format!("a {kind}") };
    Ok(Said { common: said.parse(&article)?, description: said, kind, article })
}

/// Where nothing is said a model is of no framework's form (observed: azure-ai-ml 1.35).
pub(super) async fn model(said: &Said, resolver: &Resolver) -> Result<Value, Error> {
    let model: Model = said.parse()?;
    let mut body = said.common();
    body["properties"]["modelType"] = model.kind.unwrap_or_else(|| "custom_model".to_owned()).into();
    let path = said.path()?;
    body["properties"]["modelUri"] = if is_remote(path) {
        path.into()
    } else if let Some(uri) = resolver.share(path, Registry::models).await? {
        uri.into()
    } else {
        resolver.upload(path, model.datastore.as_deref()).await?.in_workspace(resolver.ws()?).into()
    };
    let members = [
        ("stage", model.stage.map(Value::from)),
        ("flavors", model.flavors),
        ("jobName", model.job_name.map(Value::from)),
    ];
    for (member, value) in members {
        if let Some(value) = value {
            body["properties"][member] = value;
        }
    }
    Ok(body)
}

/// Where nothing is said data is a folder (observed: azure-ai-ml 1.35), or the file that it is.
pub(super) async fn data(said: &Said, resolver: &Resolver) -> Result<Value, Error> {
    let data: Data = said.parse()?;
    let mut body = said.common();
    let path = said.path()?;
    let is_file = !is_remote(path) && resolver.folder.join(path).is_file();
    let kind = data.kind.unwrap_or_else(|| if is_file { "uri_file" } else { "uri_folder" }.to_owned());
    if kind == "mltable" && !is_remote(path) {
        body["properties"]["referencedUris"] = mltable::referenced(&resolver.folder.join(path))?.into();
    }
    body["properties"]["dataType"] = kind.into();
    body["properties"]["dataUri"] = if is_remote(path) {
        path.into()
    } else if let Some(uri) = resolver.share(path, Registry::data).await? {
        uri.into()
    } else {
        resolver.upload(path, data.datastore.as_deref()).await?.to_string().into()
    };
    Ok(body)
}

/// An image, perhaps with conda packages on top of it, or what one is built of.
pub(super) async fn environment(said: &Said, resolver: &Resolver) -> Result<Value, Error> {
    let environment: Environment = said.parse()?;
    let mut body = said.common();
    if let (Some(members), Value::Object(more)) =
        (body["properties"].as_object_mut(), environment.properties(resolver).await?)
    {
        members.extend(more);
    }
    if body["properties"]["osType"].is_null() {
        body["properties"]["osType"] = "Linux".into();
    }
    Ok(body)
}

/// What its file says, with ids in the place of what it refers to.
pub(super) async fn component(said: &Said, resolver: &Resolver) -> Result<Value, Error> {
    let mut body = said.common();
    body["properties"]["componentSpec"] = component_spec(&said.description, resolver).await?;
    Ok(body)
}

/// Whether files are in Azure already.
fn is_remote(path: &str) -> bool {
    path.starts_with("azureml:") || path.starts_with("runs:/") || is_url(path)
}

impl Said {
    pub(super) fn name(&self) -> Result<&str, Error> {
        self.common.name.as_deref().ok_or_else(|| {
            Error::new(ErrorKind::Configuration, format!("what is the name of the {}?", self.kind))
                .with_help("name it with --name, or in the file that --file names")
        })
    }

    pub(super) fn version(&self) -> Option<&str> {
        self.common.version.as_deref()
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.description.parse_beside(&self.article, &COMMON)
    }

    fn common(&self) -> Value {
        let mut body = json!({"properties": {}});
        if let Some(description) = &self.common.description {
            body["properties"]["description"] = description.as_str().into();
        }
        for (member, texts) in [("tags", &self.common.tags), ("properties", &self.common.properties)] {
            if !texts.is_empty() {
                let texts = texts.iter().map(|(name, text)| (name.clone(), text.clone().unwrap_or_default().into()));
                body["properties"][member] = Value::Object(texts.collect::<Map<_, _>>());
            }
        }
        body
    }

    /// Where its files are.
    fn path(&self) -> Result<&str, Error> {
        self.common.path.as_deref().ok_or_else(|| {
            let message = format!("this {} cannot be created: it does not say where its files are", self.kind);
            Error::new(ErrorKind::Configuration, message)
                .with_help("say it with --path, or in the file that --file names")
        })
    }

    /// Where its files are looked for.
    pub(super) fn folder(&self) -> PathBuf {
        self.description.folder()
    }
}
