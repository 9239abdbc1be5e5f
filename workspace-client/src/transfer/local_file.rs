//! What can go wrong with files of this machine, and where that is looked at.

use std::io;
use std::path::Path;

use auth_core::{Error, ErrorKind};

/// Runs work on files where it holds no other work up.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(Error::new(ErrorKind::Store, "the work on a file was broken off").with_source(error))
    })
}

/// `what` completes a sentence, such as "cannot be read".
pub(super) fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Store, format!("{} {what}: {error}", path.display())).with_source(error)
}

/// Its length is no longer what it was when the snapshot was taken.
pub(super) fn changed(path: &Path) -> Error {
    Error::new(ErrorKind::Store, format!("{} changed while it was read", path.display())).with_help(
        "wait until nothing writes to it any more, or leave it out with a line in .amlignore, and start again",
    )
}
