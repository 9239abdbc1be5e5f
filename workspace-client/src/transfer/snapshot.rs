//! What is to be uploaded.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use auth_core::{Error, ErrorKind};

use super::hash;
use super::ignore_file::IgnoreFile;
use super::local_file::blocking;
use super::walk::{self, LocalFile, Walk};

/// A folder without what its ignore file leaves out, or a file, as it is found now.
///
/// The ignore file is `.amlignore` at the folder's root, else `.gitignore` there; others are not read. Links are followed. Contents
/// are read when they are hashed or uploaded, in pieces; a file that has become longer or shorter since is an error.
#[derive(Clone, Debug)]
pub struct Snapshot(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    is_folder: bool,
    walk: Walk,
}

impl Snapshot {
    /// Looks at what lies at this path.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if there is nothing to upload, or something that cannot be: a name that is not Unicode, a pipe, a
    /// device, a link that leads back to a folder above it. [`ErrorKind::Store`] if something cannot be read.
    pub async fn of(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        blocking(move || Self::take(&path)).await
    }

    /// The name of the folder or file.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.0.is_folder
    }

    /// The files, in the order of their names in lower case, folder by folder. There is one at least.
    pub fn files(&self) -> &[LocalFile] {
        &self.0.walk.files
    }

    /// The length of all files together.
    pub fn size(&self) -> u64 {
        self.files().iter().map(LocalFile::size).sum()
    }

    /// The hash by which Azure ML finds code that was uploaded before: `hash` in `codes`, where `hashVersion` is `202208`.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if a file cannot be read, or changed.
    pub async fn content_hash(&self) -> Result<String, Error> {
        let this = self.clone();
        blocking(move || {
            // A file that is a link counts under the name of what it leads to, one in a folder under its own.
            let target = this.files()[0].source().file_name().and_then(|name| name.to_str());
            let alone = target.filter(|_| !this.is_folder());
            hash::content_hash(this.files().iter().map(|file| (alone.unwrap_or(file.relative_path()), file)))
        })
        .await
    }

    /// The hash that names the folder below `LocalUpload` where a local input of a job lies.
    ///
    /// # Errors
    /// As [`Snapshot::content_hash`].
    pub async fn upload_hash(&self) -> Result<String, Error> {
        let this = self.clone();
        blocking(move || hash::upload_hash(&this.0.walk.steps, &this.0.walk.files)).await
    }

    /// The SHA-256 of each file in upper-case hex digits, by its path in the folder: what a catalogue of a component to be signed lists.
    ///
    /// # Errors
    /// As [`Snapshot::content_hash`].
    pub async fn file_hashes(&self) -> Result<BTreeMap<String, String>, Error> {
        let this = self.clone();
        blocking(move || hash::file_hashes(this.files())).await
    }

    /// The files in the order in which they are uploaded. The first of them bears the mark of the whole.
    pub(super) fn in_order_of_upload(&self) -> Vec<LocalFile> {
        let mut files = self.files().to_vec();
        files.sort_by(|one, other| {
            (one.source().as_os_str(), one.relative_path()).cmp(&(other.source().as_os_str(), other.relative_path()))
        });
        files
    }

    fn take(path: &Path) -> Result<Self, Error> {
        let metadata = walk::look(path).map_err(|error| error.with_help("name a folder or a file that is there"))?;
        let real = walk::resolved(path)?;
        let name = path.file_name().or_else(|| real.file_name()).and_then(|name| name.to_str()).ok_or_else(|| {
            let what = format!("{} has no name under which it could be uploaded", path.display());
            Error::new(ErrorKind::Configuration, what).with_help("name a folder or a file in it")
        })?;
        let is_folder = metadata.is_dir();
        let walk = if is_folder {
            Walk::through(&real, &IgnoreFile::of(&real)?)?
        } else {
            Walk {
                files: vec![walk::file(name.to_owned(), path, &metadata)?],
                // The name of a file alone does not count.
                steps: vec![walk::Step::Content(0)],
            }
        };
        if walk.files.is_empty() {
            let what = format!("there is no file in {} that is not left out", path.display());
            return Err(Error::new(ErrorKind::Configuration, what)
                .with_help("check .amlignore or .gitignore in it, or name another folder"));
        }
        Ok(Self(Arc::new(Inner { name: name.to_owned(), is_folder, walk })))
    }
}
