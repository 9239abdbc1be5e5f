//! `azml model`.

use auth_core::{Error, ErrorKind};
use serde_json::json;
use workspace_client::resources::asset::Version;
use workspace_client::resources::asset::model::ModelKind;
use workspace_client::resources::datastore::DatastorePath;

use super::asset;
use super::resource::workspace_of;
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
    let DownloadModelArgs { name, version, download_path, workspace } = args;
    let ws = workspace_of(workspace, context)?;
    block_on(async {
        let model = ws.models().get(&name, Version::Named(version)).await?;
        let uri = model.uri().unwrap_or_default();
        let place: DatastorePath = uri.parse().map_err(|error| {
            Error::new(ErrorKind::Configuration, format!("the files of the model {name} are not in a datastore"))
                .with_help("if a job has written them: azml job download")
                .with_source(error)
        })?;
        let progress = Progress::new();
        let observer = progress.observer(format!("downloading {name}"));
        let folder = download_path.join(&name);
        let downloaded = ws.datastores().download(&place, &folder, &observer).await;
        progress.done();
        let downloaded = downloaded?;
        Ok(Outcome::new(json!({
            "files": downloaded.files.len(),
            "folder": folder,
            "received_files": downloaded.received_files,
        })))
    })
}
