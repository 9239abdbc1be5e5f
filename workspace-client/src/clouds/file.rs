//! azml's own clouds: `clouds.json` in azml's folder.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use auth_core::{CloudSettings, Env, Error, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::dirs;
use crate::file::{Audience, lock, prepare_folder, read_plain, replace};

/// The clouds that were registered with azml, and the one that was chosen.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct OwnClouds {
    #[serde(default)]
    pub(super) active: Option<String>,
    #[serde(default)]
    pub(super) clouds: BTreeMap<String, CloudSettings>,
}

impl OwnClouds {
    /// Reads them; none if there is no file.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] naming the file: which cloud is meant must not change because it cannot be read.
    pub(super) fn load(env: &Env) -> Result<Self, Error> {
        let Some(path) = path(env) else { return Ok(Self::default()) };
        let unreadable = || {
            Error::new(ErrorKind::Store, format!("{} cannot be read", path.display()))
                .with_help("correct that file, or remove it and register your clouds again: azml cloud register")
        };
        match read_plain(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| unreadable().with_source(error)),
            // Not a folder: then there is no file in it either.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(Self::default())
            }
            Err(error) => Err(unreadable().with_source(error)),
        }
    }

    /// Changes them under the file's lock, so that what two processes change at the same time is not lost.
    ///
    /// # Errors
    /// Those of [`OwnClouds::load`] and of `change`; [`ErrorKind::Store`] naming the file, or if there is no folder to keep it in;
    /// [`ErrorKind::Timeout`] if another process holds the lock for 10 s.
    pub(super) async fn update(env: &Env, change: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        let path = path(env).ok_or_else(dirs::homeless)?;
        path.parent().map_or(Ok(()), prepare_folder)?;
        let _lock = lock(&path.with_extension("json.lock")).await?;
        let mut clouds = Self::load(env)?;
        change(&mut clouds)?;
        let json = serde_json::to_vec_pretty(&clouds).map_err(|error| {
            Error::new(ErrorKind::Store, format!("{} cannot be written", path.display())).with_source(error)
        })?;
        replace(&path, &json, Audience::Owner)
    }
}

fn path(env: &Env) -> Option<PathBuf> {
    Some(dirs::config_dir(env)?.join("clouds.json"))
}
