//! The OAuth grants against Microsoft Entra ID.

mod client;
#[cfg(feature = "interactive")]
mod device_code;
mod endpoint;
mod exchange;
mod reaction;
mod refusal;
mod response;

pub use client::{AuthorizationRequest, ClientCredential, EntraClient, ResponseMode};
#[cfg(feature = "interactive")]
pub use device_code::DeviceCode;
pub use endpoint::AZURE_CLI_CLIENT_ID;
