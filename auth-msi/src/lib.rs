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
//! println!("{}", auth.principal().await?);
//! # Ok(()) }
//! ```
//!
//! # Where it looks
//!
//! In this order ([`HostKind::ORDER`]; [`Machine::order`] changes it), first for variables, then for files:
//!
//! | host | how it is recognised | how it is asked |
//! |---|---|---|
//! | Service Fabric | `IDENTITY_ENDPOINT`, `IDENTITY_HEADER`, `IDENTITY_SERVER_THUMBPRINT` | GET, api-version 2019-07-01-preview, https with a pinned certificate |
//! | App Service, Functions, Container Apps, Automation | `IDENTITY_ENDPOINT`, `IDENTITY_HEADER` | GET, api-version 2019-08-01 |
//! | Azure Arc | `IDENTITY_ENDPOINT`, `IMDS_ENDPOINT`; or its agent's program | GET, api-version 2020-06-01, twice: the first answer names a key file |
//! | App Service of 2017 | `MSI_ENDPOINT`, `MSI_SECRET`, `APPSETTING_WEBSITE_SITE_NAME` | GET, api-version 2017-09-01 |
//! | Azure ML compute | `MSI_ENDPOINT`, `MSI_SECRET` | GET, api-version 2017-09-01 |
//! | Cloud Shell, "Connect to Azure" in notebooks | `MSI_ENDPOINT` alone | POST of a form |
//! | AKS workload identity | `AZURE_FEDERATED_TOKEN_FILE`, `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` | the cloud's own authority, with the token in the file |
//! | virtual machine (IMDS) | `AZURE_POD_IDENTITY_AUTHORITY_HOST`; or the file `/mnt/azmnt/.nbvm` of an Azure ML notebook machine; or nothing else | GET, api-version 2018-02-01 |
//!
//! # Alone, or one of several ways in
//!
//! Alone it is chosen on purpose: a virtual machine's service is asked without a probe and, while it is being updated, for 72 s,
//! so that a request of one's own wants a [timeout](auth_core::TokenRequest::timeout) of 90 s there; a machine without the
//! identity, or with one of another tenant, is [`auth_core::ErrorKind::Rejected`].
//! [In a chain](MsiAuthenticationBuilder::in_chain) the service must show within 500 ms that it is there, nobody is waited for
//! longer than a few seconds, and a machine without the identity is [`auth_core::ErrorKind::Unavailable`], which is remembered
//! for five minutes.
//!
//! # Who answers
//!
//! A host that cannot select the [`Identity`] that was asked for says so, and an answer that is, by its own words or by those of
//! the token, of another identity is refused. Where nothing is selected, an Azure ML compute instance may answer with the token of
//! the person who is signed in there: [`MsiAuthentication::principal`] tells.
//!
//! # Security
//!
//! An endpoint that gets a secret is on this machine, at a link-local or a private address; Service Fabric's is https with a pinned
//! certificate, and the metadata service, which gets none, is near or https. Each is asked directly, never through a proxy, and no
//! redirect is followed. This crate keeps tokens in memory alone.

mod absence;
mod conversation;
mod endpoint;
mod expiry;
mod host;
mod identity;
mod machine;
mod msi_authentication;
mod msi_source;
mod pin;
mod principal;
mod protocol;
#[cfg(doctest)]
mod readme;
mod refusal;
mod response;
mod retry;
mod scrub;

pub use host::{Host, HostKind};
pub use identity::Identity;
pub use machine::Machine;
pub use msi_authentication::{MsiAuthentication, MsiAuthenticationBuilder};
pub use msi_source::MsiSource;
pub use principal::Principal;
