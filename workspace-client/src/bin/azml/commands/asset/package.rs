//! What `azml model package` is told: a YAML file in the words of `az ml` (observed: azure-ai-ml 1.35).

use std::collections::BTreeMap;
use std::path::Path;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Value, json};
use workspace_client::resources::asset::model::ModelKind;
use workspace_client::resources::asset::package::ModelPackage;
use workspace_client::{Workspace, WorkspaceDetails};

use crate::commands::resource::{Operation, Resolver, finish};
use crate::description::{Description, TextOr, Texts, members, texts};

/// The environment of models that are packed to be deployed (observed: azure-ai-ml 1.35).
const PACKED: &str = "packaged-env";

/// A package that is to be made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    base_environment_source: Option<BaseEnvironment>,
    environment_variables: Option<BTreeMap<String, String>>,
    inferencing_server: Server,
    #[serde(default)]
    inputs: Vec<Input>,
    model_configuration: Option<ModelConfiguration>,
    #[serde(default)]
    tags: Texts,
    target_environment: TextOr<Named>,
}

/// The environment that it is built on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaseEnvironment {
    resource_id: String,
    #[serde(rename = "type")]
    _kind: Option<String>,
}

/// What serves the model.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Server {
    AzuremlBatch { code_configuration: Option<Code> },
    AzuremlOnline { code_configuration: Option<Code> },
    Custom { inference_configuration: Option<Inference> },
    Triton { inference_configuration: Option<Inference> },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: String,
    scoring_script: Option<String>,
}

/// How it is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inference {
    entry_script: Option<String>,
    liveness_route: Option<Route>,
    readiness_route: Option<Route>,
    scoring_route: Option<Route>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    path: String,
    port: u16,
}

/// What it needs beside the model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    mode: Option<InputMode>,
    mount_path: Option<String>,
    path: InputPath,
    #[serde(rename = "type")]
    kind: InputKind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum InputKind {
    UriFile,
    UriFolder,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum InputMode {
    Copy,
    Download,
    ReadOnlyMount,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "input_path_type", rename_all = "snake_case", deny_unknown_fields)]
enum InputPath {
    PathId { resource_id: String },
    PathVersion { resource_name: String, resource_version: String },
    Url { url: String },
}

/// Where the model is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelConfiguration {
    mode: Option<ModelMode>,
    mount_path: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ModelMode {
    #[serde(alias = "Copy")]
    Copy,
    #[serde(alias = "Download")]
    Download,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    name: String,
}

impl Package {
    pub(crate) fn read(file: &Path) -> Result<(Self, Description), Error> {
        let said = Description::read(Some(file))?;
        Ok((said.parse("a model package")?, said))
    }

    /// As the API takes it, for an environment in this workspace.
    pub(crate) async fn build(self, resolver: &Resolver, ws: &WorkspaceDetails) -> Result<Value, Error> {
        let (name, version) = match &self.target_environment {
            TextOr::Map(named) => (named.name.as_str(), None),
            TextOr::Text(text) => match text.strip_prefix("azureml:").and_then(|it| it.split_once(':')) {
                Some((name, version)) => (name, Some(version)),
                None => (text.as_str(), None),
            },
        };
        let base = match &self.base_environment_source {
            Some(base) => {
                let id = resolver.asset(&resolver.environments(), &base.resource_id).await?;
                Some(base_environment(&id))
            }
            None => None,
        };
        Ok(members([
            ("baseEnvironmentSource", base),
            ("environmentVariables", self.environment_variables.map(|all| json!(all))),
            ("inferencingServer", Some(self.inferencing_server.build(resolver).await?)),
            ("inputs", (!self.inputs.is_empty()).then(|| self.inputs.iter().map(Input::build).collect())),
            ("modelConfiguration", self.model_configuration.as_ref().map(ModelConfiguration::build)),
            ("tags", (!self.tags.is_empty()).then(|| texts(&self.tags))),
            ("targetEnvironmentId", Some(target(ws, name, version)?.into())),
        ]))
    }
}

/// The environment that a package becomes.
fn target(ws: &WorkspaceDetails, name: &str, version: Option<&str>) -> Result<String, Error> {
    let id = ws.workspace_id().ok_or_else(|| {
        Error::new(ErrorKind::Protocol, format!("workspace {} does not say which id it has", ws.name()))
    })?;
    let environment = format!("azureml://locations/{}/workspaces/{id}/environments/{name}", ws.location());
    Ok(version.map_or(environment.clone(), |version| format!("{environment}/versions/{version}")))
}

fn base_environment(id: &str) -> Value {
    json!({"baseEnvironmentSourceType": "EnvironmentAsset", "resourceId": as_uri(id)})
}

/// Packs the model of a deployment with what serves it, and lets the deployment have only the environment that this makes.
pub(crate) async fn into_environment(deployment: &mut Value, ws: &Workspace) -> Result<(), Error> {
    let properties = &mut deployment["properties"];
    let id = properties["model"].as_str().unwrap_or_default();
    let Some((name, version)) = ws.models().version_of(id)? else {
        return Err(Error::new(ErrorKind::Configuration, "only a deployment of a registered model can be packed")
            .with_help("name it as model in the file that --file names, such as azureml:credit:1"));
    };
    let code = properties["codeConfiguration"].as_object().map(|code| {
        json!({"codeId": as_uri(code["codeId"].as_str().unwrap_or_default()), "scoringScript": code["scoringScript"]})
    });
    let request = members([
        ("baseEnvironmentSource", properties["environmentId"].as_str().map(base_environment)),
        (
            "inferencingServer",
            Some(members([("codeConfiguration", code), ("serverType", Some("AzureMLOnline".into()))])),
        ),
        ("targetEnvironmentId", Some(target(&ws.get().await?, PACKED, None)?.into())),
    ]);
    let poller = ws.models().package(&name, &version, &request).await?;
    let packed = finish(poller, false, &Operation::of::<ModelKind>("packing", &name, ws)).await?;
    let Some((name, version)) = packed.as_ref().and_then(ModelPackage::environment) else {
        return Err(Error::new(ErrorKind::Protocol, "Azure does not say which environment the package is"));
    };
    properties["environmentId"] = format!("{}/environments/{name}/versions/{version}", ws.resource_id()?).into();
    if let Some(members) = properties.as_object_mut() {
        members.retain(|name, _| name != "codeConfiguration" && name != "model");
    }
    Ok(())
}

/// An id as packages write it.
fn as_uri(id: &str) -> String {
    if id.starts_with('/') { format!("azureml:/{id}") } else { id.to_owned() }
}

impl Server {
    async fn build(self, resolver: &Resolver) -> Result<Value, Error> {
        let (kind, code, inference) = match self {
            Self::AzuremlBatch { code_configuration } => ("AzureMLBatch", code_configuration, None),
            Self::AzuremlOnline { code_configuration } => ("AzureMLOnline", code_configuration, None),
            Self::Custom { inference_configuration } => ("Custom", None, inference_configuration),
            Self::Triton { inference_configuration } => ("Triton", None, inference_configuration),
        };
        let code = match code {
            Some(code) => Some(members([
                ("codeId", Some(as_uri(&resolver.code(&code.code).await?).into())),
                ("scoringScript", code.scoring_script.map(Value::from)),
            ])),
            None => None,
        };
        Ok(members([
            ("codeConfiguration", code),
            ("inferenceConfiguration", inference.as_ref().map(Inference::build)),
            ("serverType", Some(kind.into())),
        ]))
    }
}

impl Inference {
    fn build(&self) -> Value {
        let route = |route: &Route| json!({"path": route.path, "port": route.port});
        members([
            ("entryScript", self.entry_script.clone().map(Value::from)),
            ("livenessRoute", self.liveness_route.as_ref().map(route)),
            ("readinessRoute", self.readiness_route.as_ref().map(route)),
            ("scoringRoute", self.scoring_route.as_ref().map(route)),
        ])
    }
}

impl Input {
    fn build(&self) -> Value {
        let kind = match self.kind {
            InputKind::UriFile => "UriFile",
            InputKind::UriFolder => "UriFolder",
        };
        let mode = self.mode.map(|mode| match mode {
            InputMode::Copy => "Copy",
            InputMode::Download => "Download",
            InputMode::ReadOnlyMount => "ReadOnlyMount",
        });
        let path = match &self.path {
            InputPath::PathId { resource_id } => json!({"inputPathType": "PathId", "resourceId": resource_id}),
            InputPath::PathVersion { resource_name, resource_version } => {
                json!({"inputPathType": "PathVersion", "resourceName": resource_name, "resourceVersion": resource_version})
            }
            InputPath::Url { url } => json!({"inputPathType": "Url", "url": url}),
        };
        members([
            ("inputType", Some(kind.into())),
            ("mode", mode.map(Value::from)),
            ("mountPath", self.mount_path.clone().map(Value::from)),
            ("path", Some(path)),
        ])
    }
}

impl ModelConfiguration {
    fn build(&self) -> Value {
        let mode = self.mode.map(|mode| match mode {
            ModelMode::Copy => "Copy",
            ModelMode::Download => "Download",
        });
        members([("mode", mode.map(Value::from)), ("mountPath", self.mount_path.clone().map(Value::from))])
    }
}
