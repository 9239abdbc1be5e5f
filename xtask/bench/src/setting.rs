//! Where everything is measured.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Authentication, Env, Scope, TokenRequest};
use azure_core::credentials::TokenCredential;
use cache_bench::{Failure, credential, reqwest_transport, service_principal};
use tokio::runtime::Runtime;
use xtask::emulator::Emulator;

/// How much work a measurement may take.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effort {
    Full,
    /// A smoke run, whose figures mean little.
    Quick,
}

impl Effort {
    pub(crate) fn of<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// A loopback Azure, and an application that signs in there in both ways.
pub(crate) struct Setting {
    pub(crate) azure: Emulator,
    pub(crate) runtime: Runtime,
    pub(crate) ours: Arc<dyn Authentication>,
    pub(crate) theirs: Arc<dyn TokenCredential>,
}

impl Setting {
    /// Both ways use this client secret. Tokens live for an hour.
    pub(crate) fn new(secret: &str) -> Result<Self, Failure> {
        let azure = Emulator::start();
        azure.set_access_token_lifetime(Duration::from_secs(3600));
        let env = Env::fake([("SSL_CERT_FILE", azure.ca_file().display().to_string())]);
        Ok(Self {
            runtime: tokio::runtime::Builder::new_multi_thread().enable_all().build()?,
            ours: Arc::new(service_principal(azure.https_url(), secret, env)?),
            theirs: credential(azure.https_url(), secret, Some(reqwest_transport(azure.ca_file())?))?,
            azure,
        })
    }
}

/// Our request for this scope.
pub(crate) fn request(scope: &str) -> Result<TokenRequest, Failure> {
    Ok(TokenRequest::new(Scope::parse(scope)?))
}

/// The middle one.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
