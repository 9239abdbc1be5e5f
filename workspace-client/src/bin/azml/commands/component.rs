//! `azml component`.

use std::collections::BTreeMap;
use std::io::{ErrorKind as IoErrorKind, Write as _};
use std::path::Path;

use auth_core::{Error, ErrorKind};
use serde_json::json;
use workspace_client::resources::asset::component::ComponentKind;
use workspace_client::transfer::Snapshot;

use super::asset;
use super::resource::{is_reference, is_url};
use crate::args::{ComponentCommand, DescriptionArgs};
use crate::context::{Context, block_on};
use crate::description::Description;
use crate::output::Outcome;
use crate::terminal::say;

/// The list of the files, and what is replaced with its signature (observed: azure-ai-ml 1.35).
const CATALOGS: [&str; 2] = ["catalog.json", "catalog.json.sig"];

pub(crate) fn run(command: ComponentCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        ComponentCommand::Assets(command) => asset::run::<ComponentKind>(command, context),
        ComponentCommand::PrepareForSign { described, .. } => prepare(&described).map(|()| None),
    }
}

fn prepare(described: &DescriptionArgs) -> Result<(), Error> {
    let said = Description::said(described)?;
    let Some(code) = said.members()["code"].as_str().filter(|code| !is_reference(code) && !is_url(code)) else {
        return Err(Error::new(ErrorKind::Configuration, "the component has no code on this machine")
            .with_help("name the folder as code in the file that --file names"));
    };
    let folder = said.folder().join(code);
    if !folder.is_dir() {
        return Err(Error::new(ErrorKind::Configuration, format!("{} is no folder", folder.display()))
            .with_help("name the folder as code in the file that --file names"));
    }
    for name in CATALOGS {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != IoErrorKind::NotFound => return Err(unwritable(&folder.join(name), error)),
            _ => {}
        }
    }
    let hashes: BTreeMap<String, String> = block_on(async { Snapshot::of(&folder).await?.file_hashes().await })?;
    let catalog = json!({"HashAlgorithm": "SHA256", "CatalogItems": hashes}).to_string();
    for name in CATALOGS {
        let path = folder.join(name);
        let written = std::fs::File::create(&path).and_then(|mut file| file.write_all(catalog.as_bytes()));
        written.map_err(|error| unwritable(&path, error))?;
    }
    say(&format!("{} lists {} files", folder.join(CATALOGS[0]).display(), hashes.len()));
    Ok(())
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Store, format!("{} cannot be written", path.display())).with_source(error)
}
