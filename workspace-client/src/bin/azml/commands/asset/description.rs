//! What `azml model create` and its siblings are told: a YAML file, `--set` and options, in the words of `az ml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::args::CreateAssetArgs;
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
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// What an environment has beside it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Environment {
    conda_file: Value,
    image: Option<String>,
    inference_config: Option<Value>,
    os_type: Option<String>,
}

/// What was said about an asset that is to be created.
pub(super) struct Said {
    description: Description,
    common: Common,
    kind: &'static str,
    article: String,
    /// Where its files are looked for.
    folder: PathBuf,
}

/// The file, then `--set`, then the options.
pub(super) fn read(args: &CreateAssetArgs, kind: &'static str) -> Result<Said, Error> {
    let said = Description::said(&args.described)?;
    let mut said = said.without(&READ_ONLY);
    let options = [
        ("name", "--name", &args.name),
        ("version", "--version", &args.version),
        ("type", "--type", &args.kind),
        ("path", "--path", &args.path),
        ("image", "--image", &args.image),
        ("description", "--description", &args.description),
    ];
    for (name, option, value) in options {
        if let Some(value) = value {
            said.put(&[name], option, value.as_str().into());
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
    let folder = args.described.file.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    Ok(Said { common: said.parse(&article)?, description: said, kind, article, folder })
}

/// Where nothing is said a model is of no framework's form (observed: azure-ai-ml 1.35).
pub(super) fn model(said: &Said) -> Result<Value, Error> {
    let model: Model = said.parse()?;
    let mut body = said.common();
    body["properties"]["modelType"] = model.kind.unwrap_or_else(|| "custom_model".to_owned()).into();
    body["properties"]["modelUri"] = said.remote_path()?.into();
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

/// Where nothing is said data is a folder (observed: azure-ai-ml 1.35).
pub(super) fn data(said: &Said) -> Result<Value, Error> {
    let data: Data = said.parse()?;
    let mut body = said.common();
    body["properties"]["dataType"] = data.kind.unwrap_or_else(|| "uri_folder".to_owned()).into();
    body["properties"]["dataUri"] = said.remote_path()?.into();
    Ok(body)
}

/// An image, perhaps with conda packages on top of it.
pub(super) fn environment(said: &Said) -> Result<Value, Error> {
    let environment: Environment = said.parse()?;
    let mut body = said.common();
    let image = environment.image.ok_or_else(|| {
        said.refuse("it does not say which image it is").with_help("name it with --image, or as image in the file")
    })?;
    body["properties"]["image"] = image.into();
    let is_windows = environment.os_type.is_some_and(|system| system.eq_ignore_ascii_case("windows"));
    body["properties"]["osType"] = if is_windows { "Windows" } else { "Linux" }.into();
    let packages = match environment.conda_file {
        Value::Null => None,
        Value::String(file) => Some(Description::read(Some(&said.folder.join(file)))?.members().clone()),
        packages => Some(packages),
    };
    if let Some(packages) = packages {
        body["properties"]["condaFile"] = conda(&packages)?.into();
    }
    if let Some(settings) = environment.inference_config {
        body["properties"]["inferenceConfig"] = settings;
    }
    Ok(body)
}

/// The API takes the file's text.
fn conda(packages: &Value) -> Result<String, Error> {
    serde_saphyr::to_string(packages)
        .map_err(|error| Error::new(ErrorKind::Configuration, "the conda file cannot be written").with_source(error))
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

    /// Files that are in Azure already.
    fn remote_path(&self) -> Result<&str, Error> {
        let path = self.common.path.as_deref();
        let path = path.ok_or_else(|| {
            self.refuse("it does not say where its files are")
                .with_help("say it with --path, or in the file that --file names")
        })?;
        let is_remote =
            ["azureml:", "https://", "wasbs://", "abfss://", "runs:/"].iter().any(|start| path.starts_with(start));
        if is_remote {
            return Ok(path);
        }
        Err(self
            .refuse("its files are on this machine, where Azure cannot see them")
            .with_help("upload them, and give their place as azureml://datastores/NAME/paths/PATH"))
    }

    fn refuse(&self, why: &str) -> Error {
        Error::new(ErrorKind::Configuration, format!("this {} cannot be created: {why}", self.kind))
    }
}
