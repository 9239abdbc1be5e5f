//! Signing in: [`InteractiveLoginAuthentication`], assembled from the single crates.

mod builder;
#[cfg(any(feature = "cli-bridge", feature = "msi"))]
mod existing;
mod interactive_login;
mod login_hint;
mod saved_login;
mod saved_logins;
mod sign_out;

pub use auth_core::Authentication;
pub use builder::InteractiveLoginBuilder;
pub use interactive_login::InteractiveLoginAuthentication;
pub use sign_out::SignOut;
