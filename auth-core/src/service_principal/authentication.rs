//! An application as an [`Authentication`].

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::assertion::AssertionSource;
use super::certificate::ClientCertificate;
use super::environment;
use super::source::{Proof, ServicePrincipalSource};
use crate::http::HttpClient;
use crate::oauth::EntraClient;
use crate::{
    AccessToken, Authentication, AuthenticationHeader, Cached, Clock, Cloud, Credential, Env, Error, ErrorKind, Secret,
    Tenant, TokenRequest, TokenStore,
};

/// Signs an application in as itself: the `ServicePrincipalAuthentication` of the Azure ML Python SDK, with every credential that
/// Entra ID takes. Any number of callers share one acquisition.
///
/// ```no_run
/// use auth_core::service_principal::ServicePrincipalAuthentication;
/// use auth_core::{Cloud, Tenant};
/// # fn example() -> Result<(), auth_core::Error> {
/// let tenant = Tenant::parse("contoso.onmicrosoft.com")?;
/// let auth = ServicePrincipalAuthentication::builder(Cloud::public(), tenant, "my-client-id")
///     .certificate_file("/etc/my-app/certificate.pem")
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct ServicePrincipalAuthentication {
    cached: Cached<ServicePrincipalSource>,
}

impl ServicePrincipalAuthentication {
    /// Starts with this application, whose credential is yet to be given.
    pub fn builder(cloud: Cloud, tenant: Tenant, client_id: impl Into<String>) -> ServicePrincipalBuilder {
        ServicePrincipalBuilder {
            cloud,
            tenant,
            client_id: client_id.into(),
            proof: None,
            http: None,
            clock: Clock::system(),
            store: None,
        }
    }

    /// Starts with the application that the environment describes, in this order: the variables of azureml-core, those of the
    /// Azure SDKs, GitHub Actions, Azure Pipelines. Nothing is asked, and no file is read. [`super::variables`] names them all.
    ///
    /// `tenant` takes the place of `AZUREML_SERVICE_PRINCIPAL_TENANT_ID` (observed: azureml-core 1.61). An application that the
    /// other variables put into another tenant is not taken.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if the environment describes none, or describes it only in part, naming the variable that is
    /// missing; [`ErrorKind::Configuration`] for a variable whose value cannot be.
    pub fn from_env(
        env: &Env,
        cloud: Cloud,
        tenant: Option<&Tenant>,
        http: HttpClient,
    ) -> Result<ServicePrincipalBuilder, Error> {
        environment::find(env, cloud, tenant, http)
    }

    /// The application's client id.
    pub fn client_id(&self) -> &str {
        self.cached.source().client.client_id()
    }

    /// The tenant whose tokens are asked for where a request names none.
    pub fn tenant(&self) -> &Tenant {
        &self.cached.source().tenant
    }

    /// Whether the files of the credential can be used now. Nobody is asked.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] naming the file, and what is wrong with it.
    pub fn check(&self) -> Result<(), Error> {
        self.cached.source().proof.check()
    }

    /// What proves who the application is, such as `secret` or `GitHub Actions`.
    pub fn credential(&self) -> &'static str {
        self.cached.source().proof.kind()
    }
}

#[async_trait]
impl Authentication for ServicePrincipalAuthentication {
    fn name(&self) -> &'static str {
        "ServicePrincipalAuthentication"
    }

    fn cloud(&self) -> &Cloud {
        self.cached.cloud()
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        self.cached.token(request).await
    }

    async fn authentication_header(&self) -> Result<AuthenticationHeader, Error> {
        self.cached.authentication_header().await
    }
}

/// A [`ServicePrincipalAuthentication`] in the making. Of several credentials the last one counts.
#[derive(Clone, Debug)]
pub struct ServicePrincipalBuilder {
    cloud: Cloud,
    tenant: Tenant,
    client_id: String,
    proof: Option<Proof>,
    http: Option<HttpClient>,
    clock: Clock,
    store: Option<Arc<dyn TokenStore>>,
}

impl ServicePrincipalBuilder {
    /// Proves it with what `source` answers, which is asked for each acquisition.
    pub fn assertions(mut self, source: impl AssertionSource + 'static) -> Self {
        self.proof = Some(Proof::Asked(Arc::new(source)));
        self
    }

    /// Proves it with the federated token in this file, which is read for each acquisition.
    pub fn assertion_file(self, path: impl Into<PathBuf>) -> Self {
        self.credential(Credential::AssertionFile(path.into()))
    }

    /// Proves it with a certificate that was read already.
    pub fn certificate(mut self, certificate: ClientCertificate) -> Self {
        self.proof = Some(Proof::Certificate(certificate));
        self
    }

    /// Proves it with the key and the certificate in this PEM file, which is read for each acquisition; see
    /// [`ClientCertificate::read`].
    pub fn certificate_file(self, path: impl Into<PathBuf>) -> Self {
        self.credential(Credential::Certificate { path: path.into(), sends_chain: false })
    }

    /// Proves it with a credential that was saved.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.proof = Some(Proof::Kept(credential));
        self
    }

    /// Proves it with a client secret.
    pub fn secret(self, secret: impl Into<Secret>) -> Self {
        self.credential(Credential::Secret(secret.into()))
    }

    /// Takes the time from `clock`.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Shares an HTTP client.
    pub fn http(mut self, http: HttpClient) -> Self {
        self.http = Some(http);
        self
    }

    /// Keeps tokens in `store` too, for the next process.
    pub fn store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Assembles it. Nothing is asked, and no file is read.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if there is no credential, no client id, or a tenant that stands for all (AADSTS9001023).
    pub fn build(self) -> Result<ServicePrincipalAuthentication, Error> {
        let refuse = |why: &str| {
            Err(Error::new(ErrorKind::Configuration, format!("an application {why}")).with_help(
                "give its client id, the id of its tenant, and a secret, a certificate or a federated token",
            ))
        };
        let Some(proof) = self.proof else {
            return refuse("needs a credential");
        };
        if self.client_id.trim().is_empty() {
            return refuse("needs a client id");
        }
        if ["common", "consumers", "organizations"]
            .iter()
            .any(|shared| self.tenant.as_str().eq_ignore_ascii_case(shared))
        {
            return refuse(&format!("signs in to one tenant, and {} is none", self.tenant));
        }
        let http = self.http.unwrap_or_else(|| HttpClient::new(Env::process()));
        let client = EntraClient::new(self.cloud.clone(), self.client_id, http).with_clock(self.clock.clone());
        let source = ServicePrincipalSource { client, tenant: self.tenant, proof };
        let mut cached = Cached::new(source, self.cloud).with_clock(self.clock);
        if let Some(store) = self.store {
            cached = cached.with_store(store);
        }
        Ok(ServicePrincipalAuthentication { cached })
    }
}
