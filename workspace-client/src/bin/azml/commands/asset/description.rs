//! What `azml model create` and its siblings are told: a YAML file, `--set` and options, in the words of `az ml`.

use std::path::{Path, PathBuf};

use auth_core::{Error, ErrorKind};
use serde_json::{Map, Value, json};

use crate::args::CreateAssetArgs;
use crate::yaml_file;

/// What was said about an asset that is to be created.
pub(super) struct Said {
    members: Map<String, Value>,
    /// What said it, for an error.
    place: String,
    /// Where its files are looked for.
    folder: PathBuf,
}

/// The file, then `--set`, then the options.
pub(super) fn read(args: &CreateAssetArgs, kind: &str) -> Result<Said, Error> {
    let mut members = match &args.file {
        Some(path) => yaml_file::read(path)?,
        None => Map::new(),
    };
    yaml_file::set(&mut members, &args.set)?;
    let options = [
        ("name", &args.name),
        ("version", &args.version),
        ("type", &args.kind),
        ("path", &args.path),
        ("image", &args.image),
        ("description", &args.description),
    ];
    for (name, value) in options {
        if let Some(value) = value {
            members.insert(name.to_owned(), value.as_str().into());
        }
    }
    if let Some(file) = &args.conda_file {
        members.insert("conda_file".to_owned(), yaml_file::read(file)?.into());
    }
    for tag in &args.tags {
        let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
        let tags = members.entry("tags").or_insert_with(|| json!({}));
        if !tags.is_object() {
            *tags = json!({});
        }
        tags[name] = value.into();
    }
    members.remove("$schema");
    let place = args.file.as_ref().map_or_else(|| format!("this {kind}"), |path| path.display().to_string());
    let folder = args.file.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    Ok(Said { members, place, folder })
}

/// Where nothing is said a model is of no framework's form (observed: azure-ai-ml 1.35).
pub(super) fn model(mut said: Said) -> Result<Value, Error> {
    let mut body = said.common();
    body["properties"]["modelType"] = said.text("type")?.unwrap_or_else(|| "custom_model".to_owned()).into();
    body["properties"]["modelUri"] = said.remote_path()?.into();
    for (name, member) in [("stage", "stage"), ("flavors", "flavors"), ("job_name", "jobName")] {
        if let Some(value) = said.members.remove(name) {
            body["properties"][member] = value;
        }
    }
    said.end(body)
}

/// Where nothing is said data is a folder (observed: azure-ai-ml 1.35).
pub(super) fn data(mut said: Said) -> Result<Value, Error> {
    let mut body = said.common();
    body["properties"]["dataType"] = said.text("type")?.unwrap_or_else(|| "uri_folder".to_owned()).into();
    body["properties"]["dataUri"] = said.remote_path()?.into();
    said.end(body)
}

/// An image, perhaps with conda packages on top of it.
pub(super) fn environment(mut said: Said) -> Result<Value, Error> {
    let mut body = said.common();
    let image = said.text("image")?.ok_or_else(|| {
        said.refuse("it does not say which image it is").with_help("name it with --image, or as image in the file")
    })?;
    body["properties"]["image"] = image.into();
    let system = said.text("os_type")?.unwrap_or_else(|| "linux".to_owned());
    body["properties"]["osType"] = if system.eq_ignore_ascii_case("windows") { "Windows" } else { "Linux" }.into();
    match said.members.remove("conda_file") {
        None | Some(Value::Null) => {}
        Some(Value::String(file)) => {
            let file = said.folder.join(file);
            body["properties"]["condaFile"] = conda(&yaml_file::read(&file)?.into())?.into();
        }
        Some(packages) => body["properties"]["condaFile"] = conda(&packages)?.into(),
    }
    if let Some(settings) = said.members.remove("inference_config") {
        body["properties"]["inferenceConfig"] = settings;
    }
    said.end(body)
}

/// The API takes the file's text.
fn conda(packages: &Value) -> Result<String, Error> {
    serde_saphyr::to_string(packages)
        .map_err(|error| Error::new(ErrorKind::Configuration, "the conda file cannot be written").with_source(error))
}

impl Said {
    pub(super) fn name(&self, kind: &str) -> Result<String, Error> {
        self.members.get("name").and_then(as_text).ok_or_else(|| {
            Error::new(ErrorKind::Configuration, format!("what is the name of the {kind}?"))
                .with_help("name it with --name, or in the file that --file names")
        })
    }

    /// A version that was written as a number is a text, too.
    pub(super) fn version(&self) -> Option<String> {
        self.members.get("version").and_then(as_text)
    }

    /// What every asset has.
    fn common(&mut self) -> Value {
        let mut body = json!({"properties": {}});
        for name in ["name", "version"] {
            self.members.remove(name);
        }
        for name in ["description", "tags", "properties"] {
            if let Some(value) = self.members.remove(name) {
                body["properties"][name] = texts(value);
            }
        }
        body
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.members.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                as_text(&value).map(Some).ok_or_else(|| self.refuse(&format!("its member {name} is no text")))
            }
        }
    }

    /// Files that are in Azure already.
    fn remote_path(&mut self) -> Result<String, Error> {
        let path = self.text("path")?.ok_or_else(|| self.refuse("it does not say with path where its files are"))?;
        let is_remote =
            ["azureml:", "https://", "wasbs://", "abfss://", "runs:/"].iter().any(|start| path.starts_with(start));
        if is_remote {
            return Ok(path);
        }
        Err(self
            .refuse(&format!("its files at {path:?} are on this machine, where Azure cannot see them"))
            .with_help("upload them, and give their place as azureml://datastores/NAME/paths/PATH"))
    }

    /// What nobody knows is refused, so that nothing is passed over in silence.
    fn end(self, body: Value) -> Result<Value, Error> {
        match self.members.keys().next() {
            Some(name) => Err(self.refuse(&format!("nobody knows its member {name}"))),
            None => Ok(body),
        }
    }

    fn refuse(&self, why: &str) -> Error {
        Error::new(ErrorKind::Configuration, format!("{} cannot be created: {why}", self.place))
    }
}

/// The values of a map as texts, which Azure wants for tags.
fn texts(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, as_text(&value).map_or(value, Value::from))).collect()
        }
        other => other,
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}
