//! `azml data`.

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use workspace_client::resources::asset::data::DataKind;
use workspace_client::resources::job::{JobFilter, JobType, generated_name};

use super::resource::{name_of, workspace_of};
use super::{asset, job};
use crate::args::{DataCommand, ImportDataArgs};
use crate::context::Context;
use crate::description::{Description, Texts, members, texts};
use crate::output::Outcome;

/// The property by which a job is known that makes an asset (observed: azure-ai-ml 1.35).
const MATERIALIZES: &str = "azureml.materializationAssetName";
/// Where Azure alone chooses the folder.
const MANAGED: &str = "azureml://datastores/workspacemanageddatastore";

/// Data that is to be brought in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    datastore: Option<String>,
    description: Option<String>,
    name: String,
    path: Option<String>,
    #[serde(default)]
    properties: Texts,
    source: Source,
    #[serde(default)]
    tags: Texts,
    #[serde(rename = "type")]
    _kind: Option<String>,
    version: Option<String>,
}

/// Where it comes from, through a connection of the workspace.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Source {
    Database {
        connection: String,
        query: Option<String>,
        stored_procedure: Option<String>,
        stored_procedure_params: Option<Vec<Map<String, Value>>>,
        table_name: Option<String>,
    },
    FileSystem {
        connection: String,
        path: String,
    },
}

pub(crate) fn run(command: DataCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        DataCommand::Assets(command) => asset::run::<DataKind>(command, context),
        DataCommand::Import(args) => import(*args, context).map(Some),
        #[cfg(target_os = "linux")]
        DataCommand::Mount(args) => super::mount::data(args, context).map(|()| None),
        DataCommand::ListMaterializationStatus { name, view, limit, all_results, workspace } => {
            let filter = JobFilter::new().view(view.view()).job_type(JobType::Pipeline);
            let filter = filter.properties(format!("{MATERIALIZES}={name}"));
            job::listed(&filter, limit.or_all(all_results), workspace, context).map(Some)
        }
    }
}

/// Starts a pipeline of one step (observed: azure-ai-ml 1.35).
fn import(args: ImportDataArgs, context: &Context) -> Result<Outcome, Error> {
    let mut said = Description::said(&args.described)?;
    for (member, option, value) in [
        ("name", "--name", &args.name),
        ("version", "--version", &args.version),
        ("path", "--path", &args.path),
        ("datastore", "--datastore", &args.datastore),
        ("description", "--description", &args.description),
    ] {
        if let Some(value) = value {
            said.put(&[member], option, value.as_str().into());
        }
    }
    let import: Import = said.parse("an import")?;
    let ws = workspace_of(args.workspace, context)?;
    let serverless = format!("{}/computes/serverless", ws.resource_id()?);
    let body = import.build(&serverless)?;
    job::submitted(&ws.jobs(), &generated_name(), &body)
}

impl Import {
    fn build(self, serverless: &str) -> Result<Value, Error> {
        let title = format!("data_import_{}", self.name);
        let (component, kind) = match self.source {
            Source::Database { .. } => ("import_data_database", "mltable"),
            Source::FileSystem { .. } => ("import_data_file_system", "uri_folder"),
        };
        let sink = members([
            ("job_output_type", Some(kind.into())),
            ("name", Some(self.name.as_str().into())),
            ("uri", Some(self.target()?.into())),
            ("version", self.version.clone().map(Value::from)),
        ]);
        let step = json!({
            "_source": "BUILTIN",
            "componentId": format!("azureml://registries/azureml/components/{component}/versions/0.0.1"),
            "computeId": serverless,
            "display_name": title,
            "outputs": {"sink": sink},
            "source": self.source.build(),
            "task": "import_data",
            "type": "data_transfer",
        });
        let mut properties = texts(&self.properties);
        properties[MATERIALIZES] = self.name.into();
        Ok(json!({"properties": {
            "jobType": "Pipeline",
            "description": self.description.unwrap_or_else(|| title.clone()),
            "displayName": title,
            "experimentName": title,
            "jobs": {title: step},
            "properties": properties,
            "settings": {"_source": "CLASS", "force_rerun": true},
            "tags": texts(&self.tags),
        }}))
    }

    /// The folder that each version gets a place in.
    fn target(&self) -> Result<String, Error> {
        let path = match (&self.path, &self.datastore) {
            (Some(path), _) => path.trim_end_matches('/').to_owned(),
            (None, Some(datastore)) => format!("azureml://datastores/{}/paths", name_of(datastore)),
            (None, None) => {
                return Err(Error::new(ErrorKind::Configuration, "where is the data to go?").with_help(
                    "say it with --path azureml://datastores/NAME/paths/PATH, or in the file that --file names",
                ));
            }
        };
        let path = match path.strip_prefix(MANAGED) {
            Some("") => format!("{path}/paths"),
            Some(more) if more.starts_with('/') => {
                return Err(Error::new(
                    ErrorKind::Configuration,
                    "Azure alone chooses folders in workspacemanageddatastore",
                )
                .with_help(format!("write the path as {MANAGED}")));
            }
            _ => path,
        };
        Ok(if path.contains("${{name}}") { path } else { format!("{path}/${{{{name}}}}") })
    }
}

impl Source {
    fn build(self) -> Value {
        match self {
            Self::Database { connection, query, stored_procedure, stored_procedure_params, table_name } => members([
                ("connection", Some(connection.into())),
                ("query", query.map(Value::from)),
                ("stored_procedure", stored_procedure.map(Value::from)),
                ("stored_procedure_params", stored_procedure_params.map(|all| json!(all))),
                ("table_name", table_name.map(Value::from)),
                ("type", Some("database".into())),
            ]),
            Self::FileSystem { connection, path } => {
                json!({"type": "file_system", "connection": connection, "path": path})
            }
        }
    }
}
