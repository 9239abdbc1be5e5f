//! Reads what the Azure CLI and the Azure ML Python SDK left on disk, and answers from it without starting them.
//!
//! [`AzureCliAuthentication`] serves the tokens of `az login` in about a millisecond, and redeems the CLI's refresh token where
//! they have expired; where the CLI keeps its tokens encrypted, it is started and asked. [`Profile`], [`CliConfig`] and [`Clouds`]
//! are the CLI's subscriptions, settings and clouds. Nothing of the CLI is ever written but by [`write_back`], which is for whoever
//! asks for it: a login of ours that `az` goes on with.
//!
//! ```
//! use auth_cli_bridge::{AzureCliAuthentication, ConfigDir, Profile};
//! use auth_core::{Authentication, Cloud, Env, ErrorKind, TokenRequest};
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), auth_core::Error> {
//! let env = Env::fake([("AZURE_CONFIG_DIR", "/nowhere")]);
//! let auth = AzureCliAuthentication::builder().env(env.clone()).build();
//! let error = auth.token(&TokenRequest::arm(&Cloud::public())).await.unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::Unavailable); // so a chain tries its next member
//! assert_eq!(error.help(), Some("sign in: az login"));
//!
//! let profile = Profile::load(&ConfigDir::azure_cli(&env))?;
//! assert!(profile.subscriptions().is_empty());
//! # Ok(()) }
//! ```

mod child_az;
mod cli_authentication;
mod cli_source;
mod clouds;
mod config;
mod file;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzz;
mod identity;
mod ini;
mod lenient;
mod locate;
mod msal_cache;
mod profile;
mod service_principals;
pub mod write_back;

pub use cli_authentication::{AzureCliAuthentication, AzureCliAuthenticationBuilder};
pub use clouds::{Clouds, cloud_named, configured_cloud};
pub use config::CliConfig;
pub use locate::ConfigDir;
pub use profile::{ManagingTenant, Profile, Subscription, User};
