//! The OAuth grants against Microsoft Entra ID.

mod client;
mod endpoint;
mod exchange;
mod reaction;
mod refusal;
mod response;

#[cfg(feature = "interactive")]
pub(crate) use exchange::headline;

pub use client::{AuthorizationRequest, ClientCredential, EntraClient};
pub use endpoint::AZURE_CLI_CLIENT_ID;
