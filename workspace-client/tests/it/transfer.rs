//! Files to and from Blob Storage.

mod azurite;
mod blobs;
mod download;
mod emulator;
mod folders;
mod refusals;
mod round_trip;
mod upload;

use std::path::Path;

/// Makes a file, and the folders in which it lies.
fn write(path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.as_ref().parent().unwrap()).unwrap();
    std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), content.as_ref()).unwrap();
}

/// More than a block, and nowhere the same.
fn large() -> Vec<u8> {
    (0..9_000_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}
