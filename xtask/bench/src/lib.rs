//! One service principal that signs in at the loopback Azure, by our crates and by `azure_identity`: what the measuring
//! programs of this package share.

mod identity;
mod ours;
mod theirs;

pub use identity::{ARM, Failure, ML, TOKEN_ENDPOINT};
pub use ours::{ServicePrincipal, service_principal};
pub use theirs::{credential, reqwest_transport};
