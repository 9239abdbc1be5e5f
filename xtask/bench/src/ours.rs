//! Our way to the token.

use async_trait::async_trait;
use auth_core::http::HttpClient;
use auth_core::oauth::{ClientCredential, EntraClient};
use auth_core::{Cached, Cloud, Env, Error, Grant, Partition, Record, Secret, Tenant, TokenRequest, TokenSource};
use xtask::emulator::defaults;

/// An application with its client secret.
#[derive(Debug)]
pub struct ServicePrincipal {
    client: EntraClient,
    tenant: Tenant,
    credential: ClientCredential,
}

/// The emulator's service principal with this client secret, cached in memory. The roots of TLS come from `env`.
pub fn service_principal(authority: &str, secret: &str, env: Env) -> Result<Cached<ServicePrincipal>, Error> {
    let cloud = Cloud::public().to_builder().authority(authority)?.build();
    let source = ServicePrincipal {
        client: EntraClient::new(cloud.clone(), defaults::SERVICE_PRINCIPAL_ID, HttpClient::new(env)),
        tenant: Tenant::parse(defaults::CONTOSO)?,
        credential: ClientCredential::Secret(Secret::new(secret)),
    };
    Ok(Cached::new(source, cloud))
}

#[async_trait]
impl TokenSource for ServicePrincipal {
    fn name(&self) -> &'static str {
        "ServicePrincipal"
    }

    fn partition(&self) -> Partition {
        Partition::new("bench", [self.client.client_id()])
    }

    async fn acquire(&self, request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        self.client.client_credentials(&self.tenant, request, &self.credential).await
    }
}
