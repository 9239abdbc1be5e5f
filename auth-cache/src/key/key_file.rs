//! Keys in a file beside the records.

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

/// One key a line.
#[derive(Debug)]
pub(super) struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    pub(super) fn new(directory: &Path) -> Self {
        Self { path: directory.join("key") }
    }

    /// The keys, if the file is there. A file that holds something else is an error and stays as it is.
    fn read(&self) -> Result<Vec<Key>, Error> {
        let Some(bytes) = directory::read(&self.path).map_err(|error| directory::failed(&self.path, "read", error))?
        else {
            return Ok(Vec::new());
        };
        let bytes = Zeroizing::new(bytes);
        self.close_to_others()?;
        let keys = std::str::from_utf8(&bytes).ok().and_then(|text| Key::all_from_text(KeyOrigin::KeyFile, text));
        keys.ok_or_else(|| {
            Error::new(ErrorKind::Store, format!("{} does not hold a key", self.path.display()))
                .with_help("bring it back from a backup, or remove it and sign in again")
        })
    }

    #[cfg(unix)]
    fn close_to_others(&self) -> Result<(), Error> {
        let closed = directory::mode(&self.path).and_then(|mode| {
            if mode & 0o077 != 0 {
                tracing::warn!(key_file = %self.path.display(), "the key file was open to others, and is closed now");
                directory::restrict(&self.path, 0o600)?;
            }
            Ok(())
        });
        match closed {
            // Its last record went, and the file with it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            closed => closed.map_err(|error| directory::failed(&self.path, "closed to others", error)),
        }
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the folder's access list protects it")]
    fn close_to_others(&self) -> Result<(), Error> {
        Ok(())
    }
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
