//! What can be seen of all records without a key.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use auth_core::Error;

use crate::directory::{self, EXTENSION};
use crate::key::KeyId;
use crate::seal::{Envelope, EnvelopeError};

/// The keys that the records of a directory need.
#[derive(Debug, Default)]
pub(crate) struct KeysNeeded {
    pub(crate) known: Vec<KeyId>,
    /// Whether a record may need yet another key, because it cannot be read or a later version wrote it.
    pub(crate) others: bool,
}

/// The files that records lie in; none if there is no directory.
pub(crate) fn paths(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let paths = directory
        .read_dir()
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<PathBuf>>>());
    let mut paths = match paths {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        paths => paths.map_err(|error| directory::failed(directory, "listed", error))?,
    };
    paths.retain(|path| path.extension() == Some(OsStr::new(EXTENSION)));
    paths.sort_unstable();
    Ok(paths)
}

/// What the records say about their keys.
pub(crate) fn keys_needed(directory: &Path) -> Result<KeysNeeded, Error> {
    let mut needed = KeysNeeded::default();
    for path in paths(directory)? {
        match directory::read(&path) {
            Ok(Some(bytes)) => match Envelope::parse(&bytes) {
                Ok(envelope) if needed.known.contains(&envelope.key) => {}
                Ok(envelope) => needed.known.push(envelope.key),
                Err(EnvelopeError::Newer) => needed.others = true,
                Err(EnvelopeError::Damaged) => {}
            },
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
            Err(_) => needed.others = true,
        }
    }
    Ok(needed)
}
