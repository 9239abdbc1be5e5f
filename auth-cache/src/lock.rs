//! Locks across processes and tasks.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use tokio::time::{Instant, sleep};

use crate::directory;

const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(25);
/// After this long, the log says who is waited for.
const UNREMARKABLE: Duration = Duration::from_secs(1);

/// A lock on a file, released on drop and by the death of the process.
///
/// The operating system keeps it with the open file, so a second handle waits too, in the same process or in another. The file
/// holds the process id of its exclusive holder, for those who wait. It stays on disk: if it were deleted, two processes could
/// each hold "the" lock, one of the deleted file and one of its successor.
#[derive(Debug)]
pub(crate) struct FileLock {
    file: File,
    sharing: Sharing,
}

/// With whom a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// With nobody.
    Exclusive,
    /// With others who share it.
    Shared,
}

/// How long a lock is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    time: Duration,
    /// Whether the caller would have waited longer.
    is_cut: bool,
}

impl Wait {
    pub(crate) fn of(time: Duration) -> Self {
        Self { time, is_cut: false }
    }

    /// This long at most, which the person may change.
    pub(crate) fn at_most(self, limit: Duration) -> Self {
        if self.time > limit { Self { time: limit, is_cut: true } } else { self }
    }
}

/// Takes the lock, trying again and again until the wait is over; never blocks the thread.
pub(crate) async fn acquire(path: &Path, sharing: Sharing, wait: Wait) -> Result<FileLock, Error> {
    let mut file = open(path).map_err(|error| directory::failed(path, "opened", error))?;
    let started = Instant::now();
    let (mut pause, mut is_remarkable) = (FIRST_PAUSE, false);
    loop {
        let locked = match sharing {
            Sharing::Exclusive => file.try_lock(),
            Sharing::Shared => file.try_lock_shared(),
        };
        match locked {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(directory::failed(path, "locked", error)),
        }
        let left = wait.time.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Err(still_held(path, &mut file, wait));
        }
        if !is_remarkable && started.elapsed() >= UNREMARKABLE {
            is_remarkable = true;
            tracing::warn!(lock = %path.display(), "waiting for {}, which holds the lock", holder(&mut file));
        }
        sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    if sharing == Sharing::Exclusive {
        // Only a message depends on it.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
    }
    Ok(FileLock { file, sharing })
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if self.sharing == Sharing::Exclusive {
            // So that nobody waits for a process that does not hold it any more.
            let _ = self.file.set_len(0);
        }
    }
}

/// A lock that somebody holds right now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldLock {
    /// The lock's file.
    pub path: PathBuf,
    /// The process that holds it, if the file says.
    pub process: Option<u32>,
}

/// Says who holds this lock, if anybody does. It is taken for a moment to find out.
pub(crate) fn held(path: &Path) -> Option<HeldLock> {
    let mut file = directory::open(path, File::options().read(true)).ok()?;
    let is_held = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    is_held.then(|| HeldLock { path: path.to_owned(), process: process_id(&mut file) })
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    directory::open(path, &options)
}

fn process_id(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.take(20).read_to_string(&mut text)).ok()?;
    text.parse().ok()
}

fn holder(file: &mut File) -> String {
    match process_id(file) {
        Some(id) if id == std::process::id() => "another task of this process".to_owned(),
        Some(id) => format!("process {id}"),
        None => "another process".to_owned(),
    }
}

fn still_held(path: &Path, file: &mut File, wait: Wait) -> Error {
    let holder = holder(file);
    let longer = if wait.is_cut { "; to wait longer, set AZML_LOCK_TIMEOUT to more seconds" } else { "" };
    let help = format!("try again; if {holder} hangs, end it, which frees the lock at once{longer}");
    Error::new(ErrorKind::Timeout, format!("{} is still held by {holder} after {:?}", path.display(), wait.time))
        .with_help(help)
}
