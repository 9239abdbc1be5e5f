//! Tenants and subscriptions, as far as the caller sees them.

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::state::State as Memory;
use super::super::world::{Subscription, Tenant};
use super::access::Caller;
use super::error::ArmError;
use super::reply::Reply;
use super::request::ArmRequest;

/// The answer to a request for tenants, for subscriptions, or for one of them.
pub(super) fn answer(
    memory: &Memory,
    request: &ArmRequest<'_>,
    caller: &Caller,
    segments: &[&str],
) -> Result<Reply, ArmError> {
    if request.method != Method::GET {
        return Err(ArmError::method_not_allowed(request.method));
    }
    match segments {
        ["tenants"] => request.page(memory, &tenants(memory, caller)).map(Reply::ok),
        ["subscriptions"] => {
            let is_visible =
                |subscription: &&Subscription| subscription.tenant_id.eq_ignore_ascii_case(&caller.tenant_id);
            let visible = memory.world.subscriptions.iter().filter(is_visible);
            let items: Vec<_> = visible.map(|item| subscription(item, caller)).collect();
            request.page(memory, &items).map(Reply::ok)
        }
        ["subscriptions", id] => Ok(Reply::ok(subscription(find(memory, id)?, caller))),
        _ => Err(ArmError::invalid_resource_type(request.path)),
    }
}

/// The subscription with this GUID.
pub(super) fn find<'a>(memory: &'a Memory, id: &str) -> Result<&'a Subscription, ArmError> {
    if Uuid::parse_str(id).is_err() {
        return Err(ArmError::invalid_subscription_id(id));
    }
    memory.world.subscription(id).ok_or_else(|| ArmError::subscription_not_found(id))
}

/// A person sees every tenant where the account exists, an application its own.
fn tenants(memory: &Memory, caller: &Caller) -> Vec<Value> {
    let user = caller.username.as_ref().and_then(|name| memory.world.user(name));
    let is_visible = |tenant: &&Tenant| match user {
        Some(user) => user.membership(&tenant.id).is_some(),
        None => tenant.id.eq_ignore_ascii_case(&caller.tenant_id),
    };
    let body = |tenant: &Tenant| {
        let is_home = user.is_none_or(|user| user.home().tenant_id.eq_ignore_ascii_case(&tenant.id));
        json!({
            "id": format!("/tenants/{}", tenant.id),
            "tenantId": tenant.id,
            "countryCode": "NL",
            "displayName": tenant.name,
            "domains": [tenant.domain],
            "tenantCategory": if is_home { "Home" } else { "ManagedBy" },
            "defaultDomain": tenant.domain,
            "tenantType": "AAD",
        })
    };
    memory.world.tenants.iter().filter(is_visible).map(body).collect()
}

fn subscription(subscription: &Subscription, caller: &Caller) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "authorizationSource": if caller.username.is_some() { "RoleBased" } else { "RoleBased, Legacy" },
        "managedByTenants": [],
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant_id,
        "displayName": subscription.name,
        "state": subscription.state,
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}
