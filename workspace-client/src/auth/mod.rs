//! Signing in: [`InteractiveLoginAuthentication`], assembled from the single crates.

mod builder;
#[cfg(any(feature = "cli-bridge", feature = "msi"))]
mod existing;
mod interactive_login;
mod saved_login;

pub use auth_core::Authentication;
pub use builder::InteractiveLoginBuilder;
pub use interactive_login::InteractiveLoginAuthentication;
