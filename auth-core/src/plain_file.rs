//! Reading a file that somebody named.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

/// Far more than any token or certificate chain needs.
const LARGEST: u64 = 1 << 20;

/// The bytes of a file that must be a plain one of at most 1 MiB: a pipe or a device could keep the caller waiting for ever.
pub(crate) fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let refuse = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return refuse(if metadata.is_dir() { "it is a directory" } else { "it is not a plain file" });
    }
    let length = usize::try_from(metadata.len().min(LARGEST)).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST { refuse("it is larger than 1 MiB") } else { Ok(bytes) }
}
