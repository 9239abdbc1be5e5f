//! Entra ID: discovery, the sign-in pages, and the token endpoint.

mod assertion;
mod authorize;
mod client_credentials;
mod device;
mod discovery;
mod error;
mod grants;
mod page;
mod scope;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::state::Shared;
use super::world::{Tenant, World};

use self::error::EntraError;

/// Every path of Entra ID.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/{tenant}/discovery/instance", get(discovery::instance))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::openid_configuration))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize::show).post(authorize::click))
        .route("/{tenant}/oauth2/v2.0/token", post(token::answer))
        .route("/{tenant}/oauth2/v2.0/devicecode", post(device::start))
        .route("/devicelogin", get(device::show).post(device::click))
}

/// What stands in a URL where a tenant does.
#[derive(Clone, Debug)]
enum Audience {
    /// `common` or `organizations`: whoever signs in decides.
    Everybody,
    /// One tenant, by GUID or domain.
    Tenant(Tenant),
}

impl Audience {
    fn named(world: &World, segment: &str) -> Result<Self, EntraError> {
        if is_shared_endpoint(segment) {
            return Ok(Self::Everybody);
        }
        let tenant = world.tenant(segment).cloned();
        tenant.map(Self::Tenant).ok_or_else(|| EntraError::tenant_not_found(segment))
    }

    fn admits(&self, tenant_id: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::Tenant(tenant) => tenant.id.eq_ignore_ascii_case(tenant_id),
        }
    }
}

fn is_shared_endpoint(segment: &str) -> bool {
    ["common", "organizations"].iter().any(|name| segment.eq_ignore_ascii_case(name))
}
