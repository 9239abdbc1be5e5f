//! Which file is changed, and into what.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_core::{Error, ErrorKind, Secret};

use super::json::{Json, Layout};
use super::replace::{Access, replace};
use super::settings::with_option;
use crate::ConfigDir;
use crate::file::{json_problem, unusable};

const BOM: &str = "\u{feff}";
const HELP: &str = "repair that file, or remove it, which signs the Azure CLI out; then run the command again";
/// The CLI rewrites its files in place. What makes no sense may be half of a file, the rest of which is about to come.
const PAUSES: [Duration; 3] = [Duration::from_millis(20), Duration::from_millis(80), Duration::from_millis(200)];

/// A file that is to be replaced.
pub(super) struct Change {
    path: PathBuf,
    content: Secret,
    access: Access,
}

impl Change {
    /// Refuses to replace what its owner protects, although a file in a writable folder could be.
    pub(super) fn check(&self) -> Result<(), Error> {
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.permissions().readonly() => Err(self.failed("it is read-only")),
            _ => Ok(()),
        }
    }

    pub(super) fn apply(self) -> Result<PathBuf, Error> {
        match replace(&self.path, self.content.expose().as_bytes(), self.access) {
            Ok(()) => Ok(self.path),
            Err(error) => Err(self.failed(&error.to_string())),
        }
    }

    fn failed(&self, why: &str) -> Error {
        Error::new(ErrorKind::Store, format!("{} cannot be written: {why}", self.path.display()))
            .with_help("make it writable, then run the command again")
    }
}

/// The files of one directory.
pub(super) struct Files {
    directory: ConfigDir,
    folder: PathBuf,
}

impl Files {
    pub(super) fn of(directory: &ConfigDir) -> Result<Self, Error> {
        let folder = directory.tokens().ok_or_else(|| {
            Error::new(ErrorKind::Store, "there is no home directory, and so no directory of the Azure CLI")
                .with_help("set AZURE_CONFIG_DIR to the directory that az uses")
        })?;
        Ok(Self { directory: directory.clone(), folder: folder.to_owned() })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the directory, as the Azure CLI does.
    pub(super) fn prepare(&self) -> Result<(), Error> {
        fs::create_dir_all(&self.folder).map_err(|error| {
            Error::new(ErrorKind::Store, format!("{} cannot be made: {error}", self.folder.display()))
                .with_help("set AZURE_CONFIG_DIR to a directory that az uses")
        })
    }

    pub(super) fn path_of_token_cache(&self) -> PathBuf {
        self.directory.token_cache_path()
    }

    pub(super) fn path_of_service_principals(&self) -> PathBuf {
        self.folder.join("service_principal_entries.json")
    }

    pub(super) async fn token_cache(
        &self,
        edit: impl FnMut(&mut Json) -> Result<(), String>,
    ) -> Result<Option<Change>, Error> {
        let read = || Ok(self.directory.token_cache()?.map(|(_, file)| file.text));
        // MSAL takes an empty file for an empty cache.
        let (path, layout) = (self.path_of_token_cache(), Layout::Indented);
        edited(path, "{}", true, Access::Secret, layout, read, edit).await
    }

    pub(super) async fn service_principals(
        &self,
        edit: impl FnMut(&mut Json) -> Result<(), String>,
    ) -> Result<Option<Change>, Error> {
        let read = || Ok(self.directory.service_principals()?.map(|(_, file)| file.text));
        let (path, layout) = (self.path_of_service_principals(), Layout::Indented);
        edited(path, "[]", false, Access::Secret, layout, read, edit).await
    }

    pub(super) async fn profile(
        &self,
        edit: impl FnMut(&mut Json) -> Result<(), String>,
    ) -> Result<Option<Change>, Error> {
        let read = || Ok(self.directory.profile()?.map(|(_, file)| file.text));
        let path = self.folder.join("azureProfile.json");
        edited(path, "{}", false, Access::Everybody, Layout::Line, read, edit).await
    }

    pub(super) fn config(&self, section: &str, option: &str, value: &str) -> Result<Option<Change>, Error> {
        let text = self.directory.config()?.map(|(_, file)| file.text);
        Ok(self.setting("config", Access::Owner, text.as_ref(), (section, option, value)))
    }

    pub(super) fn clouds(&self, section: &str, option: &str, value: &str) -> Result<Option<Change>, Error> {
        let text = self.directory.clouds()?.map(|(_, file)| file.text);
        Ok(self.setting("clouds.config", Access::Everybody, text.as_ref(), (section, option, value)))
    }

    fn setting(
        &self,
        name: &str,
        access: Access,
        text: Option<&Secret>,
        (section, option, value): (&str, &str, &str),
    ) -> Option<Change> {
        let before = text.map(Secret::expose).unwrap_or_default();
        let after = with_option(before, section, option, value);
        (after != before).then(|| Change { path: self.folder.join(name), content: after.into(), access })
    }
}

/// The change that `edit` makes to a file, if it makes one. `edit` runs on each text that can be read.
async fn edited(
    path: PathBuf,
    missing: &str,
    may_be_empty: bool,
    access: Access,
    layout: Layout,
    read: impl Fn() -> Result<Option<Secret>, Error>,
    mut edit: impl FnMut(&mut Json) -> Result<(), String>,
) -> Result<Option<Change>, Error> {
    let mut pauses = PAUSES.into_iter();
    let (before, mut json) = loop {
        let text = read()?;
        let before = match &text {
            Some(text) if !(may_be_empty && text.expose().is_empty()) => text.expose(),
            _ => missing,
        };
        match (Json::parse(before), pauses.next()) {
            (Ok(json), _) => break (text, json),
            (Err(_), Some(pause)) => tokio::time::sleep(pause).await,
            (Err(error), None) => return Err(unusable(&path, &json_problem(&error), HELP)),
        }
    };
    match (&json, missing) {
        (Json::Object(_), "{}") | (Json::Array(_), "[]") => {}
        (_, "[]") => return Err(unusable(&path, "does not hold a JSON list", HELP)),
        _ => return Err(unusable(&path, "does not hold a JSON object", HELP)),
    }
    let unchanged = json.to_text(layout);
    edit(&mut json).map_err(|why| unusable(&path, &why, HELP))?;
    let mut after = json.to_text(layout);
    // Nothing is written for the sake of its layout, nor to say that there is nothing.
    if after == unchanged || before.is_none() && after == missing {
        return Ok(None);
    }
    if matches!(layout, Layout::Line) {
        after.insert_str(0, BOM);
    }
    Ok(Some(Change { path, content: after.into(), access }))
}
