//! A blob as it is shown: its content and what is known of it.

use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use time::OffsetDateTime;
use time::macros::format_description;

use super::call::Call;
use super::error::BlobError;
use super::range::Range;
use super::store::{Blob, md5_of};

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// As much of the content as was asked for, and the facts.
pub(super) fn content(call: &Call<'_>, blob: &Blob) -> Result<Response, BlobError> {
    let (mut facts, length) = (facts(blob), blob.content.len());
    let wanted = call.header("x-ms-range").or_else(|| call.header("range")).and_then(Range::read);
    // HEAD tells about the whole blob (Microsoft, "Get Blob Properties").
    let Some(wanted) = wanted.filter(|_| *call.method == Method::GET) else {
        return Ok((facts, blob.content.clone()).into_response());
    };
    let (first, last) = wanted.within(length).ok_or_else(|| BlobError::beyond(length))?;
    let part = blob.content.slice(first..=last);
    // The MD5 of an answer is that of its body; that of the blob has a name of its own there.
    if let Some(md5) = facts.remove(CONTENT_MD5) {
        facts.insert("x-ms-blob-content-md5", md5);
    }
    if call.header("x-ms-range-get-content-md5") == Some("true") {
        insert(&mut facts, CONTENT_MD5, &md5_of(&part));
    }
    insert(&mut facts, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{length}"));
    Ok((StatusCode::PARTIAL_CONTENT, facts, part).into_response())
}

/// What is known of it.
pub(super) fn facts(blob: &Blob) -> HeaderMap {
    let mut facts = HeaderMap::new();
    let date = date(blob.written);
    let known = [
        (header::ETAG, blob.etag.as_str()),
        (header::LAST_MODIFIED, &date),
        (header::CONTENT_TYPE, &blob.content_type),
        (header::ACCEPT_RANGES, "bytes"),
        (HeaderName::from_static("x-ms-blob-type"), "BlockBlob"),
        (HeaderName::from_static("x-ms-creation-time"), &date),
    ];
    for (name, value) in known {
        insert(&mut facts, name, value);
    }
    let (name, value) = version();
    insert(&mut facts, name, &value);
    if let Some(md5) = &blob.md5 {
        insert(&mut facts, CONTENT_MD5, md5);
    }
    for (name, value) in &blob.metadata {
        if let Ok(name) = HeaderName::try_from(format!("x-ms-meta-{name}")) {
            insert(&mut facts, name, value);
        }
    }
    facts
}

/// The version of the protocol.
pub(super) fn version() -> (HeaderName, String) {
    (HeaderName::from_static("x-ms-version"), "2021-08-06".to_owned())
}

/// A time as headers have it.
pub(super) fn date(seconds: i64) -> String {
    let form =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(form).expect("a timestamp can be formatted")
}

/// All of it came in headers, or is made of what a header can carry.
fn insert(facts: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        facts.insert(name, value);
    }
}
