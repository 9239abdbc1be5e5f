//! What there is to know about a store, for the person whose sign-in does not work.

use std::path::{Path, PathBuf};

use auth_core::{Error, Partition};

use crate::file_store::{FileStore, Unreadable};
use crate::key::{KeyOrigin, Reach, key_file};
use crate::lock::{self, HeldLock};
use crate::seal::Envelope;
use crate::{directory, quarantine, records};

/// What [`FileStore::inspect`] found. It holds no secret.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The store's directory.
    pub directory: PathBuf,
    /// Whether it is there; nothing was ever saved if it is not.
    pub exists: bool,
    /// What others may do with the directory or its files and should not, one sentence each. Every save puts right what it can.
    pub problems: Vec<String>,
    /// The places for keys that the protection allows, in its order.
    pub steps: Vec<StepInspection>,
    /// Whether records may be kept in memory where no place can be used.
    pub allows_memory: bool,
    /// Where the key is that will seal the next record; none if it has yet to be made. An error if nothing can be saved on disk,
    /// because that key cannot be had, or because no place can be used for a new one and memory is not allowed.
    pub in_use: Result<Option<KeyOrigin>, Error>,
    /// A place that the protection prefers to a key file, and that can be used now, though the key is in a key file; `azml key
    /// move` moves it there.
    pub better: Option<KeyOrigin>,
    /// The records, readable or not.
    pub records: Vec<RecordInspection>,
    /// Files that could not be opened any more, and were set aside.
    pub set_aside: Vec<PathBuf>,
    /// The locks that somebody holds right now.
    pub locks: Vec<HeldLock>,
}

/// One place for keys.
#[derive(Debug)]
#[non_exhaustive]
pub struct StepInspection {
    /// The place.
    pub origin: KeyOrigin,
    /// Whether a key is there.
    pub state: StepState,
    /// How long a key stays there if nobody removes it.
    pub durability: &'static str,
}

/// Whether a place for keys can be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum StepState {
    /// It answered and has no key of this directory. It may still refuse one.
    Empty,
    /// It has this many keys, of which the first can be used; more than one only during a rotation, or after one that was
    /// interrupted.
    HasKey(usize),
    /// It cannot be used now, and this is why.
    Unavailable(Error),
}

impl StepState {
    fn reason(&self) -> Option<&Error> {
        match self {
            Self::Unavailable(error) => Some(error),
            Self::Empty | Self::HasKey(_) => None,
        }
    }
}

/// One record.
#[derive(Debug)]
#[non_exhaustive]
pub struct RecordInspection {
    /// Its file.
    pub path: PathBuf,
    /// Whose it is, if its header can be read.
    pub partition: Option<Partition>,
    /// Where its key is, if its header can be read.
    pub origin: Option<KeyOrigin>,
    /// Why it cannot be opened; none if it can.
    pub error: Option<Error>,
    /// The size of the file, in bytes.
    pub size: u64,
    /// The permissions of the file, where the system has such.
    pub mode: Option<u32>,
}

impl FileStore {
    /// Looks at everything without a network, and changes nothing, not even the mode of a file. Each place for keys is given two seconds.
    pub async fn inspect(&self) -> Inspection {
        let directory = self.directory().to_owned();
        let exists = directory.is_dir();
        let files = files(&directory);
        let problems = problems(&directory, &files);
        let mut steps = Vec::new();
        for origin in self.keys().protection().steps() {
            let state = match self.keys().look_at(*origin).await {
                Ok(0) => StepState::Empty,
                Ok(keys) => StepState::HasKey(keys),
                Err(error) => StepState::Unavailable(error),
            };
            steps.push(StepInspection { origin: *origin, state, durability: origin.durability() });
        }
        let in_use = self.in_use(&steps).await;
        let better = better(&in_use, &steps);
        let mut records = Vec::new();
        for path in records::paths(&directory).unwrap_or_default() {
            records.push(self.inspect_record(path).await);
        }
        let locks = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "lock"));
        let locks = locks.filter_map(|path| lock::held(path)).collect();
        let set_aside = files.into_iter().filter(|path| quarantine::is_set_aside(path)).collect();
        let allows_memory = self.keys().protection().allows_memory();
        Inspection { directory, exists, problems, steps, allows_memory, in_use, better, records, set_aside, locks }
    }

    async fn in_use(&self, steps: &[StepInspection]) -> Result<Option<KeyOrigin>, Error> {
        let in_use = self.protection_in_use().await?;
        if in_use.is_none() && !self.keys().protection().allows_memory() {
            let reasons: Option<Vec<Error>> = steps.iter().map(|step| step.state.reason().cloned()).collect();
            if let Some(reasons) = reasons {
                return Err(self.keys().none_of(&reasons));
            }
        }
        Ok(in_use)
    }

    async fn inspect_record(&self, path: PathBuf) -> RecordInspection {
        let partition = self.partition_in(&path);
        let (partition, opened) = match partition {
            Ok(Some(partition)) => {
                let opened = self.decrypt(&partition, Reach::Protection).await.map(drop);
                (Some(partition), opened)
            }
            Ok(None) => (None, Ok(())),
            Err(unreadable) => (None, Err(unreadable)),
        };
        let bytes = directory::read(&path).ok().flatten().unwrap_or_default();
        RecordInspection {
            partition,
            origin: Envelope::parse(&bytes).ok().map(|envelope| envelope.key.origin),
            error: opened.err().map(Unreadable::into_error),
            size: path.symlink_metadata().map_or(0, |metadata| metadata.len()),
            mode: mode(&path),
            path,
        }
    }
}

fn better(in_use: &Result<Option<KeyOrigin>, Error>, steps: &[StepInspection]) -> Option<KeyOrigin> {
    if !matches!(in_use, Ok(Some(KeyOrigin::KeyFile))) {
        return None;
    }
    let preferred = steps.iter().find(|step| step.state.reason().is_none())?.origin;
    (preferred != KeyOrigin::KeyFile).then_some(preferred)
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        directory.read_dir().into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort_unstable();
    files
}

fn problems(directory: &Path, files: &[PathBuf]) -> Vec<String> {
    let open = |path: &Path| {
        let mode = mode(path).filter(|mode| mode & 0o077 != 0)?;
        let is_the_key = path.file_name().is_some_and(|name| name == key_file::NAME) && path != directory;
        let so = if is_the_key { ": whoever could read it can open the logins" } else { "" };
        Some(format!("{} is open to others (mode {mode:04o}){so}", path.display()))
    };
    let mut problems = Vec::new();
    if directory.exists() && !directory.is_dir() {
        problems.push(format!("{} is not a folder", directory.display()));
    }
    let folder = directory.ancestors().find(|folder| folder.exists());
    if let Some(folder) = folder.filter(|folder| folder.metadata().is_ok_and(|it| it.permissions().readonly())) {
        problems.push(format!("{} may be written to by nobody, so nothing can be saved", folder.display()));
    }
    problems.extend([directory].into_iter().chain(files.iter().map(PathBuf::as_path)).filter_map(open));
    problems
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    directory::mode(path).ok()
}

#[cfg(not(unix))]
fn mode(_path: &Path) -> Option<u32> {
    None
}
