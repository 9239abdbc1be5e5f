//! `azml model`.

use std::path::Path;

use auth_core::{Error, ErrorKind};
use serde_json::json;
use workspace_client::resources::asset::Version;
use workspace_client::resources::asset::model::ModelKind;
use workspace_client::resources::datastore::DatastorePath;
use workspace_client::transfer::{Downloaded, Observer};

use super::resource::workspace_of;
use super::{asset, registry};
use crate::args::{DownloadModelArgs, ModelCommand};
use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::progress::Progress;

pub(crate) fn run(command: ModelCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        ModelCommand::Assets(command) => asset::run::<ModelKind>(command, context),
        ModelCommand::Download(args) => download(args, context).map(Some),
    }
}

fn download(args: DownloadModelArgs, context: &Context) -> Result<Outcome, Error> {
    let folder = args.download_path.join(&args.name);
    let progress = Progress::new();
    let observer = progress.observer(format!("downloading {}", args.name));
    let downloaded = match args.registry.registry_name.clone() {
        Some(registry) => {
            let models = registry::find(registry, args.workspace.place, context)?.models();
            block_on(async {
                let model = models.get(&args.name, Version::Named(args.version.clone())).await?;
                let uri = model.uri().unwrap_or_default();
                models.download_files(&args.name, &args.version, uri, &folder, &observer).await
            })
        }
        None => from_workspace(args, &folder, &observer, context),
    };
    progress.done();
    let downloaded = downloaded?;
    Ok(Outcome::new(json!({
        "files": downloaded.files.len(),
        "folder": folder,
        "received_files": downloaded.received_files,
    })))
}

fn from_workspace(
    args: DownloadModelArgs,
    folder: &Path,
    observer: &Observer,
    context: &Context,
) -> Result<Downloaded, Error> {
    let ws = workspace_of(args.workspace, context)?;
    block_on(async {
        let model = ws.models().get(&args.name, Version::Named(args.version)).await?;
        let uri = model.uri().unwrap_or_default();
        let place: DatastorePath = uri.parse().map_err(|error| {
            let message = format!("the files of the model {} are not in a datastore", args.name);
            Error::new(ErrorKind::Configuration, message)
                .with_help("if a job has written them: azml job download")
                .with_source(error)
        })?;
        ws.datastores().download(&place, folder, observer).await
    })
}
