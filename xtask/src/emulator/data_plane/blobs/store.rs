//! What was uploaded: blobs, and blocks that belong to none yet.

use std::collections::BTreeMap;

use axum::body::Bytes;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::super::super::state::State as Memory;

/// A block blob.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) content: Bytes,
    pub(super) content_type: String,
    /// The MD5 that is stored with it, in Base64.
    pub(super) md5: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    /// In quotes.
    pub(super) etag: String,
    pub(super) written: i64,
    /// The blocks that it was made of, as parts of the content.
    pub(super) blocks: Vec<(String, Bytes)>,
}

/// The containers that somebody made or wrote into, by name.
#[derive(Debug, Default)]
pub(in super::super::super) struct Blobs {
    containers: BTreeMap<String, Container>,
    changes: u64,
}

#[derive(Debug, Default)]
struct Container {
    /// Nothing is in the place of a run's blob that was deleted.
    blobs: BTreeMap<String, Option<Blob>>,
    /// Blocks by their ids, by the blob that they are meant for.
    blocks: BTreeMap<String, BTreeMap<String, Bytes>>,
}

impl Blob {
    /// Runs append to their blobs, so that there is no MD5.
    pub(super) fn of_run(content: Vec<u8>, written: i64) -> Self {
        let digest = Sha256::digest(&content);
        let etag = u64::from_be_bytes(digest[..8].try_into().expect("a digest is longer")) >> 16;
        Self {
            content: content.into(),
            content_type: "text/plain; charset=utf-8".to_owned(),
            md5: None,
            metadata: BTreeMap::new(),
            etag: format!("\"0x{etag:012X}\""),
            written,
            blocks: Vec::new(),
        }
    }
}

impl Blobs {
    /// Makes a container, unless it is there.
    pub(in super::super::super) fn make_container(&mut self, name: &str) {
        self.container(name);
    }

    pub(super) fn has_container(&self, name: &str) -> bool {
        self.containers.contains_key(name)
    }

    /// Puts a blob in its place with a new tag, which is returned. The blocks that were meant for it are gone.
    pub(super) fn put(&mut self, container: &str, name: &str, mut blob: Blob) -> String {
        self.container(container).blocks.remove(name);
        blob.etag = self.next_etag();
        let etag = blob.etag.clone();
        self.container(container).blobs.insert(name.to_owned(), Some(blob));
        etag
    }

    pub(super) fn delete(&mut self, container: &str, name: &str) {
        let container = self.container(container);
        container.blocks.remove(name);
        container.blobs.insert(name.to_owned(), None);
    }

    /// Keeps a block for a blob.
    pub(super) fn stage(&mut self, container: &str, name: &str, id: &str, block: Bytes) {
        self.container(container).blocks.entry(name.to_owned()).or_default().insert(id.to_owned(), block);
    }

    /// A block that is kept for a blob.
    pub(super) fn staged(&self, container: &str, name: &str, id: &str) -> Option<&Bytes> {
        self.containers.get(container)?.blocks.get(name)?.get(id)
    }

    fn container(&mut self, name: &str) -> &mut Container {
        self.containers.entry(name.to_owned()).or_default()
    }

    fn next_etag(&mut self) -> String {
        self.changes += 1;
        format!("\"0x8D{:013X}\"", self.changes)
    }
}

impl Memory {
    /// A blob: as it was uploaded, else as a run has written it.
    pub(super) fn blob(&mut self, container: &str, name: &str) -> Option<Blob> {
        if let Some(known) = self.blobs.containers.get(container).and_then(|it| it.blobs.get(name)) {
            return known.clone();
        }
        self.written(container, name).into_iter().find(|(path, _)| path == name).map(|(_, blob)| blob)
    }

    /// The blobs whose names begin with this.
    pub(super) fn blobs_below(&mut self, container: &str, prefix: &str) -> BTreeMap<String, Blob> {
        let mut all: BTreeMap<_, _> = self.written(container, prefix).into_iter().collect();
        all.retain(|name, _| name.starts_with(prefix));
        let own = self.blobs.containers.get(container).map(|it| it.blobs.range(prefix.to_owned()..));
        for (name, blob) in own.into_iter().flatten().take_while(|(name, _)| name.starts_with(prefix)) {
            match blob {
                Some(blob) => all.insert(name.clone(), blob.clone()),
                None => all.remove(name),
            };
        }
        all
    }
}

/// As headers and lists have it.
pub(super) fn md5_of(content: &[u8]) -> String {
    BASE64_STANDARD.encode(Md5::digest(content))
}
