//! Locks across processes and tasks.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use tokio::time::{Instant, sleep};

use crate::directory;

const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(25);

/// A lock on a file, released on drop and by the death of the process.
///
/// The operating system keeps it with the open file, so a second handle waits too, in the same process or in another. The file
/// holds the process id of its last holder, for the error of those who wait in vain. It stays on disk: if it were deleted, two
/// processes could each hold "the" lock, one of the deleted file and one of its successor.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

/// Takes the lock, trying again and again for as long as `wait`; never blocks the thread.
pub(crate) async fn acquire(path: &Path, wait: Duration) -> Result<FileLock, Error> {
    let mut file = open(path).map_err(|error| directory::failed(path, "opened", error))?;
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(directory::failed(path, "locked", error)),
        }
        let left = wait.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Err(still_held(path, &mut file, wait));
        }
        sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    // Only a message depends on it.
    let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
    Ok(FileLock { _file: file })
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn still_held(path: &Path, file: &mut File, wait: Duration) -> Error {
    let mut holder = String::new();
    let _ = file.take(20).read_to_string(&mut holder);
    let holder = match holder.parse::<u32>() {
        Ok(id) if id == std::process::id() => "another task of this process".to_owned(),
        Ok(id) => format!("process {id}"),
        Err(_) => "another process".to_owned(),
    };
    let help = format!("try again; if {holder} hangs, end it, which frees the lock at once");
    Error::new(ErrorKind::Timeout, format!("{} is still held by {holder} after {wait:?}", path.display()))
        .with_help(help)
}
