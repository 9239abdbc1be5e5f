//! One question to the identity endpoint of this machine.

use std::sync::OnceLock;

use async_trait::async_trait;
use auth_core::claims::Claims;
use auth_core::{
    AccessToken, Clock, Cloud, Env, Error, ErrorKind, Grant, Partition, Record, Scopes, Tenant, TokenRequest,
    TokenSource, http,
};
use tokio::sync::OnceCell;

use crate::{Host, Identity, endpoint, imds, response};

/// Asks the identity endpoint of this machine. Made by [`crate::MsiAuthentication`].
#[derive(Debug)]
pub struct MsiSource {
    pub(crate) cloud: Cloud,
    pub(crate) env: Env,
    pub(crate) clock: Clock,
    pub(crate) identity: Identity,
    pub(crate) host: Option<Host>,
    /// Whether to look for a virtual machine's service where nothing tells what the host is, and where.
    pub(crate) guess: Option<Host>,
    pub(crate) client: OnceLock<reqwest::Client>,
    pub(crate) guess_is_right: OnceCell<bool>,
}

impl MsiSource {
    /// Read anew every time, because an endpoint's secret may change while the program runs.
    async fn host(&self) -> Result<Host, Error> {
        if let Some(host) = &self.host {
            return Ok(host.clone());
        }
        if let Some(host) = Host::detect(&self.env, std::path::Path::is_file)? {
            return Ok(host);
        }
        if let Some(host @ Host::Imds { endpoint }) = &self.guess {
            let client = self.client()?;
            if *self.guess_is_right.get_or_init(|| imds::is_present(client, endpoint)).await {
                return Ok(host.clone());
            }
        }
        Err(Error::new(ErrorKind::Unavailable, "nothing here points to a managed identity, such as MSI_ENDPOINT")
            .with_help("a managed identity exists on Azure ML compute, in App Service, and on virtual machines"))
    }

    fn client(&self) -> Result<&reqwest::Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = endpoint::client()?;
        Ok(self.client.get_or_init(|| client))
    }

    async fn ask(&self, host: &Host, resource: &str) -> Result<AccessToken, Error> {
        let question = host.request(self.client()?, resource, &self.identity)?;
        let answer = question.send().await.map_err(|error| {
            let nobody_there = error.is_connect();
            let error = http::network_error(error);
            let kind = if nobody_there { ErrorKind::Unavailable } else { error.kind() };
            // Without its help, which is about proxies.
            Error::new(kind, format!("{} does not answer: {error}", host.name()))
        })?;
        let status = answer.status().as_u16();
        let retry_after = http::retry_after(answer.headers(), self.clock.now());
        let body = http::body(answer).await?;
        response::token(host, &self.identity, status, &body, self.clock.now())
            .map_err(|error| error.with_retry_after(retry_after))
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

    async fn acquire(&self, request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        let host = self.host().await?;
        let token = self.ask(&host, resource(request.scopes())?).await?;
        let claims = Claims::peek(token.secret().expose()).unwrap_or_default();
        let tenant = claims.tid.as_deref().and_then(|tenant| Tenant::parse(tenant).ok());
        tracing::debug!(host = host.name(), oid = claims.oid, appid = claims.appid, "a managed identity answered");
        if let (Some(wanted), Some(got)) = (request.requested_tenant(), &tenant)
            && wanted.is_id()
            && wanted != got
        {
            let message = format!("the managed identity belongs to tenant {got}, not to {wanted}");
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        Ok(token.with_tenant(tenant).into())
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
