//! One question to the identity endpoint of this machine.

use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use auth_core::claims::Claims;
use auth_core::http::HttpClient;
use auth_core::{
    AccessToken, Clock, Cloud, Error, ErrorKind, Grant, Partition, Record, Scopes, Tenant, TokenRequest, TokenSource,
};

use crate::absence::Absences;
use crate::conversation::Conversation;
use crate::endpoint::{self, TOTAL_TIMEOUT};
use crate::pin::Pin;
use crate::protocol::workload_identity::{self, Authority};
use crate::protocol::{Protocol, Question, Revocation, imds};
use crate::{Host, Identity, Machine};

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
    /// For endpoints that are not https.
    pub(crate) plain_client: OnceLock<reqwest::Client>,
    /// Whether the guess was right, once that is known.
    pub(crate) guess_is_right: tokio::sync::OnceCell<()>,
    pub(crate) has_answered: AtomicBool,
    pub(crate) absences: Absences,
}

/// The host, and if it is a guess why nothing led to it.
struct Found {
    host: Host,
    no_sign: Option<Error>,
}

impl MsiSource {
    /// The variables are read anew every time, because an endpoint's secret may change while the program runs.
    fn host(&self) -> Result<Found, Error> {
        if let Some(host) = &self.host {
            return Ok(Found { host: host.clone(), no_sign: None });
        }
        match (self.machine.host(), &self.guess) {
            (Ok(host), _) => Ok(Found { host, no_sign: None }),
            (Err(error), Some(guess))
                if error.kind() == ErrorKind::Unavailable && self.machine.kinds().contains(&guess.kind()) =>
            {
                Ok(Found { host: guess.clone(), no_sign: Some(error) })
            }
            (Err(error), _) => Err(error),
        }
    }

    fn client(&self, protocol: &Protocol) -> Result<&reqwest::Client, Error> {
        let (cell, builder) = if protocol.is_plain() {
            // Reading the system's authorities takes longer than everything else.
            (&self.plain_client, endpoint::client().tls_certs_only([]))
        } else {
            (&self.client, endpoint::client())
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = endpoint::built(builder)?;
        Ok(cell.get_or_init(|| client))
    }

    async fn ask(
        &self,
        found: &Found,
        request: &TokenRequest,
        refused: Option<&AccessToken>,
    ) -> Result<AccessToken, Error> {
        let host = &found.host;
        let (pinned, pin);
        let (client, pin) = if let Protocol::ServiceFabric { thumbprint, .. } = &host.0 {
            pin = Pin::new(*thumbprint);
            pinned = endpoint::built(pin.apply(endpoint::client())?)?;
            (&pinned, Some(&pin))
        } else {
            (self.client(&host.0)?, None)
        };
        let refused = refused.map(AccessToken::secret);
        let conversation = Conversation {
            host,
            question: Question {
                client,
                resource: resource(request.scopes())?,
                identity: &self.identity,
                revocation: Revocation { answers_challenges: self.http.answers_challenges(), refused },
                timeout: TOTAL_TIMEOUT,
            },
            pin,
            clock: &self.clock,
            in_chain: self.in_chain,
            is_guess: found.no_sign.is_some(),
            has_answered: &self.has_answered,
            limit: request.time_limit(),
        };
        let (token, echo) = conversation.token().await?;
        let claims = Claims::peek(token.secret().expose()).unwrap_or_default();
        self.identity.check_answer(host, &echo, &claims)?;
        let tenant = claims.tid.as_deref().and_then(|tenant| Tenant::parse(tenant).ok());
        tracing::debug!(host = host.name(), oid = claims.oid, appid = claims.appid, "a managed identity answered");
        Ok(token.with_tenant(tenant))
    }

    async fn check_guess(&self, host: &Host, resource: &str, no_sign: &Error) -> Result<(), Error> {
        let Protocol::Imds { endpoint } = &host.0 else { return Ok(()) };
        let client = self.client(&host.0)?;
        let probe = || async {
            // Whoever waited here while another one looked need not look again.
            self.absences.check(host, resource, self.clock.now())?;
            if imds::is_present(client, endpoint).await {
                return Ok(());
            }
            self.absences.remember(host, None, no_sign, self.clock.now());
            Err(no_sign.clone())
        };
        self.guess_is_right.get_or_try_init(probe).await.copied()
    }

    /// The kind of error where this machine has not what was asked for: in a chain somebody else may have it.
    fn absent(&self) -> ErrorKind {
        if self.in_chain { ErrorKind::Unavailable } else { ErrorKind::Rejected }
    }

    /// A token names its tenant by id, and nobody else knows to which one a domain belongs.
    fn check_tenant(&self, request: &TokenRequest, token: &AccessToken) -> Result<(), Error> {
        let Some(wanted) = request.requested_tenant() else { return Ok(()) };
        if token.tenant() == Some(wanted) {
            return Ok(());
        }
        let found = token.tenant().map_or_else(|| "an unknown tenant".to_owned(), |tenant| format!("tenant {tenant}"));
        let message = format!("the managed identity belongs to {found}, not to {wanted}");
        Err(Error::new(self.absent(), message)
            .with_help("leave the tenant away, give it by its id, or name an identity of that tenant"))
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
        let resource = resource(request.scopes())?;
        let found = self.host()?;
        let host = &found.host;
        if let Protocol::WorkloadIdentity { tenant, client_id, token_file } = &host.0 {
            let env = &self.machine.env;
            let authority = Authority { cloud: &self.cloud, env, http: &self.http, clock: &self.clock };
            let client_id = client_id.as_deref();
            return workload_identity::acquire(&authority, tenant, client_id, token_file, &self.identity, request)
                .await;
        }
        if self.in_chain {
            self.absences.check(host, resource, self.clock.now())?;
            if let Some(no_sign) = &found.no_sign {
                self.check_guess(host, resource, no_sign).await?;
            }
        }
        // A challenge alone is about the token that was served last.
        let served = previous.and_then(|record| record.token(request)).filter(|_| request.requested_claims().is_some());
        let refused = request.rejected().or(served);
        let token = self.ask(&found, request, refused).await.map_err(|error| match &found.no_sign {
            _ if self.in_chain => {
                if error.kind() == ErrorKind::Unavailable {
                    self.absences.remember(host, Some(resource), &error, self.clock.now());
                }
                error
            }
            Some(no_sign) => after(no_sign, &error),
            None => error,
        })?;
        if refused.is_some_and(|refused| refused.secret() == token.secret()) {
            let message = format!("{} gives out the token again that a service refused", host.name());
            return Err(Error::new(ErrorKind::Rejected, message)
                .with_help("wait: the host itself keeps tokens, for up to a day, and cannot be told to renew one"));
        }
        self.check_tenant(request, &token)?;
        Ok(token.into())
    }
}

/// The error of a guess, behind why it was one.
fn after(no_sign: &Error, error: &Error) -> Error {
    let told = Error::new(error.kind(), format!("{no_sign}; {error}")).with_transient(error.is_transient());
    let told = match error.status() {
        Some(status) => told.with_status(status),
        None => told,
    };
    told.with_retry_after(error.retry_after()).with_help(error.help().unwrap_or_default())
}

/// Identity endpoints know resources, not scopes.
fn resource(scopes: &Scopes) -> Result<&str, Error> {
    if scopes.iter().count() > 1 {
        return Err(Error::new(ErrorKind::Configuration, "a managed identity takes one scope at a time")
            .with_help("ask for the resource's /.default scope"));
    }
    Ok(scopes.resource())
}
