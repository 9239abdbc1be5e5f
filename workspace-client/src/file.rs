//! Replacing files.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use tempfile::Builder;
use tokio::time::{Instant, sleep};

/// How long another process is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(5);

/// Who may read a file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Audience {
    /// Whoever the umask lets.
    Everybody,
    /// The owner.
    Owner,
}

/// Replaces the file at `path` in one step, so that a reader sees the old bytes or the new ones. Creates its folder.
///
/// # Errors
/// [`ErrorKind::Store`] naming the file.
pub(crate) fn replace(path: &Path, bytes: &[u8], audience: Audience) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut builder = Builder::new();
        set_mode(&mut builder, audience);
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|error| {
        Error::new(ErrorKind::Store, format!("{} cannot be written", path.display())).with_source(error)
    })
}

/// Takes the lock of a file against every other process. It is released on drop, and by the death of its holder.
///
/// # Errors
/// [`ErrorKind::Timeout`] if another process holds it for 10 s, [`ErrorKind::Store`] naming the file if it cannot be taken.
pub(crate) async fn lock(path: &Path) -> Result<File, Error> {
    let failed = |error: io::Error| {
        Error::new(ErrorKind::Store, format!("{} cannot be locked", path.display())).with_source(error)
    };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
    if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidData, "it is not a plain file")));
    }
    let file = options.open(path).map_err(failed)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(PAUSE).await,
            Err(TryLockError::WouldBlock) => {
                let message = format!("{} is still held by another process after {PATIENCE:?}", path.display());
                return Err(Error::new(ErrorKind::Timeout, message)
                    .with_help("try again; if that process hangs, end it, which frees the lock at once"));
            }
        }
    }
}

/// Reads a file that must be a plain one, so that reading cannot hang.
pub(crate) fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a plain file"));
    }
    std::fs::read(path)
}

/// Makes the folder of azml's own files, if it is not there, for its owner alone, and sees whether it can be written to.
///
/// # Errors
/// [`ErrorKind::Store`] naming the folder.
pub(crate) fn prepare_folder(folder: &Path) -> Result<(), Error> {
    let prepare = || -> io::Result<()> {
        let mut directory = std::fs::DirBuilder::new();
        directory.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
        directory.create(folder)?;
        Builder::new().tempfile_in(folder)?.write_all(b"azml")
    };
    prepare().map_err(|error| {
        Error::new(ErrorKind::Store, format!("{} cannot be written to, so nothing can be kept there", folder.display()))
            .with_source(error)
            .with_help("make it writable, or set AZML_CONFIG_DIR to a folder that is")
    })
}

/// A new file's mode. Elsewhere than on Unix it inherits the access list of its folder.
#[cfg(unix)]
fn set_mode(builder: &mut Builder<'_, '_>, audience: Audience) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = match audience {
        Audience::Everybody => 0o666,
        Audience::Owner => 0o600,
    };
    builder.permissions(std::fs::Permissions::from_mode(mode));
}

#[cfg(not(unix))]
fn set_mode(_: &mut Builder<'_, '_>, _: Audience) {}
