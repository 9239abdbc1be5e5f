//! One question to the identity endpoint of this machine.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use auth_core::claims::Claims;
use auth_core::http::HttpClient;
use auth_core::{
    AccessToken, Clock, Cloud, Error, ErrorKind, Grant, Partition, Record, Scopes, Tenant, TokenRequest, TokenSource,
};

use crate::conversation::Conversation;
use crate::pin::Pin;
use crate::service_fabric::Revocation;
use crate::workload_identity::{self, Authority};
use crate::{Host, Identity, Machine, endpoint, imds};

/// How long a machine counts as one without an identity, in a chain.
const ABSENCE: Duration = Duration::from_secs(300);

/// Asks the identity endpoint of this machine. Made by [`crate::MsiAuthentication`].
#[derive(Debug)]
pub struct MsiSource {
    pub(crate) cloud: Cloud,
    pub(crate) machine: Machine,
    pub(crate) clock: Clock,
    pub(crate) http: HttpClient,
    pub(crate) identity: Identity,
    pub(crate) host: Option<Host>,
    /// Where to look for a virtual machine's service if nothing tells what the host is.
    pub(crate) guess: Option<Host>,
    pub(crate) in_chain: bool,
    pub(crate) client: OnceLock<reqwest::Client>,
    /// Whether the guess was right, once that is known.
    pub(crate) guess_is_right: tokio::sync::OnceCell<()>,
    pub(crate) absence: Mutex<Option<Absence>>,
}

/// That a host had no identity, and until when that is taken for granted.
#[derive(Debug)]
pub(crate) struct Absence {
    host: Host,
    until: SystemTime,
    error: Error,
}

impl MsiSource {
    /// The host, and whether it is a guess. The variables are read anew every time, because an endpoint's secret may change while
    /// the program runs.
    fn host(&self) -> Result<(Host, bool), Error> {
        if let Some(host) = &self.host {
            return Ok((host.clone(), false));
        }
        match (self.machine.host(), &self.guess) {
            (Err(error), Some(guess)) if error.kind() == ErrorKind::Unavailable && self.machine.may_be_imds() => {
                Ok((guess.clone(), true))
            }
            (host, _) => host.map(|host| (host, false)),
        }
    }

    fn client(&self) -> Result<&reqwest::Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = endpoint::built(endpoint::client())?;
        Ok(self.client.get_or_init(|| client))
    }

    async fn ask(
        &self,
        host: &Host,
        request: &TokenRequest,
        refused: Option<&AccessToken>,
    ) -> Result<AccessToken, Error> {
        let (pinned, pin);
        let (client, pin) = if let Host::ServiceFabric { thumbprint, .. } = host {
            pin = Pin::new(*thumbprint);
            pinned = endpoint::built(pin.apply(endpoint::client())?)?;
            (&pinned, Some(&pin))
        } else {
            (self.client()?, None)
        };
        let refused = refused.map(AccessToken::secret);
        let conversation = Conversation {
            host,
            client,
            pin,
            clock: &self.clock,
            resource: resource(request.scopes())?,
            identity: &self.identity,
            revocation: Revocation { answers_challenges: self.http.answers_challenges(), refused },
            in_chain: self.in_chain,
            limit: request.time_limit(),
        };
        let (token, echo) = conversation.token().await?;
        let claims = Claims::peek(token.secret().expose()).unwrap_or_default();
        self.identity.check_answer(host, &echo, &claims)?;
        let tenant = claims.tid.as_deref().and_then(|tenant| Tenant::parse(tenant).ok());
        tracing::debug!(host = host.name(), oid = claims.oid, appid = claims.appid, "a managed identity answered");
        Ok(token.with_tenant(tenant))
    }

    async fn check_guess(&self, host: &Host) -> Result<(), Error> {
        let Host::Imds { endpoint } = host else { return Ok(()) };
        let client = self.client()?;
        let probe = || async {
            // Whoever waited here while another one looked need not look again.
            self.check_absence(host)?;
            if imds::is_present(client, endpoint).await {
                return Ok(());
            }
            let error = self.machine.host().err().unwrap_or_else(|| Error::new(ErrorKind::Unavailable, "no such host"));
            self.remember(host, &error);
            Err(error)
        };
        self.guess_is_right.get_or_try_init(probe).await.copied()
    }

    fn check_absence(&self, host: &Host) -> Result<(), Error> {
        let absence = self.absence.lock().unwrap_or_else(PoisonError::into_inner);
        match &*absence {
            Some(known) if known.host == *host && self.clock.now() < known.until => Err(known.error.clone()),
            _ => Ok(()),
        }
    }

    fn remember(&self, host: &Host, error: &Error) {
        let absence = Absence { host: host.clone(), until: self.clock.now() + ABSENCE, error: error.clone() };
        *self.absence.lock().unwrap_or_else(PoisonError::into_inner) = Some(absence);
    }
}

#[async_trait]
impl TokenSource for MsiSource {
    fn name(&self) -> &'static str {
        "MsiAuthentication"
    }

    fn partition(&self) -> Partition {
        let (kind, id) = self.identity.parts();
        Partition::new("msi", [self.cloud.name(), kind, id])
    }

    async fn acquire(&self, request: &TokenRequest, previous: Option<&Record>) -> Result<Grant, Error> {
        self.identity.check()?;
        let (host, is_guess) = self.host()?;
        if let Host::WorkloadIdentity { tenant, client_id, token_file } = &host {
            let env = &self.machine.env;
            let authority = Authority { cloud: &self.cloud, env, http: &self.http, clock: &self.clock };
            let client_id = client_id.as_deref();
            return workload_identity::acquire(&authority, tenant, client_id, token_file, &self.identity, request)
                .await;
        }
        if self.in_chain {
            self.check_absence(&host)?;
        }
        if self.in_chain && is_guess {
            self.check_guess(&host).await?;
        }
        // A challenge alone is about the token that was served last.
        let served = previous.and_then(|record| record.token(request)).filter(|_| request.requested_claims().is_some());
        let answer = self.ask(&host, request, request.rejected().or(served)).await;
        if let Err(error) = &answer
            && self.in_chain
            && error.kind() == ErrorKind::Unavailable
        {
            self.remember(&host, error);
        }
        let token = answer?;
        if request.rejected().is_some_and(|rejected| rejected.secret() == token.secret()) {
            let message = format!("{} gives out the token again that a service refused", host.name());
            return Err(Error::new(ErrorKind::Rejected, message)
                .with_help("wait: the host itself keeps tokens, for up to a day, and cannot be told to renew one"));
        }
        if let (Some(wanted), Some(got)) = (request.requested_tenant(), token.tenant())
            && wanted.is_id()
            && wanted != got
        {
            let message = format!("the managed identity belongs to tenant {got}, not to {wanted}");
            return Err(Error::new(ErrorKind::Unavailable, message)
                .with_help("leave the tenant away, or name an identity of that tenant"));
        }
        Ok(token.into())
    }
}

/// Identity endpoints know resources, not scopes.
fn resource(scopes: &Scopes) -> Result<&str, Error> {
    if scopes.iter().count() > 1 {
        return Err(Error::new(ErrorKind::Configuration, "a managed identity takes one scope at a time")
            .with_help("ask for the resource's /.default scope"));
    }
    Ok(scopes.resource())
}
