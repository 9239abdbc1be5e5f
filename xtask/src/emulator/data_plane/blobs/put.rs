//! What changes a blob.

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::super::super::state::State as Memory;
use super::access::Access;
use super::call::Call;
use super::error::BlobError;
use super::store::{Blob, md5_of};
use super::{block_list, conditions, read};

/// Put Blob: the whole content at once.
pub(super) fn blob(memory: &mut Memory, call: &Call<'_>, access: &Access) -> Result<Response, BlobError> {
    check_overwrite(memory, call, access)?;
    if call.header("x-ms-blob-type") != Some("BlockBlob") || call.headers.contains_key("x-ms-copy-source") {
        return Err(BlobError::bad_request("UnsupportedHeader", "Only block blobs with their content are taken here."));
    }
    let md5 = checked_md5(call)?;
    let stored = call.header("x-ms-blob-content-md5").map_or_else(|| md5.clone(), ToOwned::to_owned);
    let blob = described(memory, call, call.body.clone(), Some(stored));
    Ok(([("content-md5", md5)], created(memory, call, blob)).into_response())
}

/// Put Block: a part of a blob that a list will name.
pub(super) fn block(memory: &mut Memory, call: &Call<'_>, access: &Access) -> Result<Response, BlobError> {
    access.require("cw")?;
    let id = call.parameter("blockid");
    if !BASE64_STANDARD.decode(id).is_ok_and(|id| (1..=64).contains(&id.len())) {
        return Err(BlobError::unknown_operation());
    }
    let md5 = checked_md5(call)?;
    memory.blobs.stage(&call.container, &call.blob, id, call.body.clone());
    Ok((StatusCode::CREATED, [("content-md5", md5)]).into_response())
}

/// Put Block List: the blob is what these blocks are, in this order.
pub(super) fn block_list(memory: &mut Memory, call: &Call<'_>, access: &Access) -> Result<Response, BlobError> {
    let found = check_overwrite(memory, call, access)?;
    checked_md5(call)?;
    let earlier = found.map(|blob| blob.blocks).unwrap_or_default();
    let blocks = block_list::read(&call.body)?.into_iter().map(|(place, id)| {
        let staged = || memory.blobs.staged(&call.container, &call.blob, &id).cloned();
        let block = place.find(staged, || earlier.iter().find(|(known, _)| *known == id).map(|(_, it)| it.clone()));
        Some((id.clone(), block?))
    });
    let Some(blocks) = blocks.collect::<Option<Vec<_>>>() else {
        return Err(BlobError::bad_request("InvalidBlockList", "The specified block list is invalid."));
    };
    let content = Bytes::from(blocks.iter().flat_map(|(_, block)| block.iter().copied()).collect::<Vec<u8>>());
    let stored = call.header("x-ms-blob-content-md5").map(ToOwned::to_owned);
    let mut blob = described(memory, call, content.clone(), stored);
    let mut start = 0;
    for (id, block) in blocks {
        let end = start + block.len();
        blob.blocks.push((id, content.slice(start..end)));
        start = end;
    }
    Ok(created(memory, call, blob))
}

/// Set Blob Metadata: what was there before is gone.
pub(super) fn metadata(memory: &mut Memory, call: &Call<'_>, access: &Access) -> Result<Response, BlobError> {
    access.require("w")?;
    let found = memory.blob(&call.container, &call.blob);
    conditions::check_write(call, found.as_ref())?;
    let found = found.ok_or_else(BlobError::blob_not_found)?;
    let written = memory.now();
    let blob = Blob { metadata: call.metadata(), written, ..found };
    let etag = memory.blobs.put(&call.container, &call.blob, blob);
    Ok((StatusCode::OK, changed(etag, written)).into_response())
}

/// Delete Blob.
pub(super) fn delete(memory: &mut Memory, call: &Call<'_>, access: &Access) -> Result<Response, BlobError> {
    access.require("d")?;
    let found = memory.blob(&call.container, &call.blob);
    conditions::check_write(call, found.as_ref())?;
    found.ok_or_else(BlobError::blob_not_found)?;
    memory.blobs.delete(&call.container, &call.blob);
    Ok(StatusCode::ACCEPTED.into_response())
}

/// The blob that is there, if it may be replaced.
fn check_overwrite(memory: &mut Memory, call: &Call<'_>, access: &Access) -> Result<Option<Blob>, BlobError> {
    access.require("cw")?;
    let found = memory.blob(&call.container, &call.blob);
    conditions::check_write(call, found.as_ref())?;
    access.require_write(found.is_some())?;
    Ok(found)
}

/// The MD5 of what arrived, if it is the one that left.
fn checked_md5(call: &Call<'_>) -> Result<String, BlobError> {
    let md5 = md5_of(&call.body);
    if call.header("content-md5").is_none_or(|told| told == md5) {
        return Ok(md5);
    }
    let message = "The MD5 value specified in the request did not match with the MD5 value calculated by the server.";
    Err(BlobError::bad_request("Md5Mismatch", message))
}

fn described(memory: &Memory, call: &Call<'_>, content: Bytes, md5: Option<String>) -> Blob {
    // The type of a list of blocks is that of the list.
    let own = if call.parameter("comp").is_empty() { call.header("content-type") } else { None };
    let content_type = call.header("x-ms-blob-content-type").or(own).unwrap_or("application/octet-stream");
    Blob {
        content,
        content_type: content_type.to_owned(),
        md5,
        metadata: call.metadata(),
        etag: String::new(),
        written: memory.now(),
        blocks: Vec::new(),
    }
}

fn created(memory: &mut Memory, call: &Call<'_>, blob: Blob) -> Response {
    let written = blob.written;
    let etag = memory.blobs.put(&call.container, &call.blob, blob);
    (StatusCode::CREATED, changed(etag, written)).into_response()
}

fn changed(etag: String, written: i64) -> [(header::HeaderName, String); 3] {
    [(header::ETAG, etag), (header::LAST_MODIFIED, read::date(written)), read::version()]
}
