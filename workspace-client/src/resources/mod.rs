//! What lies in a workspace or a registry. One file a kind of resource.
//!
//! [`Workspace::computes`](crate::Workspace::computes) and its siblings are [`Collection`]s: nothing is asked before one of their
//! verbs is called. What they answer with is a [`Resource`], whose accessors read what people touch, and whose
//! [`raw`](Resource::raw) is everything that Azure said.

pub mod asset;
mod collection;
pub mod compute;
pub mod connection;
pub mod datastore;
mod described;
pub mod duration;
pub mod endpoint;
mod item;
pub mod job;
mod json;
pub(crate) mod kind;
pub mod network;
pub(crate) mod open_enum;
pub(crate) mod place;
mod provisioning_state;
mod resource;
pub(crate) mod root;
pub mod schedule;
pub(crate) mod verb;

pub use collection::Collection;
pub use kind::{Kind, LongRunning, Patched, Tracked};
pub use provisioning_state::ProvisioningState;
pub use resource::Resource;

use described::described;
use item::item;
pub(crate) use json::{Json, escaped};
pub(crate) use kind::kind;
pub(crate) use verb::Verb;
