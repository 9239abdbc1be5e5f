//! Files that are replaced as a whole or not at all.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Replaces `path` by a file with this content, mode 0600, and returns when that would survive a power failure. The caller
/// holds the lock of `path`.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    written(path, content)?.persist(path)?;
    sync_directory(path);
    Ok(())
}

/// As [`replace`], but fails with [`io::ErrorKind::AlreadyExists`] if the file is there.
pub(crate) fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    written(path, content)?.persist_noclobber(path)?;
    sync_directory(path);
    Ok(())
}

/// Removes what a process that died left of its writes to `path`. The caller holds the lock of `path`, so nobody is writing.
pub(crate) fn sweep(path: &Path) {
    let prefix = temporary_prefix(path);
    let Ok(entries) = parent(path).read_dir() else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(&prefix) && name.ends_with(SUFFIX)) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

const SUFFIX: &str = ".tmp";

fn written(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    sweep(path);
    let mut file = tempfile::Builder::new().prefix(&temporary_prefix(path)).suffix(SUFFIX).tempfile_in(parent(path))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The file is in place by now, so a file system that cannot sync a directory is no failure.
fn sync_directory(path: &Path) {
    if cfg!(unix)
        && let Err(error) = File::open(parent(path)).and_then(|directory| directory.sync_all())
    {
        tracing::debug!(%error, "the directory could not be synced");
    }
}

fn temporary_prefix(path: &Path) -> String {
    format!(".{}.", path.file_name().and_then(OsStr::to_str).unwrap_or_default())
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_take_its_place_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record");
        std::fs::create_dir_all(path.join("not empty")).unwrap();
        assert!(replace(&path, b"content").is_err());
        assert!(path.join("not empty").is_dir());
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }
}
