//! Azure Resource Manager, as far as Azure ML needs it.

mod client;
mod error;
mod pager;
mod resource_id;
mod retry;
mod tenants;

pub use client::ArmClient;
pub(crate) use client::unreadable;
pub use error::ArmError;
pub(crate) use error::one_line;
pub use pager::Pager;
pub use resource_id::ResourceId;
pub(crate) use resource_id::{check_resource_group, check_subscription};
