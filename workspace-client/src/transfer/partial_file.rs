//! A file that is not there yet.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use auth_core::{Error, ErrorKind};

use super::local_file::{self, blocking};

/// What has arrived of a blob, beside where the file will be. Its name says of which version, so that another does not go on with it.
#[derive(Debug)]
pub(super) struct PartialFile {
    path: PathBuf,
    target: PathBuf,
    file: Arc<File>,
    size: u64,
}

impl PartialFile {
    /// Opens what has arrived, or begins.
    pub(super) async fn open(target: PathBuf, version: &str, size: u64) -> Result<Self, Error> {
        let version: String = version.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{version}.part"));
        let path = target.with_file_name(name);
        blocking(move || {
            let failed = |error| local_file::failed("cannot be written", &path, error);
            if let Some(folder) = target.parent() {
                std::fs::create_dir_all(folder).map_err(|error| local_file::failed("cannot be made", folder, error))?;
            }
            let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
            file.try_lock().map_err(|error| in_use(&path, error))?;
            let mut arrived = file.metadata().map_err(failed)?.len();
            if arrived > size {
                file.set_len(0).map_err(failed)?;
                arrived = 0;
            }
            file.seek(SeekFrom::End(0)).map_err(failed)?;
            Ok(Self { path, target, file: Arc::new(file), size: arrived })
        })
        .await
    }

    /// How much has arrived.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Appends what comes next.
    pub(super) async fn append(&mut self, content: impl AsRef<[u8]> + Send + 'static) -> Result<(), Error> {
        let (path, file, length) = (self.path.clone(), self.file.clone(), content.as_ref().len() as u64);
        let write = move || {
            (&*file).write_all(content.as_ref()).map_err(|error| local_file::failed("cannot be written", &path, error))
        };
        blocking(write).await?;
        self.size += length;
        Ok(())
    }

    /// All has arrived: it becomes the file, at once, with the time of the blob.
    pub(super) async fn finish(self, modified: SystemTime) -> Result<(), Error> {
        blocking(move || {
            let failed = |error| local_file::failed("cannot be written", &self.target, error);
            self.file.set_modified(modified).map_err(failed)?;
            drop(self.file);
            std::fs::rename(&self.path, &self.target).map_err(failed)
        })
        .await
    }
}

/// Two downloads that append to one file would spoil it.
fn in_use(path: &Path, error: TryLockError) -> Error {
    match error {
        TryLockError::Error(error) => local_file::failed("cannot be locked", path, error),
        TryLockError::WouldBlock => {
            Error::new(ErrorKind::Store, format!("{} is being written by another download", path.display()))
                .with_help("wait for it, or choose another folder")
        }
    }
}

/// Whether the file is there already: as long as the blob, and with its time, which [`PartialFile::finish`] gave it.
pub(super) fn is_there(target: &Path, size: u64, modified: SystemTime) -> bool {
    let second = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).map(|since| since.as_secs()).ok();
    let metadata = target.metadata().ok().filter(|metadata| metadata.is_file() && metadata.len() == size);
    metadata.and_then(|metadata| metadata.modified().ok()).is_some_and(|time| second(time) == second(modified))
}
