//! Azure Resource Manager, as far as Azure ML needs it.

mod client;
mod error;
mod error_body;
mod exchange;
mod operation;
mod pager;
mod registration;
mod request;
mod resource_id;
mod retry;
mod service;
#[cfg(feature = "tunnel")]
mod socket;
mod tenants;
mod tracking;

pub use client::{ArmClient, ArmResponse};
pub use error::ArmError;
pub use error_body::ErrorDetail;
pub(crate) use error_body::one_line;
pub(crate) use exchange::unreadable;
pub use operation::Poller;
pub use pager::Pager;
pub(crate) use pager::{Page, Turn, item};
pub(crate) use request::Request;
pub use reqwest::Method;
pub use resource_id::ResourceId;
pub(crate) use resource_id::{check_name, check_resource_group, check_subscription};
pub(crate) use service::Service;
pub use tracking::{OperationState, OperationStatus};
