//! One raw acquisition of an application.

use std::sync::Arc;

use async_trait::async_trait;

use super::assertion::{self, AssertionSource};
use super::certificate::ClientCertificate;
use super::refusal;
use crate::oauth::{ClientCredential, EntraClient};
use crate::{Credential, Error, ErrorKind, Grant, Partition, Record, Tenant, TokenRequest, TokenSource};

/// Signs an application in with a credential that was saved. `client` is the application.
///
/// # Errors
/// [`crate::ErrorKind::Configuration`] if a file of the credential is unusable, and what Entra ID refuses, with the next step.
/// A person could not help, so it is never [`crate::ErrorKind::Interaction`].
pub async fn sign_in(
    client: &EntraClient,
    tenant: &Tenant,
    request: &TokenRequest,
    credential: &Credential,
) -> Result<Grant, Error> {
    let proof = match credential {
        Credential::Assertion(assertion) => ClientCredential::Assertion(assertion.clone()),
        Credential::AssertionFile(path) => ClientCredential::Assertion(assertion::read(path)?),
        Credential::Certificate { path, sends_chain } => {
            ClientCredential::Certificate(ClientCertificate::read(path)?.with_chain(*sends_chain))
        }
        Credential::ManagedIdentity(_) => {
            let message = "an application cannot sign in as the identity of a machine";
            return Err(Error::new(ErrorKind::Configuration, message)
                .with_help("give a secret, a certificate or a federated token"));
        }
        Credential::Secret(secret) => ClientCredential::Secret(secret.clone()),
    };
    prove(client, tenant, request, &proof).await
}

/// How an application proves who it is.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    Asked(Arc<dyn AssertionSource>),
    Certificate(ClientCertificate),
    Kept(Credential),
}

#[derive(Debug)]
pub(super) struct ServicePrincipalSource {
    pub(super) client: EntraClient,
    pub(super) tenant: Tenant,
    pub(super) proof: Proof,
}

impl Proof {
    pub(super) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Kept(Credential::AssertionFile(path)) => assertion::read(path).map(drop),
            Self::Kept(Credential::Certificate { path, .. }) => ClientCertificate::read(path).map(drop),
            _ => Ok(()),
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Asked(source) => source.name(),
            Self::Certificate(_) => "certificate",
            Self::Kept(credential) => credential.kind(),
        }
    }
}

#[async_trait]
impl TokenSource for ServicePrincipalSource {
    fn name(&self) -> &'static str {
        "ServicePrincipalAuthentication"
    }

    fn partition(&self) -> Partition {
        let cloud = self.client.cloud();
        let authority = cloud.authority().as_str();
        let parts = [cloud.name(), authority, self.tenant.as_str(), self.client.client_id(), self.proof.kind()];
        Partition::new("service-principal", parts)
    }

    async fn acquire(&self, request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        let tenant = request.requested_tenant().unwrap_or(&self.tenant);
        match &self.proof {
            Proof::Asked(source) => {
                let assertion = ClientCredential::Assertion(source.assertion().await?);
                prove(&self.client, tenant, request, &assertion).await
            }
            Proof::Certificate(certificate) => {
                let proof = ClientCredential::Certificate(certificate.clone());
                prove(&self.client, tenant, request, &proof).await
            }
            Proof::Kept(credential) => sign_in(&self.client, tenant, request, credential).await,
        }
    }
}

async fn prove(
    client: &EntraClient,
    tenant: &Tenant,
    request: &TokenRequest,
    proof: &ClientCredential,
) -> Result<Grant, Error> {
    let grant = client.client_credentials(tenant, request, proof).await;
    grant.map_err(|error| refusal::explained(error, client.client_id(), tenant))
}
