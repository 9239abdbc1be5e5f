//! What lies in a workspace. One file a kind of resource.
//!
//! [`Workspace::computes`](crate::Workspace::computes) and its siblings are [`Collection`]s: nothing is asked before one of their
//! verbs is called. What they answer with is a [`Resource`], whose accessors read what people touch, and whose
//! [`raw`](Resource::raw) is everything that Azure said.

mod collection;
pub mod compute;
pub(crate) mod duration;
mod json;
pub(crate) mod open_enum;
mod provisioning_state;
mod resource;
mod verb;

pub use collection::Collection;
pub use provisioning_state::ProvisioningState;
pub use resource::{Kind, Resource};

use json::Json;
use verb::Verb;
