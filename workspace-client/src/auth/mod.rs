//! Signing in: [`InteractiveLoginAuthentication`], assembled from the single crates.

mod absent;
mod ambient;
mod application;
#[cfg(feature = "cli-bridge")]
mod azure_cli;
mod builder;
mod existing;
mod interactive_login;
mod login_hint;
mod managed_identity;
mod run_token;
mod saved_login;
mod saved_logins;
mod sign_out;

pub(crate) use absent::Absent;
pub use auth_core::Authentication;
pub use builder::InteractiveLoginBuilder;
pub use interactive_login::InteractiveLoginAuthentication;
#[cfg(feature = "msi")]
pub use managed_identity::machine;
pub use run_token::{RunTokenAuthentication, RunTokenBuilder};
pub use sign_out::SignOut;
