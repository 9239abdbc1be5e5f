//! What workspaces and registries share: they lie in a resource group themselves, and other resources lie in them.

mod list;
mod missing;
mod shared_client;

pub(crate) use list::Listed;
pub use list::TopLevelList;
pub(crate) use missing::{explain, not_found};
pub(crate) use shared_client::SharedClient;
