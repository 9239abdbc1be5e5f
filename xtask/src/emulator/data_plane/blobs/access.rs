//! Who is let in, and to do what.

use axum::http::StatusCode;

use super::super::super::log::parameters;
use super::super::super::state::State as Memory;
use super::super::request::bearer_claims;
use super::super::secrets::{BLOB_SIGNATURE, UPLOAD_SIGNATURE};
use super::call::Call;
use super::error::BlobError;

/// The audience of its tokens.
const AUDIENCE: &str = "https://storage.azure.com";

/// What a caller may do.
pub(super) enum Access {
    /// Whoever has the key or a token: roles are not looked at.
    Everything,
    /// The letters of a signature's `sp`.
    Signed(String),
}

impl Access {
    pub(super) fn of(memory: &Memory, call: &Call<'_>) -> Result<Self, BlobError> {
        if let Some(signature) = call.query.get("sig") {
            return signed(memory, call, signature).map(Self::Signed).ok_or_else(failed);
        }
        let Some(authorization) = call.header("authorization") else {
            let message = "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.";
            return Err(BlobError::new(StatusCode::UNAUTHORIZED, "NoAuthenticationInformation", message));
        };
        let account = &memory.world.storage.account;
        // The signature itself is not checked.
        if authorization.strip_prefix("SharedKey ").is_some_and(|it| it.starts_with(&format!("{account}:"))) {
            return Ok(Self::Everything);
        }
        let token = authorization.strip_prefix("Bearer ").ok_or_else(failed)?;
        let is_of_storage = bearer_claims(memory, token)
            .is_ok_and(|claims| claims["aud"].as_str().is_some_and(|it| it.trim_end_matches('/') == AUDIENCE));
        if is_of_storage {
            return Ok(Self::Everything);
        }
        let message = "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.";
        Err(BlobError::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationInfo", message))
    }

    /// One of these letters is enough; without any, no signature is.
    pub(super) fn require(&self, letters: &str) -> Result<(), BlobError> {
        if self.allows(letters) {
            return Ok(());
        }
        let message = "This request is not authorized to perform this operation using this permission.";
        Err(BlobError::new(StatusCode::FORBIDDEN, "AuthorizationPermissionMismatch", message))
    }

    /// What is new may be created, what is there must be written.
    pub(super) fn require_write(&self, is_there: bool) -> Result<(), BlobError> {
        if is_there && self.allows("c") && !self.allows("w") {
            let message = "This request is not authorized to perform blob overwrites.";
            return Err(BlobError::new(StatusCode::FORBIDDEN, "UnauthorizedBlobOverwrite", message));
        }
        self.require(if is_there { "w" } else { "cw" })
    }

    fn allows(&self, letters: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Signed(granted) => letters.chars().any(|letter| granted.contains(letter)),
        }
    }
}

/// What the signature was made for. The permissions are part of what is signed, so that nobody can write more into the URL.
fn signed(memory: &Memory, call: &Call<'_>, signature: &str) -> Option<String> {
    if signature == BLOB_SIGNATURE {
        return Some("rl".to_owned());
    }
    if signature == UPLOAD_SIGNATURE {
        return Some("rcw".to_owned());
    }
    let mut of_account = parameters(&memory.world.storage.sas);
    let granted = of_account.remove("sp").unwrap_or_default();
    let is_its = of_account.get("sig").is_some_and(|own| own == signature) && call.parameter("sp") == granted;
    is_its.then_some(granted)
}

fn failed() -> BlobError {
    let message = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.";
    BlobError::new(StatusCode::FORBIDDEN, "AuthenticationFailed", message)
}
