//! The files of a folder, in the order in which Azure ML looks at them.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use auth_core::{Error, ErrorKind};

use super::ignore_file::IgnoreFile;
use super::local_file;

/// A file of a [`crate::transfer::Snapshot`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    relative: String,
    source: PathBuf,
    size: u64,
}

impl LocalFile {
    pub(super) fn new(relative: String, source: PathBuf, size: u64) -> Self {
        Self { relative, source, size }
    }

    /// Its place in the folder, with slashes. Links keep their names.
    pub fn relative_path(&self) -> &str {
        &self.relative
    }

    /// Where its content lies: links are resolved.
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// Its length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// What a walk comes by; files are those of [`Walk::files`] with this index.
#[derive(Debug)]
pub(super) enum Step {
    Content(usize),
    Name(String),
}

/// A walk through a folder. Entries of a folder are looked at in the order of their names in lower case.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) files: Vec<LocalFile>,
    /// What the upload hash is made of. A file that is wanted in a folder that is not is missing here (observed: azure-ai-ml 1.35).
    pub(super) steps: Vec<Step>,
}

impl Walk {
    /// Through the folder at this path, which has no links in it.
    pub(super) fn through(root: &Path, ignore: &IgnoreFile) -> Result<Self, Error> {
        let mut walk = Self::default();
        walk.folder(&mut vec![root.to_owned()], "", true, ignore)?;
        Ok(walk)
    }

    /// Through the last of these folders, each of which lies in the one before. Those that are left out are walked, too, as a file in
    /// them may be wanted.
    fn folder(&mut self, way: &mut Vec<PathBuf>, place: &str, hashed: bool, ignore: &IgnoreFile) -> Result<(), Error> {
        let Some(folder) = way.last().cloned() else { return Ok(()) };
        for path in entries(&folder)? {
            let is_excluded = ignore.excludes(&path);
            let looked_at = name_of(&path).and_then(|name| Ok((name, look(&path)?)));
            let (name, metadata) = match looked_at {
                Err(_) if is_excluded => continue,
                looked_at => looked_at?,
            };
            let (hashed, relative) = (hashed && !is_excluded, format!("{place}{name}"));
            if hashed {
                self.steps.push(Step::Name(name));
            }
            if metadata.is_dir() {
                let real = resolved(&path)?;
                if way.contains(&real) {
                    if is_excluded {
                        continue;
                    }
                    return Err(leads_back(&way[0].join(relative), &real));
                }
                way.push(real);
                self.folder(way, &format!("{relative}/"), hashed, ignore)?;
                way.pop();
            } else if !is_excluded {
                if hashed {
                    self.steps.push(Step::Content(self.files.len()));
                }
                self.files.push(file(relative, &path, &metadata)?);
            }
        }
        Ok(())
    }
}

/// What this path leads to, as a file of a snapshot.
pub(super) fn file(relative: String, path: &Path, metadata: &Metadata) -> Result<LocalFile, Error> {
    if !metadata.is_file() {
        let what = format!("{} is a pipe, a socket or a device, and only files have a content", path.display());
        return Err(Error::new(ErrorKind::Configuration, what).with_help("leave it out with a line in .amlignore"));
    }
    Ok(LocalFile::new(relative, resolved(path)?, metadata.len()))
}

/// Where this path leads once links are followed.
pub(super) fn resolved(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|error| local_file::failed("cannot be read", path, error))
}

/// Links are followed. Nothing is opened, as opening a pipe would never end.
pub(super) fn look(path: &Path) -> Result<Metadata, Error> {
    path.metadata().map_err(|error| {
        let what = if path.is_symlink() { "is a link that leads nowhere" } else { "cannot be read" };
        local_file::failed(what, path, error).with_help("leave it out with a line in .amlignore, or mend it")
    })
}

/// The entries of a folder, in order.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |error| local_file::failed("cannot be read", folder, error);
    let mut entries = Vec::new();
    for entry in folder.read_dir().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        entries.push((name.to_lowercase(), name, entry.path()));
    }
    entries.sort();
    Ok(entries.into_iter().map(|(_, _, path)| path).collect())
}

fn name_of(path: &Path) -> Result<String, Error> {
    let name = path.file_name().and_then(|name| name.to_str()).map(ToOwned::to_owned);
    name.ok_or_else(|| {
        let what = format!("the name of {} is not Unicode, as that of a blob must be", path.display());
        Error::new(ErrorKind::Configuration, what).with_help("rename it, or leave it out with a line in .amlignore")
    })
}

fn leads_back(link: &Path, folder: &Path) -> Error {
    let (link, folder) = (link.display(), folder.display());
    Error::new(ErrorKind::Configuration, format!("{link} leads back to {folder}, in which it lies"))
        .with_help("leave it out with a line in .amlignore")
}
