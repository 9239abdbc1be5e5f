//! A sign-in that somebody else set up: the machine, the Python SDK, the Azure CLI.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::claims::Claims;
use auth_core::{AccessToken, Authentication, Cloud, Error, ErrorKind, Tenant, TokenRequest};

use super::login_hint::{LoginHint, names};

/// Accepts what somebody else set up, on three conditions: its tokens must be of the tenant and of the user that were asked for,
/// and it must work without a person. Otherwise it counts as not available, and the next one is tried.
#[derive(Debug)]
pub(super) struct Existing {
    name: &'static str,
    inner: Arc<dyn Authentication>,
    tenant: Option<Tenant>,
    wanted: Option<LoginHint>,
}

impl Existing {
    /// A `tenant` that is a domain is never fulfilled, as a token names its tenant by id (observed: azureml-core 1.61 compares
    /// ids only).
    pub(super) fn new(
        name: &'static str,
        inner: impl Authentication + 'static,
        tenant: Option<Tenant>,
        wanted: Option<LoginHint>,
    ) -> Self {
        Self { name, inner: Arc::new(inner), tenant, wanted }
    }

    fn check_tenant(&self, token: &AccessToken) -> Result<(), Error> {
        let Some(wanted) = &self.tenant else { return Ok(()) };
        let claimed = || Claims::peek(token.secret().expose()).ok()?.tid.and_then(|tid| Tenant::parse(&tid).ok());
        let found = token.tenant().cloned().or_else(claimed);
        if found.as_ref() == Some(wanted) {
            return Ok(());
        }
        let found = found.map_or_else(|| "of an unknown tenant".to_owned(), |tenant| format!("of tenant {tenant}"));
        Err(Error::new(ErrorKind::Unavailable, format!("its token is {found}, not of {wanted}")))
    }

    fn check_user(&self, token: &AccessToken) -> Result<(), Error> {
        let Some(wanted) = &self.wanted else { return Ok(()) };
        let claims = Claims::peek(token.secret().expose()).unwrap_or_default();
        if wanted.is_of_token(&claims) {
            return Ok(());
        }
        let found = names(&claims).next().or(claims.appid.as_deref()).unwrap_or("an unknown user");
        let message = format!("its token is of {found}, not of {}", wanted.as_str());
        Err(Error::new(ErrorKind::Unavailable, message))
    }
}

#[async_trait]
impl Authentication for Existing {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cloud(&self) -> &Cloud {
        self.inner.cloud()
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        match self.inner.token(request).await {
            Ok(token) => self.check_tenant(&token).and_then(|()| self.check_user(&token)).map(|()| token),
            Err(error) if error.kind() == ErrorKind::Interaction => Err(error.with_kind(ErrorKind::Unavailable)),
            Err(error) => Err(error),
        }
    }
}
