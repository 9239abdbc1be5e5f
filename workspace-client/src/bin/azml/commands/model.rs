//! `azml model`.

use std::path::Path;

use auth_core::{Error, ErrorKind};
use serde_json::json;
use workspace_client::resources::asset::Version;
use workspace_client::resources::asset::model::ModelKind;
use workspace_client::resources::asset::package::ModelPackage;
use workspace_client::resources::datastore::DatastorePath;
use workspace_client::transfer::{Downloaded, Observer};

use super::asset::package::Package;
use super::resource::{Operation, Resolver, finish, workspace_of};
use super::{asset, registry};
use crate::args::{DownloadModelArgs, ModelCommand, PackageModelArgs, PlaceArgs};
use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::progress::Progress;

pub(crate) fn run(command: ModelCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        ModelCommand::Assets(command) => asset::run::<ModelKind>(command, context),
        ModelCommand::Download(args) => download(args, context).map(Some),
        ModelCommand::Package(args) => package(args, context).map(Some),
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

/// The environment that it became.
fn package(args: PackageModelArgs, context: &Context) -> Result<Outcome, Error> {
    let (described, said) = Package::read(&args.file)?;
    let place = args.workspace.place.clone();
    let ws = workspace_of(args.workspace, context)?;
    let models = match args.registry_name {
        Some(name) => registry::find(name, PlaceArgs { resource_group: None, ..place }, context)?.models(),
        None => ws.models(),
    };
    let resolver = Resolver::new(ws.clone(), said.folder());
    let operation = Operation::of::<ModelKind>("packing", &args.name, &ws);
    let environment = block_on(async {
        let request = described.build(&resolver, &ws.get().await?).await?;
        let poller = models.package(&args.name, &args.version, &request).await?;
        let packed = finish(poller, false, &operation).await?;
        let Some((name, version)) = packed.as_ref().and_then(ModelPackage::environment) else {
            return Err(Error::new(ErrorKind::Protocol, "Azure does not say which environment the package is"));
        };
        ws.environments().get(name, version).await
    })?;
    Ok(asset::one(&environment))
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
