//! The two hashes by which Azure ML knows a folder again (observed: azure-ai-ml 1.35).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;

use auth_core::Error;
use md5::Md5;
use sha2::Sha256;
use sha2::digest::Digest;

use super::local_file;
use super::walk::{LocalFile, Step};

const SEED: &str = "Initialize for october 2021 AML CLI version";
const CHUNK: usize = 128 << 10;

/// The content hash, version 202208, of files under these names.
pub(super) fn content_hash<'a>(files: impl IntoIterator<Item = (&'a str, &'a LocalFile)>) -> Result<String, Error> {
    let mut files: Vec<_> = files.into_iter().map(|(name, file)| (name.to_lowercase(), name, file)).collect();
    files.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    let mut hash = Sha256::new();
    hash.update(files.len().to_string());
    for (_, name, file) in &files {
        hash.update(format!("#{name}#{}", file.size()));
    }
    for (_, _, file) in &files {
        update_from(&mut hash, file)?;
    }
    Ok(format!("{:x}", hash.finalize()))
}

/// The upload hash, which names the folder below `LocalUpload`.
pub(super) fn upload_hash(steps: &[Step], files: &[LocalFile]) -> Result<String, Error> {
    let mut hash = Sha256::new_with_prefix(SEED);
    for step in steps {
        match step {
            Step::Content(index) => update_from(&mut hash, &files[*index])?,
            Step::Name(name) => hash.update(name),
        }
    }
    Ok(format!("{:x}", hash.finalize()))
}

/// The SHA-256 of each file in upper-case hex digits, by its path.
pub(super) fn file_hashes(files: &[LocalFile]) -> Result<BTreeMap<String, String>, Error> {
    let one = |file: &LocalFile| {
        let mut hash = Sha256::new();
        update_from(&mut hash, file)?;
        Ok((file.relative_path().to_owned(), format!("{:X}", hash.finalize())))
    };
    files.iter().map(one).collect()
}

/// By what Blob Storage checks content.
pub(super) type Md5Digest = [u8; 16];

pub(super) fn md5_of(bytes: &[u8]) -> Md5Digest {
    Md5::digest(bytes).into()
}

pub(super) fn md5_of_file(file: &LocalFile) -> Result<Md5Digest, Error> {
    let mut hash = Md5::new();
    update_from(&mut hash, file)?;
    Ok(hash.finalize().into())
}

/// Adds the content of a file, if it is as long as it was when the snapshot was taken.
fn update_from(hash: &mut impl Digest, file: &LocalFile) -> Result<(), Error> {
    let failed = |error| local_file::failed("cannot be read", file.source(), error);
    let mut content = File::open(file.source()).map_err(failed)?;
    let (mut chunk, mut size) = (vec![0; CHUNK], 0);
    loop {
        let length = content.read(&mut chunk).map_err(failed)?;
        if length == 0 {
            return if size == file.size() { Ok(()) } else { Err(local_file::changed(file.source())) };
        }
        size += length as u64;
        hash.update(&chunk[..length]);
    }
}
