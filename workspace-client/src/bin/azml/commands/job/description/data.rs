//! What jobs read and write, in the words of `az ml` (observed: azure-ai-ml 1.35).

use std::collections::BTreeMap;

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::commands::resource::Resolver;
use crate::description::TextOr;

/// What data is where nobody says it.
pub(crate) const FOLDER: &str = "uri_folder";

/// What is read, by name.
pub(crate) type Inputs = BTreeMap<String, TextOr<Input>>;
/// What is written, by name.
pub(crate) type Outputs = BTreeMap<String, Option<Output>>;

/// Data that is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    datastore: Option<String>,
    mode: Option<Mode>,
    path: String,
    path_on_compute: Option<String>,
    #[serde(default = "folder", rename = "type")]
    kind: String,
}

/// Data that is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Output {
    mode: Option<Mode>,
    name: Option<String>,
    path: Option<String>,
    path_on_compute: Option<String>,
    version: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Direct,
    Download,
    EvalDownload,
    EvalMount,
    #[serde(alias = "mount")]
    RoMount,
    RwMount,
    Upload,
}

/// How the API spells members: of jobs as usual, of the steps of a pipeline as its YAML does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    Job,
    Step,
}

impl Input {
    /// As a component declares it.
    pub(crate) fn declared(&self) -> Value {
        declared(&self.kind, self.mode)
    }
}

impl Output {
    /// As a component declares it.
    pub(crate) fn declared(&self) -> Value {
        declared(self.kind.as_deref().unwrap_or(FOLDER), self.mode)
    }

    /// As a component declares an input that is this output.
    pub(crate) fn declared_as_input(&self) -> Value {
        declared(self.kind.as_deref().unwrap_or(FOLDER), None)
    }
}

fn declared(kind: &str, mode: Option<Mode>) -> Value {
    let mut declared = json!({"type": kind});
    if let Some(mode) = mode {
        declared["mode"] = mode.as_yaml().into();
    }
    declared
}

impl Mode {
    fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "Direct",
            Self::Download => "Download",
            Self::EvalDownload => "EvalDownload",
            Self::EvalMount => "EvalMount",
            Self::RoMount => "ReadOnlyMount",
            Self::RwMount => "ReadWriteMount",
            Self::Upload => "Upload",
        }
    }

    fn as_yaml(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Download => "download",
            Self::EvalDownload => "eval_download",
            Self::EvalMount => "eval_mount",
            Self::RoMount => "ro_mount",
            Self::RwMount => "rw_mount",
            Self::Upload => "upload",
        }
    }
}

impl Spelling {
    fn of(self, job: &'static str, step: &'static str) -> &'static str {
        if self == Self::Job { job } else { step }
    }
}

fn folder() -> String {
    FOLDER.to_owned()
}

/// What is read, as the API takes it.
pub(crate) async fn inputs(said: &Inputs, spelling: Spelling, resolver: &Resolver) -> Result<Value, Error> {
    let kind = spelling.of("jobInputType", "job_input_type");
    let mut inputs = Map::new();
    for (name, input) in said {
        let input = match input {
            TextOr::Text(text) => json!({"value": text, kind: "literal"}),
            // What another step reads or writes.
            TextOr::Map(input) if is_binding(&input.path) => {
                with_mode(json!({"value": input.path, kind: "literal"}), input.mode)
            }
            TextOr::Map(input) => {
                let uri = match &input.datastore {
                    Some(datastore) => resolver.upload(&input.path, Some(datastore)).await?.to_string(),
                    None => resolver.data(&input.path, &input.kind).await?,
                };
                let mut data = with_mode(json!({"uri": uri, kind: input.kind}), input.mode);
                if let Some(path) = &input.path_on_compute {
                    data[spelling.of("pathOnCompute", "path_on_compute")] = path.as_str().into();
                }
                data
            }
        };
        inputs.insert(name.clone(), input);
    }
    Ok(inputs.into())
}

/// What is written, as the API takes it.
pub(crate) fn outputs(said: &Outputs, spelling: Spelling) -> Value {
    let spelled = |(name, output): (&String, &Option<Output>)| {
        let output = output.clone().unwrap_or_default();
        let kind = output.kind.unwrap_or_else(folder);
        let mut data = with_mode(json!({spelling.of("jobOutputType", "job_output_type"): kind}), output.mode);
        let members = [
            (spelling.of("assetName", "name"), output.name),
            (spelling.of("assetVersion", "version"), output.version),
            (spelling.of("pathOnCompute", "path_on_compute"), output.path_on_compute),
            ("uri", output.path),
        ];
        for (member, value) in members {
            if let Some(value) = value {
                data[member] = value.into();
            }
        }
        (name.clone(), data)
    };
    Value::Object(said.iter().map(spelled).collect())
}

/// Whether a text stands for something of the pipeline, such as `${{parent.inputs.raw}}`.
pub(crate) fn is_binding(text: &str) -> bool {
    text.starts_with("${{") && text.ends_with("}}")
}

fn with_mode(mut data: Value, mode: Option<Mode>) -> Value {
    if let Some(mode) = mode {
        data["mode"] = mode.as_str().into();
    }
    data
}
