//! A key in a file beside the records.

use std::io;
use std::path::{Path, PathBuf};

use auth_core::{Error, ErrorKind};
use zeroize::Zeroizing;

use super::{Key, KeyOrigin};
use crate::{atomic, directory};

#[derive(Debug)]
pub(super) struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    pub(super) fn new(directory: &Path) -> Self {
        Self { path: directory.join("key") }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The key, if the file is there. A file that holds something else is an error and stays as it is.
    pub(super) fn read(&self) -> Result<Option<Key>, Error> {
        let Some(bytes) = directory::read(&self.path).map_err(|error| directory::failed(&self.path, "read", error))?
        else {
            return Ok(None);
        };
        let bytes = Zeroizing::new(bytes);
        self.close_to_others()?;
        let key = std::str::from_utf8(&bytes).ok().and_then(|text| Key::from_text(KeyOrigin::KeyFile, text));
        key.map(Some).ok_or_else(|| {
            Error::new(ErrorKind::Store, format!("{} does not hold a key", self.path.display()))
                .with_help("bring it back from a backup, or remove it and sign in again")
        })
    }

    /// Makes the file with a new key. The caller holds the lock.
    pub(super) fn create(&self) -> Result<Key, Error> {
        let key = Key::random(KeyOrigin::KeyFile);
        match atomic::create(&self.path, key.to_text().as_bytes()) {
            Ok(()) => Ok(key),
            // Somebody without the lock, such as a backup being restored; what is there wins.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.read()?.ok_or_else(|| directory::failed(&self.path, "created", error))
            }
            Err(error) => Err(directory::failed(&self.path, "created", error)),
        }
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
        closed.map_err(|error| directory::failed(&self.path, "closed to others", error))
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the folder's access list protects it")]
    fn close_to_others(&self) -> Result<(), Error> {
        Ok(())
    }
}
