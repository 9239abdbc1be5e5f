//! What the environment of a job or a server signs in with: a service principal, the token of an Azure ML run.

use std::sync::Arc;

use auth_core::http::HttpClient;
use auth_core::service_principal::ServicePrincipalAuthentication;
use auth_core::{Authentication, Clock, Cloud, Env, Error, ErrorKind, Tenant, TokenStore};

use super::absent::Absent;
use super::existing::Existing;
use super::login_hint::LoginHint;
use super::run_token::RunTokenAuthentication;

/// What every member is made of.
pub(super) struct Ambient<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) env: &'a Env,
    pub(super) http: &'a HttpClient,
    pub(super) clock: &'a Clock,
    pub(super) store: &'a Arc<dyn TokenStore>,
    pub(super) tenant: Option<&'a Tenant>,
    pub(super) wanted: Option<&'a LoginHint>,
}

impl Ambient<'_> {
    /// The service principal that the variables describe. It is chosen without being tried, so that a refusal is an error and
    /// never leads to another identity (observed: azureml-core 1.61).
    pub(super) fn service_principal(&self) -> Arc<dyn Authentication> {
        const NAME: &str = "service principal of the environment";
        let builder =
            ServicePrincipalAuthentication::from_env(self.env, self.cloud.clone(), self.tenant, self.http.clone());
        let auth = builder.and_then(|builder| builder.clock(self.clock.clone()).store(self.store.clone()).build());
        let auth = auth.and_then(|auth| match self.wanted {
            Some(wanted) if !wanted.is(auth.client_id()) => {
                let message = format!("it is {}, not {}", auth.client_id(), wanted.as_str());
                Err(Error::new(ErrorKind::Unavailable, message))
            }
            _ => Ok(auth),
        });
        // It asks in the tenant that is wanted, so there is nothing to compare a domain with.
        let tenant = self.tenant.filter(|tenant| tenant.is_id()).cloned();
        self.member(NAME, auth, |auth| Existing::new(NAME, auth, tenant, None))
    }

    /// The token of an Azure ML run, where `AZUREML_RUN_TOKEN_USE_AMBIENT_AUTH` says so.
    pub(super) fn run_token(&self) -> Arc<dyn Authentication> {
        const NAME: &str = "run token";
        let found = if !RunTokenAuthentication::is_ambient(self.env) {
            Err(Error::new(ErrorKind::Unavailable, "AZUREML_RUN_TOKEN_USE_AMBIENT_AUTH is not true"))
        } else if let Some(wanted) = self.wanted {
            Err(Error::new(ErrorKind::Unavailable, format!("it is of no user, and {} is wanted", wanted.as_str())))
        } else {
            RunTokenAuthentication::from_env(self.env, self.cloud.clone())
                .map(|auth| auth.http(self.http.clone()).clock(self.clock.clone()).sharing(self.env, self.store))
        };
        self.member(NAME, found, |auth| Existing::new(NAME, auth, self.tenant.cloned(), None))
    }

    fn member<A>(
        &self,
        name: &'static str,
        found: Result<A, Error>,
        existing: impl FnOnce(A) -> Existing,
    ) -> Arc<dyn Authentication> {
        match found {
            Ok(auth) => Arc::new(existing(auth)),
            // A variable that cannot be is told when its turn comes, and stops the chain there.
            Err(why) => Arc::new(Absent { name, cloud: self.cloud.clone(), why }),
        }
    }
}
