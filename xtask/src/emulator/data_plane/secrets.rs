//! What the data plane hands out and nobody should see.

/// The signature in the links to logs and artifacts.
pub const BLOB_SIGNATURE: &str = "emu-blob-signature";

/// The signature in the links by which artifacts are written.
pub(super) const UPLOAD_SIGNATURE: &str = "emu-upload-signature";

/// All of them.
pub(in super::super) const ALL: &[&str] = &[BLOB_SIGNATURE, UPLOAD_SIGNATURE];
