//! Keys in a file beside the records.

#[cfg(unix)]
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{Error, ErrorKind};
use zeroize::Zeroizing;

use super::place::Place;
use super::{Key, KeyId, KeyOrigin};
use crate::lock::FileLock;
use crate::{atomic, directory};

/// The name of the key file.
pub(crate) const NAME: &str = "key";

/// One key a line.
#[derive(Debug)]
pub(super) struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    pub(super) fn new(directory: &Path) -> Self {
        Self { path: directory.join(NAME) }
    }

    /// The keys, if the file is there. A file that holds something else is an error and stays as it is.
    fn read(&self) -> Result<Vec<Key>, Error> {
        let Some(bytes) = directory::read(&self.path).map_err(|error| directory::failed(&self.path, "read", error))?
        else {
            return Ok(Vec::new());
        };
        let bytes = Zeroizing::new(bytes);
        let keys = std::str::from_utf8(&bytes).ok().and_then(|text| Key::all_from_text(KeyOrigin::KeyFile, text));
        keys.ok_or_else(|| {
            Error::new(ErrorKind::Store, format!("{} does not hold a key", self.path.display()))
                .with_help("bring it back from a backup, or remove it and sign in again")
        })
    }
}

/// Takes away what others may do with the key file of this directory, if there is one.
#[cfg(unix)]
pub(crate) fn close_to_others(directory: &Path) -> Result<(), Error> {
    let path = directory.join(NAME);
    let closed = directory::mode(&path).and_then(|mode| {
        if mode & 0o077 != 0 {
            directory::restrict(&path, 0o600)?;
            tracing::warn!(
                key_file = %path.display(),
                help = "azml key rotate",
                "the key file was open to others (mode {mode:04o}), and is closed now: whoever could read it can open the logins"
            );
        }
        Ok(())
    });
    match closed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        closed => closed.map_err(|error| directory::failed(&path, "closed to others", error)),
    }
}

/// The folder's access list protects it.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on other systems")]
pub(crate) fn close_to_others(_directory: &Path) -> Result<(), Error> {
    Ok(())
}

#[async_trait]
impl Place for KeyFile {
    fn origin(&self) -> KeyOrigin {
        KeyOrigin::KeyFile
    }

    async fn ids(&self) -> Result<Vec<KeyId>, Error> {
        Ok(self.read()?.iter().map(Key::id).collect())
    }

    async fn key(&self, id: KeyId) -> Result<Option<Key>, Error> {
        Ok(self.read()?.into_iter().find(|key| key.id() == id))
    }

    async fn add(&self, _lock: &Arc<FileLock>) -> Result<Key, Error> {
        let mut keys = self.read()?;
        let key = Key::random(KeyOrigin::KeyFile);
        keys.insert(0, key.clone());
        let text = Key::all_to_text(&keys);
        // A file that was brought back without the lock, such as from a backup, is not overwritten.
        let write = if keys.len() == 1 { atomic::create } else { atomic::replace };
        write(&self.path, text.as_bytes()).map_err(|error| directory::failed(&self.path, "written", error))?;
        Ok(key)
    }

    async fn retain(&self, kept: &[KeyId], _lock: &Arc<FileLock>) -> Result<(), Error> {
        let mut keys = self.read()?;
        let before = keys.len();
        keys.retain(|key| kept.contains(&key.id()));
        let written = if keys.len() == before {
            Ok(())
        } else if keys.is_empty() {
            directory::remove(&self.path).map(drop)
        } else {
            atomic::replace(&self.path, Key::all_to_text(&keys).as_bytes())
        };
        written.map_err(|error| directory::failed(&self.path, "written", error))
    }
}
