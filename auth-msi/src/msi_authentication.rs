//! Managed identity as an [`Authentication`].

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::http::HttpClient;
use auth_core::{AccessToken, Authentication, AuthenticationHeader, Cached, Clock, Cloud, Env, Error, TokenRequest};

use crate::absence::Absences;
use crate::{Host, Identity, Machine, MsiSource, Principal};

/// A virtual machine's service may be away for 70 s while it is updated (Microsoft, how to use managed identities on a VM).
const PATIENCE: Duration = Duration::from_secs(90);

/// Signs in with the managed identity of the machine, without any secret of one's own: the `MsiAuthentication` of the Azure ML
/// Python SDK. Any number of callers share one question.
#[derive(Debug)]
pub struct MsiAuthentication {
    cached: Cached<MsiSource>,
    arm: TokenRequest,
}

impl MsiAuthentication {
    /// The machine's own identity, wherever this is. Nothing is looked for before the first token is asked for.
    pub fn new(cloud: Cloud) -> Self {
        Self::builder(cloud).build()
    }

    /// Starts one that differs from [`MsiAuthentication::new`].
    pub fn builder(cloud: Cloud) -> MsiAuthenticationBuilder {
        MsiAuthenticationBuilder {
            cloud,
            machine: Machine::new(Env::process()),
            clock: Clock::system(),
            http: None,
            identity: Identity::default(),
            host: None,
            guess: Some(Host::imds()),
            in_chain: false,
        }
    }

    /// What asks the endpoint, one question at a time.
    pub fn source(&self) -> &MsiSource {
        self.cached.source()
    }

    /// Whose tokens these are, by the token for Azure Resource Manager.
    ///
    /// # Errors
    /// As [`Authentication::token`], and [`auth_core::ErrorKind::Protocol`] if the token is opaque.
    pub async fn principal(&self) -> Result<Principal, Error> {
        Principal::of(&self.token(&self.arm).await?)
    }
}

#[async_trait]
impl Authentication for MsiAuthentication {
    fn name(&self) -> &'static str {
        self.cached.name()
    }

    fn cloud(&self) -> &Cloud {
        self.cached.cloud()
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        self.cached.token(request).await
    }

    async fn authentication_header(&self) -> Result<AuthenticationHeader, Error> {
        Ok(self.token(&self.arm).await?.header())
    }
}

/// An [`MsiAuthentication`] in the making.
#[derive(Clone, Debug)]
pub struct MsiAuthenticationBuilder {
    cloud: Cloud,
    machine: Machine,
    clock: Clock,
    http: Option<HttpClient>,
    identity: Identity,
    host: Option<Host>,
    guess: Option<Host>,
    in_chain: bool,
}

impl MsiAuthenticationBuilder {
    /// Says which of the machine's identities is meant.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = identity;
        self
    }

    /// Says what the machine is, instead of finding out.
    pub fn host(mut self, host: Host) -> Self {
        self.host = Some(host);
        self
    }

    /// Says which metadata service to ask where nothing tells what the machine is; none makes such a machine unavailable at
    /// once.
    pub fn guess(mut self, imds: Option<Host>) -> Self {
        self.guess = imds;
        self
    }

    /// Says that it is one of several ways in, so that a machine without an identity is told apart quickly, is
    /// [`auth_core::ErrorKind::Unavailable`], and is not asked again for five minutes.
    pub fn in_chain(mut self, in_chain: bool) -> Self {
        self.in_chain = in_chain;
        self
    }

    /// Examines this machine to find out what it is.
    pub fn machine(mut self, machine: Machine) -> Self {
        self.machine = machine;
        self
    }

    /// Takes environment variables from `env`: short for [`MsiAuthenticationBuilder::machine`].
    pub fn env(self, env: Env) -> Self {
        self.machine(Machine::new(env))
    }

    /// Takes the time from `clock`.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Shares an HTTP client with which the cloud's authority is asked; only a workload identity needs it.
    pub fn http(mut self, http: HttpClient) -> Self {
        self.http = Some(http);
        self
    }

    /// The finished authentication.
    pub fn build(self) -> MsiAuthentication {
        let (cloud, clock) = (self.cloud, self.clock);
        let source = MsiSource {
            cloud: cloud.clone(),
            clock: clock.clone(),
            http: self.http.unwrap_or_else(|| HttpClient::new(self.machine.env.clone())),
            machine: self.machine,
            identity: self.identity,
            host: self.host,
            guess: self.guess,
            in_chain: self.in_chain,
            client: OnceLock::new(),
            plain_client: OnceLock::new(),
            guess_is_right: tokio::sync::OnceCell::new(),
            has_answered: AtomicBool::new(false),
            absences: Absences::default(),
        };
        let arm = TokenRequest::arm(&cloud);
        let arm = if source.in_chain { arm } else { arm.timeout(PATIENCE) };
        MsiAuthentication { cached: Cached::new(source, cloud).with_clock(clock), arm }
    }
}
