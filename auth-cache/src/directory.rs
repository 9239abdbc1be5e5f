//! The directory: its files' names, its modes, and reading from it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use auth_core::{Error, ErrorKind, Partition};
use aws_lc_rs::digest::{SHA256, digest};

/// No file of ours is larger.
pub(crate) const LARGEST_FILE: u64 = 1 << 20;
pub(crate) const EXTENSION: &str = "azml";

/// Where the record of a partition lies. The name begins with what a person can recognise and ends with a hash, so that no two
/// partitions share it.
pub(crate) fn record_path(directory: &Path, partition: &Partition) -> PathBuf {
    let known = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let slug: String = partition.as_str().chars().take(48).map(known).collect();
    let hash = digest(&SHA256, partition.as_str().as_bytes());
    directory.join(format!("{slug}-{}.{EXTENSION}", hex(&hash.as_ref()[..16])))
}

/// The name of a file that belongs to `path`, such as its lock.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Creates the directory for its owner alone, or takes away what others may do in it.
pub(crate) fn prepare(directory: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|error| failed(directory, "created", error))?;
    #[cfg(unix)]
    {
        let mode = mode(directory).map_err(|error| failed(directory, "read", error))?;
        if mode & 0o1002 != 0 {
            let message = format!("{} is a folder that everybody may write to", directory.display());
            return Err(Error::new(ErrorKind::Store, message).with_help("keep the cache in a folder of its own"));
        }
        if mode & 0o077 != 0 {
            tracing::warn!(directory = %directory.display(), "the cache's folder was open to others, and is closed now");
            restrict(directory, 0o700).map_err(|error| failed(directory, "closed to others", error))?;
        }
    }
    Ok(())
}

/// The permissions of a file or folder, without its type.
#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> io::Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    Ok(path.metadata()?.permissions().mode() & 0o7777)
}

/// Sets the permissions of a file or folder.
#[cfg(unix)]
pub(crate) fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

/// Reads a file, if there is one. Anything that is not a plain file of a sensible size is [`io::ErrorKind::InvalidData`].
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match open(path, File::options().read(true)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // With room for all of it and the end: a buffer that grows would leave copies of a key behind.
    let length = file.metadata()?.len().min(LARGEST_FILE);
    let mut content = Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1);
    file.take(LARGEST_FILE + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST_FILE {
        return Err(unusable("it is larger than a record can be"));
    }
    Ok(Some(content))
}

/// Opens a plain file. Anything else is [`io::ErrorKind::InvalidData`] and is not opened: a link may lead anywhere, and a pipe
/// would wait for its other end.
pub(crate) fn open(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let plain = |is_file: bool| if is_file { Ok(()) } else { Err(unusable("it is not a plain file")) };
    match path.symlink_metadata() {
        Ok(metadata) => plain(metadata.is_file())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let file = options.open(path)?;
    plain(file.metadata()?.is_file())?;
    Ok(file)
}

fn unusable(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Says which file could not be what, and what to do about it.
pub(crate) fn failed(path: &Path, what: &str, error: io::Error) -> Error {
    let help = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space on that disk",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "check who may write to that folder, or keep the cache in another one"
        }
        io::ErrorKind::InvalidData => "see what it is, and move it away",
        _ => "check that folder and its disk, or keep the cache in another one",
    };
    Error::new(ErrorKind::Store, format!("{} cannot be {what}: {error}", path.display()))
        .with_help(help)
        .with_source(error)
}

/// Removes a file and says whether it was there.
pub(crate) fn remove(path: &Path) -> io::Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads what [`hex`] wrote of eight bytes.
pub(crate) fn from_hex(text: &str) -> Option<[u8; 8]> {
    let is_hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(u64::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_safe_readable_and_not_shared() {
        let name = |parts: [&str; 2]| record_path(Path::new(""), &Partition::new("login", parts));
        let path = name(["AzureCloud", "../../Ann@Contoso.com\0"]);
        let text = path.to_str().unwrap();
        assert!(text.starts_with("login-azurecloud----2f---2fann-contoso-com-"), "{text}");
        assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.'), "{text}");
        assert_ne!(name(["a", "b"]), name(["a-b", ""]));
        assert_eq!(name(["A", "b"]), name(["a", "B"]));
        assert!(name(["a", &"long".repeat(999)]).as_os_str().len() < 128);
    }
}
