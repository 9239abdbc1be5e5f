//! Files in pieces.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use auth_core::Error;
use object_store::PutPayload;

use super::local_file::{self, blocking};
use super::walk::LocalFile;

/// Where the pieces of so many bytes begin, and how long each is.
pub(super) fn of(size: u64, piece: u64) -> impl Iterator<Item = (u64, u64)> + Send {
    (0..size.div_ceil(piece)).map(move |index| (index * piece, piece.min(size - index * piece)))
}

/// A piece of a file, in one stretch of memory. The file must not have become shorter, nor longer if this is its last piece.
pub(super) fn read(
    file: &LocalFile,
    start: u64,
    length: u64,
) -> impl Future<Output = Result<PutPayload, Error>> + Send + use<> {
    let (path, is_last) = (file.source().to_owned(), start + length == file.size());
    let content = blocking(move || {
        let failed = |error| local_file::failed("cannot be read", &path, error);
        let mut file = File::open(&path).map_err(failed)?;
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let capacity = usize::try_from(length).unwrap_or_default() + 1;
        let mut content = Vec::with_capacity(capacity);
        file.take(length + u64::from(is_last)).read_to_end(&mut content).map_err(failed)?;
        if content.len() as u64 == length { Ok(content) } else { Err(local_file::changed(&path)) }
    });
    async { Ok(content.await?.into()) }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn pieces_are_whole_but_for_the_last() {
        assert_eq!(of(0, 4).count(), 0);
        assert_eq!(of(4, 4).collect::<Vec<_>>(), [(0, 4)]);
        assert_eq!(of(9, 4).collect::<Vec<_>>(), [(0, 4), (4, 4), (8, 1)]);
    }
}
