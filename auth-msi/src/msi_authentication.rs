//! Managed identity as an [`Authentication`].

use std::sync::OnceLock;

use async_trait::async_trait;
use auth_core::{AccessToken, Authentication, Cached, Clock, Cloud, Env, Error, TokenRequest};
use tokio::sync::OnceCell;

use crate::{Host, Identity, MsiSource};

/// Signs in with the managed identity of the machine, without any secret of one's own.
#[derive(Debug)]
pub struct MsiAuthentication(Cached<MsiSource>);

impl MsiAuthentication {
    /// The machine's own identity, wherever this is. Nothing is looked for before the first token is asked for.
    pub fn new(cloud: Cloud) -> Self {
        Self::builder(cloud).build()
    }

    /// Starts one that differs from [`MsiAuthentication::new`].
    pub fn builder(cloud: Cloud) -> MsiAuthenticationBuilder {
        let source = MsiSource {
            cloud,
            env: Env::process(),
            clock: Clock::system(),
            identity: Identity::default(),
            host: None,
            guess: Some(Host::imds()),
            client: OnceLock::new(),
            guess_is_right: OnceCell::new(),
        };
        MsiAuthenticationBuilder(source)
    }
}

#[async_trait]
impl Authentication for MsiAuthentication {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn cloud(&self) -> &Cloud {
        self.0.cloud()
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        self.0.token(request).await
    }
}

/// An [`MsiAuthentication`] in the making.
#[derive(Debug)]
pub struct MsiAuthenticationBuilder(MsiSource);

impl MsiAuthenticationBuilder {
    /// Says which of the machine's identities is meant.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.0.identity = identity;
        self
    }

    /// Says what the machine is, instead of finding out.
    pub fn host(mut self, host: Host) -> Self {
        self.0.host = Some(host);
        self
    }

    /// Says which metadata service to look for where nothing tells what the machine is; none makes such a machine unavailable
    /// at once instead of after at most 500 ms.
    pub fn guess(mut self, imds: Option<Host>) -> Self {
        self.0.guess = imds;
        self
    }

    /// Takes environment variables from `env`.
    pub fn env(mut self, env: Env) -> Self {
        self.0.env = env;
        self
    }

    /// Takes the time from `clock`.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.0.clock = clock;
        self
    }

    /// The finished authentication.
    pub fn build(self) -> MsiAuthentication {
        let (cloud, clock) = (self.0.cloud.clone(), self.0.clock.clone());
        MsiAuthentication(Cached::new(self.0, cloud).with_clock(clock))
    }
}
