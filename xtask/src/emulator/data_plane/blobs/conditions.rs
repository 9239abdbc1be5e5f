//! What must be true of a blob before something is done (Microsoft, "Specifying conditional headers for Blob service operations").

use axum::http::StatusCode;

use super::call::Call;
use super::error::BlobError;
use super::store::Blob;

/// The client means an earlier state, or knows this one already.
pub(super) fn check_read(call: &Call<'_>, found: Option<&Blob>) -> Result<(), BlobError> {
    check_match(call, found)?;
    match call.header("if-none-match") {
        Some(known) if is_it(known, found) => {
            Err(BlobError::new(StatusCode::NOT_MODIFIED, "ConditionNotMet", String::new()))
        }
        _ => Ok(()),
    }
}

/// The client means an earlier state, or none.
pub(super) fn check_write(call: &Call<'_>, found: Option<&Blob>) -> Result<(), BlobError> {
    check_match(call, found)?;
    match call.header("if-none-match") {
        Some("*") if found.is_some() => {
            Err(BlobError::new(StatusCode::CONFLICT, "BlobAlreadyExists", "The specified blob already exists."))
        }
        Some(known) if is_it(known, found) => Err(BlobError::condition_not_met()),
        _ => Ok(()),
    }
}

fn check_match(call: &Call<'_>, found: Option<&Blob>) -> Result<(), BlobError> {
    match call.header("if-match") {
        Some("*") if found.is_some() => Ok(()),
        Some(wanted) if !is_it(wanted, found) => Err(BlobError::condition_not_met()),
        _ => Ok(()),
    }
}

/// Lists have the tag without its quotes.
fn is_it(tag: &str, found: Option<&Blob>) -> bool {
    found.is_some_and(|blob| blob.etag.trim_matches('"') == tag.trim_matches('"'))
}
