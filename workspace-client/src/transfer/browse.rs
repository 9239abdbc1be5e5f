//! What lies in a container, looked at folder by folder and read piece by piece.

use std::collections::BTreeMap;
use std::time::SystemTime;

use auth_core::{Error, ErrorKind};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore as _, ObjectStoreExt as _};

use super::container::Container;
use super::local_name::local_name;
use super::refusal::Refusal;

/// A blob, as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    path: String,
    size: u64,
    modified: SystemTime,
    tag: Option<String>,
}

/// What has a name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A blob.
    Blob(Blob),
    /// A folder, which is there as long as a blob is in it.
    Folder,
}

impl Container {
    /// What lies in this folder, by name; the empty path is the container itself. Names that no file can have are left out.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if that is no path, and what Blob Storage says.
    pub async fn folder(&self, path: &str) -> Result<BTreeMap<String, Entry>, Error> {
        let folder = parsed(path)?;
        let listed = self.store()?.list_with_delimiter(Some(&folder)).await;
        let listed =
            listed.map_err(|error| self.explained(&error, if path.is_empty() { "the container" } else { path }))?;
        let named = |path: &Path| path.filename().filter(|name| local_name(name).is_some()).map(str::to_owned);
        let blobs =
            listed.objects.into_iter().filter_map(|meta| Some((named(&meta.location)?, Entry::Blob(meta.into()))));
        // A folder goes before the blob that stands for it where a storage account has real folders.
        let folders = listed.common_prefixes.iter().filter_map(|prefix| Some((named(prefix)?, Entry::Folder)));
        Ok(blobs.chain(folders).collect())
    }

    /// The blob of this path, if there is one.
    ///
    /// # Errors
    /// As [`Container::folder`].
    pub async fn blob(&self, path: &str) -> Result<Option<Blob>, Error> {
        match self.store()?.head(&parsed(path)?).await {
            Ok(meta) => Ok(Some(meta.into())),
            Err(error) if Refusal::of(&error).is_some_and(Refusal::is_missing_blob) => Ok(None),
            Err(error) => Err(self.explained(&error, path)),
        }
    }

    /// At most so many bytes of a blob from there on. A blob that has changed since it was looked at is an error.
    ///
    /// # Errors
    /// As [`Container::folder`].
    pub async fn read(&self, blob: &Blob, from: u64, count: u64) -> Result<Vec<u8>, Error> {
        let end = from.saturating_add(count).min(blob.size);
        if from >= end {
            return Ok(Vec::new());
        }
        let options = GetOptions {
            if_match: blob.tag.clone(),
            range: Some(GetRange::Bounded(from..end)),
            ..GetOptions::default()
        };
        let explained = |error| self.explained(&error, &blob.path);
        let answer = self.store()?.get_opts(&parsed(&blob.path)?, options).await.map_err(explained)?;
        Ok(answer.bytes().await.map_err(explained)?.to_vec())
    }
}

impl Blob {
    /// Its name, with those of the folders that it lies in.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// When it was last written.
    pub fn modified(&self) -> SystemTime {
        self.modified
    }
}

impl From<ObjectMeta> for Blob {
    fn from(meta: ObjectMeta) -> Self {
        Self {
            path: meta.location.as_ref().to_owned(),
            size: meta.size,
            modified: meta.last_modified.into(),
            tag: meta.e_tag,
        }
    }
}

fn parsed(path: &str) -> Result<Path, Error> {
    Path::parse(path.trim_matches('/')).map_err(|_| {
        Error::new(ErrorKind::Configuration, format!("{path:?} is no name of a blob, nor of a folder of them"))
    })
}
