//! Files of the Azure CLI that are replaced as a whole or not at all.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Who may read a new file. One that is there keeps its mode, unless it holds secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever the umask lets.
    Everybody,
    /// Its owner.
    Owner,
    /// Its owner, whoever could read it before.
    Secret,
}

/// Replaces the file, or the one that a symbolic link leads to. The caller holds the lock of the directory.
pub(crate) fn replace(path: &Path, content: &[u8], access: Access) -> io::Result<()> {
    let path = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => fs::canonicalize(path)?,
        _ => path.to_owned(),
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let prefix = format!(".{}.", path.file_name().and_then(OsStr::to_str).unwrap_or_default());
    sweep(folder, &prefix);
    let before = fs::metadata(&path).ok().map(|metadata| metadata.permissions());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    #[cfg(unix)]
    if access == Access::Everybody {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    if let Some(before) = before.filter(|_| access != Access::Secret) {
        file.as_file().set_permissions(before)?;
    }
    // MSAL reads a file and looks at the clock afterwards; what is written between the two it would never see, and overwrite
    // (observed: msal-extensions 1.3). A time that lies ahead makes it read once more.
    let written = file.as_file().metadata()?.modified()?;
    file.as_file().set_modified(written + Duration::from_secs(1))?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

const SUFFIX: &str = ".azml";

/// Removes what a process that died has left of its writes: it may hold tokens.
fn sweep(folder: &Path, prefix: &str) {
    let Ok(entries) = folder.read_dir() else { return };
    let is_left = |path: &PathBuf| {
        let name = path.file_name().and_then(OsStr::to_str);
        name.is_some_and(|name| name.starts_with(prefix) && name.ends_with(SUFFIX))
    };
    for path in entries.flatten().map(|entry| entry.path()).filter(is_left) {
        let _ = fs::remove_file(path);
    }
}
