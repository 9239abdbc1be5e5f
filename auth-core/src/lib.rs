//! The foundation of Azure sign-in.
//!
//! A consumer holds an `Arc<dyn` [`Authentication`]`>` and asks it for tokens. A provider implements [`TokenSource`], one raw
//! acquisition without caching, and becomes an `Authentication` through [`Cached`], which adds memory, a [`TokenStore`],
//! single flight and the five rules that keep a good token from being replaced by an error. [`Chain`] tries several in order.
//!
//! ```
//! use auth_core::{AccessToken, Authentication, Cloud, StaticToken, TokenRequest};
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), auth_core::Error> {
//! let in_an_hour = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
//! let auth = StaticToken::new(Cloud::public(), AccessToken::new("eyJ...", in_an_hour));
//! let token = auth.token(&TokenRequest::arm(auth.cloud())).await?;
//! assert_eq!(token.secret().expose(), "eyJ...");
//! assert!(!format!("{token:?}").contains("eyJ"));
//! # Ok(()) }
//! ```
//!
//! Features: `http` (the shared client), `oauth` (the grants against Entra ID), `interactive` (browser sign-in); all on by
//! default, and none of them needed to implement or consume the traits. `azure-core` (credentials of the Azure SDK for Rust, both
//! ways) is not.

mod account;
mod authentication;
#[cfg(feature = "azure-core")]
pub mod azure_core;
mod cached;
mod chain;
pub mod claims;
pub mod clock;
#[cfg(feature = "http")]
mod clock_skew;
pub mod cloud;
mod credential;
mod env;
mod error;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "interactive")]
pub mod interactive;
#[cfg(feature = "oauth")]
pub mod oauth;
#[cfg(feature = "oauth")]
mod plain_file;
mod request;
mod scope;
mod secret;
#[cfg(feature = "oauth")]
pub mod service_principal;
mod sign_in_command;
mod static_token;
mod store;
mod tenant;
mod token;
mod token_authentication;
mod token_cell;
mod token_handle;

pub use account::Account;
pub use authentication::{Authentication, Grant, TokenSource};
pub use cached::Cached;
pub use chain::Chain;
pub use clock::Clock;
#[cfg(feature = "http")]
pub use clock_skew::ClockSkew;
pub use cloud::{Cloud, CloudBuilder, CloudSettings};
pub use credential::Credential;
pub use env::Env;
pub use error::{Attempt, EntraError, Error, ErrorKind};
pub use request::{Interaction, TokenRequest};
pub use scope::{Scope, Scopes};
pub use secret::Secret;
pub use sign_in_command::SignInCommand;
pub use static_token::StaticToken;
pub use store::{LockedPartition, MemoryStore, Partition, Record, StoredToken, TokenStore};
pub use tenant::Tenant;
pub use token::{AccessToken, AuthenticationHeader};
pub use token_authentication::TokenAuthentication;
pub use token_handle::TokenHandle;
