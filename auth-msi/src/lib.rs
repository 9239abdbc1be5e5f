//! Managed identity on the hosts that Azure ML users meet.
//!
//! [`MsiAuthentication`] finds out where it runs and asks the identity endpoint of that machine. Where there is none it answers
//! [`auth_core::ErrorKind::Unavailable`], so that a chain goes on.
//!
//! ```no_run
//! use auth_core::{Authentication, Cloud};
//! use auth_msi::{Identity, MsiAuthentication};
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), auth_core::Error> {
//! let auth = MsiAuthentication::builder(Cloud::public())
//!     .identity(Identity::ClientId("0a1b2c3d-0000-4000-8000-000000000001".into()))
//!     .build();
//! let header = auth.authentication_header().await?;
//! # Ok(()) }
//! ```
//!
//! | host | how it is recognised | how it is asked |
//! |---|---|---|
//! | App Service, Functions, Container Apps | `IDENTITY_ENDPOINT`, `IDENTITY_HEADER` | GET, api-version 2019-08-01 |
//! | Azure ML compute | `MSI_ENDPOINT`, `MSI_SECRET` | GET, api-version 2017-09-01 |
//! | Cloud Shell, "Connect to Azure" in notebooks | `MSI_ENDPOINT` alone | POST of a form |
//! | Azure ML notebook machine without those variables | the file `/mnt/azmnt/.nbvm` | as the next |
//! | virtual machine (IMDS) | `AZURE_POD_IDENTITY_AUTHORITY_HOST`, or an answer within 500 ms | GET, api-version 2018-02-01 |
//!
//! An identity endpoint is https, or http on this machine or a link-local address. It is asked directly, never through a proxy,
//! and no redirect is followed. Tokens stay in memory: a home folder may be shared by machines with different identities.

mod app_service;
mod azure_ml;
mod cloud_shell;
mod endpoint;
mod host;
mod identity;
mod imds;
mod msi_authentication;
mod msi_source;
mod response;

pub use host::Host;
pub use identity::Identity;
pub use msi_authentication::{MsiAuthentication, MsiAuthenticationBuilder};
pub use msi_source::MsiSource;
