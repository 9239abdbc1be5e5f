//! Azure Machine Learning for Rust: sign in once, then reach a workspace.
//!
//! ```no_run
//! use workspace_client::Workspace;
//! use workspace_client::auth::{Authentication as _, InteractiveLoginAuthentication};
//! # async fn example() -> Result<(), workspace_client::Error> {
//! let auth = InteractiveLoginAuthentication::builder().tenant_id("my-tenant-id").login().await?;
//! println!("{:?}", auth.authentication_header().await?); // redacted; `expose()` is the header's text
//!
//! let ws = Workspace::new("my-subscription-id", "my-ml-rg", "my-ml-workspace").auth(auth).get().await?;
//! println!("Found workspace {} at location {}", ws.name(), ws.location());
//! # Ok(()) }
//! ```
//!
//! Beside a `config.json`, as the Azure portal offers it for download, the same is
//! `Workspace::from_config()?.get().await?`: without [`Workspace::auth`] the default way in is taken, which asks a person to
//! sign in only where nothing else is there.
//!
//! Features: `cache` (the saved login), `cli-bridge` (the login of the Azure CLI, its profile, and [`Profile`]), `msi` (managed
//! identity), `transfer` (files to and from Blob Storage), all on by default; `tunnel` (to the SSH servers of computes and jobs);
//! `cli` (the `azml` command); `azure-core`
//! (`auth_core::azure_core`: our sign-ins for clients of the Azure SDK for Rust, and its credentials for us).

pub mod arm;
pub mod auth;
pub mod clouds;
mod config;
mod dirs;
mod file;
#[cfg(feature = "cli-bridge")]
mod profile;
mod reach;
#[cfg(doctest)]
mod readme;
pub mod registry;
pub mod resources;
#[cfg(any(feature = "cache", feature = "cli-bridge"))]
pub mod storage;
#[cfg(feature = "cli-bridge")]
pub mod subscriptions;
mod top_level;
pub mod tracking;
#[cfg(feature = "transfer")]
pub mod transfer;
#[cfg(feature = "tunnel")]
pub mod tunnel;
pub mod workspace;

pub use auth_core;
pub use auth_core::Error;
pub use dirs::config_dir;
#[cfg(feature = "cli-bridge")]
pub use profile::Profile;
pub use registry::{NewRegistry, Registry, RegistryDetails, RegistryList};
pub use resources::ProvisioningState;
pub use top_level::TopLevelList;
pub use workspace::{NewWorkspace, PublicNetworkAccess, Workspace, WorkspaceDetails, WorkspaceList};
