//! The containers of the storage account, as Azure Blob Storage shows them: what was uploaded, over what runs have written.
//!
//! The account answers at every host of its domain, and below its name at the emulator's own address, as Azurite has it.

mod access;
mod block_list;
mod call;
mod conditions;
mod container;
mod error;
mod list;
mod of_runs;
mod put;
mod range;
mod read;
mod store;

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Extension, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::super::log::{BODY_LIMIT, Origin};
use super::super::state::{Shared, State as Memory};
use access::Access;
use call::Call;
use error::BlobError;

pub(in super::super) use store::Blobs;

/// The account: a host of its own, or the first segment of a path.
pub(super) const ACCOUNT: &str = "emustorage";
/// The domain of such hosts.
const DOMAIN: &str = ".blob.core.windows.net";

/// Answers what is asked of the account, and lets everything else pass. Names of containers would be in the way of other services'
/// paths, so that no router can tell them apart.
pub(in super::super) async fn serve(
    State(shared): State<Arc<Shared>>,
    Extension(Origin(origin)): Extension<Origin>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let is_own =
        origin.split('/').nth(2).and_then(|host| host.split(':').next()).is_some_and(|it| it.ends_with(DOMAIN));
    let inside = if is_own { path.strip_prefix('/') } else { path.strip_prefix(&format!("/{ACCOUNT}/")) };
    let Some(inside) = inside.map(ToOwned::to_owned) else { return next.run(request).await };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let call = Call::read(&inside, &parts, body);
    answer(&mut shared.lock(), &call).unwrap_or_else(IntoResponse::into_response)
}

fn answer(memory: &mut Memory, call: &Call<'_>) -> Result<Response, BlobError> {
    let access = Access::of(memory, call)?;
    if call.blob.is_empty() {
        return container::answer(memory, call, &access);
    }
    memory.check_container(&call.container)?;
    match (call.method, call.parameter("comp")) {
        (&Method::GET | &Method::HEAD, comp @ ("" | "metadata")) => {
            access.require("r")?;
            let blob = memory.blob(&call.container, &call.blob);
            conditions::check_read(call, blob.as_ref())?;
            let blob = blob.ok_or_else(BlobError::blob_not_found)?;
            if comp.is_empty() { read::content(call, &blob) } else { Ok(read::facts(&blob).into_response()) }
        }
        (&Method::DELETE, "") => put::delete(memory, call, &access),
        (&Method::PUT, "") => put::blob(memory, call, &access),
        (&Method::PUT, "block") => put::block(memory, call, &access),
        (&Method::PUT, "blocklist") => put::block_list(memory, call, &access),
        (&Method::PUT, "metadata") => put::metadata(memory, call, &access),
        _ => Err(BlobError::unknown_operation()),
    }
}
