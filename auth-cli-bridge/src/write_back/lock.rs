//! The lock of msal-extensions, which the Azure CLI holds while it changes its token cache.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use auth_core::{Error, ErrorKind};
use tokio::time::{Instant, sleep};

/// How often, and for how long, a lock file is waited for before its holder counts as dead (observed: msal-extensions 1.3).
const PAUSE: Duration = Duration::from_millis(250);
const STALE: Duration = Duration::from_secs(5);

/// A file `<guarded>.lockfile` that this process made, and holds by `flock` as well, as Python's `portalocker` does.
///
/// Where somebody else's file lies for [`STALE`], it is held only if it is locked by `flock` (observed: az 2.91): then
/// it is taken over. It is removed on drop, unless another process has put its own there meanwhile.
#[derive(Debug)]
pub(crate) struct CacheLock {
    path: PathBuf,
    file: File,
}

impl CacheLock {
    /// Takes the lock of this file, trying until `patience` ends.
    pub(crate) async fn take(guarded: &Path, patience: Duration) -> Result<Self, Error> {
        let mut path = guarded.as_os_str().to_owned();
        path.push(".lockfile");
        let path = PathBuf::from(path);
        let failed = |error: io::Error| {
            let message = format!("{} cannot be made: {error}", path.display());
            Error::new(ErrorKind::Store, message).with_help("make its folder writable, then run the command again")
        };
        let started = Instant::now();
        let mut seen: Option<(Option<SystemTime>, Instant)> = None;
        loop {
            let file = match open(&path, OpenOptions::new().write(true).create_new(true)) {
                Ok(file) => Some(file),
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
                Err(_) => {
                    // Each holder makes a file of its own, whose age counts for itself.
                    let modified = fs::symlink_metadata(&path).and_then(|metadata| metadata.modified()).ok();
                    let since = match seen {
                        Some((earlier, since)) if earlier == modified => since,
                        _ => seen.insert((modified, Instant::now())).1,
                    };
                    // What is no plain file, or has just gone, is looked at again.
                    let abandoned = (since.elapsed() >= STALE).then(|| open(&path, OpenOptions::new().write(true)));
                    abandoned.and_then(Result::ok)
                }
            };
            if let Some(file) = file
                && file.try_lock().is_ok()
                && is_same(&file, &path)
            {
                let lock = Self { path, file };
                lock.sign();
                return Ok(lock);
            }
            let left = patience.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Err(still_held(&path, patience));
            }
            sleep(PAUSE.min(left)).await;
        }
    }

    /// Whether nobody has removed or replaced the lock file, as those may who have waited too long.
    pub(crate) fn is_held(&self) -> bool {
        is_same(&self.file, &self.path)
    }

    /// Says who holds it, for those who wait (observed: msal-extensions 1.3 writes the process id and the program).
    fn sign(&self) {
        let signed = self.file.set_len(0).and_then(|()| write!(&self.file, "{} azml", std::process::id()));
        if let Err(error) = signed {
            tracing::debug!(%error, "the lock file does not say who holds it");
        }
    }
}

impl Drop for CacheLock {
    fn drop(&mut self) {
        // Removed while it is still locked, so that whoever waits for it finds out that it is no longer the one in its place.
        if self.is_held()
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::debug!(%error, path = %self.path.display(), "the lock file stays behind");
        }
    }
}

fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}

/// Whether the path still leads to this open file.
fn is_same(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(own), Ok(there)) => id(&own) == id(&there),
        _ => false,
    }
}

#[cfg(unix)]
fn id(metadata: &Metadata) -> impl PartialEq + use<> {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

/// Elsewhere an open file keeps its place.
#[cfg(not(unix))]
fn id(_: &Metadata) {}

fn still_held(path: &Path, patience: Duration) -> Error {
    let holder = holder(path).map_or_else(|| "another process".to_owned(), |id| format!("process {id}"));
    Error::new(ErrorKind::Timeout, format!("{} is still held by {holder} after {patience:?}", path.display()))
        .with_help(format!("try again; if {holder} hangs, end it"))
}

fn holder(path: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(path).ok()?.take(20).read_to_string(&mut text).ok()?;
    text.split_whitespace().next()?.parse().ok()
}
