//! Both ways between our sign-ins and the Azure SDK for Rust.
//!
//! [`Credential`] is what a client of the Azure SDK takes, and [`CredentialSource`] takes what the Azure SDK has, such as a
//! credential of `azure_identity`.
//!
//! The SDK's trait says less than ours (observed: `azure_core` 1.1). It asks for scopes alone: no tenant, no claims of a challenge, no
//! token that was refused. So a client of the SDK gets tokens of the identity's own tenant, and a challenge of continuous access
//! evaluation stays unanswered; whoever needs another tenant wraps an [`Authentication`](crate::Authentication) that asks in it.
//! A token that was revoked is then served until it ages, which may be many hours: `AZURE_IDENTITY_DISABLE_CP1` asks for tokens that
//! live for about one. Its tokens carry no hint when to renew them, and its secrets are not wiped from memory.
//!
//! ```
//! use std::sync::Arc;
//! use auth_core::azure_core::Credential;
//! use auth_core::{AccessToken, Cloud, StaticToken};
//! use azure_core::credentials::TokenCredential;
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> azure_core::Result<()> {
//! let in_an_hour = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
//! let auth = StaticToken::new(Cloud::public(), AccessToken::new("eyJ...", in_an_hour));
//! let credential: Arc<dyn TokenCredential> = Credential::new(Arc::new(auth));
//! let token = credential.get_token(&["https://storage.azure.com/.default"], None).await?;
//! assert_eq!(token.token.secret(), "eyJ...");
//! # Ok(()) }
//! ```

mod credential;
mod error;
mod source;

pub use self::credential::Credential;
pub use self::source::CredentialSource;
