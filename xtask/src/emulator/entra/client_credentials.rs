//! The grant with which an application signs in as itself.

use serde_json::{Value, json};

use super::super::state::State as Memory;
use super::super::tokens::Subject;
use super::super::world::{ServicePrincipal, Tenant};
use super::error::EntraError;
use super::scope::Scopes;
use super::token::TokenRequest;
use super::{Audience, assertion, is_shared_endpoint};

/// An application with its secret, its certificate, or the token of another issuer.
pub(super) fn client_credentials(memory: &mut Memory, request: &TokenRequest<'_>) -> Result<Value, EntraError> {
    let Audience::Tenant(tenant) = &request.audience else {
        debug_assert!(is_shared_endpoint(request.segment));
        let message = "The grant type is not supported over the /common or /consumers endpoints. Please use a tenant-specific endpoint.";
        return Err(EntraError::invalid_request(9_001_023, message));
    };
    let client_id = request.required("client_id")?;
    let principal = memory.world.service_principals.iter().find(|principal| {
        principal.client_id.eq_ignore_ascii_case(client_id) && principal.tenant_id.eq_ignore_ascii_case(&tenant.id)
    });
    let principal = principal.cloned().ok_or_else(|| EntraError::unknown_application(client_id, &tenant.name))?;
    authenticate(memory, request, &principal, tenant)?;
    let asked = request.required("scope")?;
    let scopes = Scopes::parse(&memory.world, asked)?;
    if !asked.ends_with("/.default") {
        let message = format!(
            "The provided value for scope {asked} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(EntraError::invalid_scope(1_002_012, message));
    }
    let subject = Subject::application(&principal, tenant);
    let lifetime = memory.next_lifetime();
    let access_token = memory.access_token(&subject, &scopes.resource, lifetime, false);
    let mut answer = json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": access_token,
    });
    if let Some(refresh_in) = memory.refresh_in {
        answer["refresh_in"] = json!(refresh_in.as_secs());
    }
    Ok(answer)
}

fn authenticate(
    memory: &Memory,
    request: &TokenRequest<'_>,
    principal: &ServicePrincipal,
    tenant: &Tenant,
) -> Result<(), EntraError> {
    match request.optional("client_secret") {
        _ if request.optional("client_assertion").is_some() => assertion::check(memory, request, principal, tenant),
        None => Err(EntraError::invalid_client(
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )),
        Some(secret) if secret != principal.secret => Err(EntraError::wrong_secret(&principal.client_id)),
        Some(_) if principal.secret_has_expired => {
            let message = format!(
                "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys for your app: \
                 https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
                principal.client_id
            );
            Err(EntraError::invalid_client(7_000_222, message))
        }
        Some(_) => Ok(()),
    }
}
