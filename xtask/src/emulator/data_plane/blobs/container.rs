//! The containers themselves.

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::super::super::state::State as Memory;
use super::access::Access;
use super::call::Call;
use super::error::BlobError;
use super::{list, of_runs, read};

/// Answers what is asked of a container as a whole.
pub(super) fn answer(memory: &mut Memory, call: &Call<'_>, access: &Access) -> Result<Response, BlobError> {
    if call.container.is_empty() || call.parameter("restype") != "container" {
        return Err(BlobError::unknown_operation());
    }
    match (call.method, call.parameter("comp")) {
        (&Method::GET, "list") => {
            access.require("l")?;
            memory.check_container(&call.container)?;
            Ok(list::answer(call, &memory.blobs_below(&call.container, call.parameter("prefix"))))
        }
        (&Method::GET | &Method::HEAD, "") => {
            access.require("rl")?;
            memory.check_container(&call.container)?;
            Ok((StatusCode::OK, facts()).into_response())
        }
        (&Method::PUT, "") => {
            access.require("")?;
            if memory.has_container(&call.container) {
                let message = "The specified container already exists.";
                return Err(BlobError::new(StatusCode::CONFLICT, "ContainerAlreadyExists", message));
            }
            memory.blobs.make_container(&call.container);
            Ok((StatusCode::CREATED, facts()).into_response())
        }
        _ => Err(BlobError::unknown_operation()),
    }
}

impl Memory {
    pub(super) fn check_container(&self, name: &str) -> Result<(), BlobError> {
        if self.has_container(name) {
            return Ok(());
        }
        let message = "The specified container does not exist.";
        Err(BlobError::new(StatusCode::NOT_FOUND, "ContainerNotFound", message))
    }

    /// Those of runs, of datastores, and those that somebody made.
    fn has_container(&self, name: &str) -> bool {
        let storage = &self.world.storage;
        let of_world = [Some(&storage.container), storage.upload_container.as_ref()];
        let is_of_datastore = || {
            let properties = self.store.resources.values().map(|resource| &resource["properties"]);
            let mut own = properties.filter(|it| it["accountName"] == storage.account.as_str());
            own.any(|it| it["containerName"] == name || it["filesystem"] == name)
        };
        [of_runs::ARTIFACTS, of_runs::OUTPUTS].contains(&name)
            || of_world.into_iter().flatten().any(|known| known == name)
            || self.blobs.has_container(name)
            || is_of_datastore()
    }
}

fn facts() -> [(header::HeaderName, String); 3] {
    [
        (header::ETAG, "\"0x8D0000000000000\"".to_owned()),
        (header::LAST_MODIFIED, read::date(of_runs::WRITTEN)),
        read::version(),
    ]
}
