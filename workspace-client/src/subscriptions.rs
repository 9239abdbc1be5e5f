//! The subscriptions that a login can reach.

use std::collections::HashSet;

use auth_cli_bridge::{Subscription, User};
use auth_core::{Cloud, Error, Tenant};
use serde_json::{Value, json};

use crate::arm::{ArmClient, unreadable};
use crate::reach::{Reach, ReachedSubscription, ReachedTenant};

/// What was found, and which tenants did not tell.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The subscriptions, each once: where two tenants list the same one, the first counts.
    pub subscriptions: Vec<Subscription>,
    /// The tenants that refused, such as for want of a second factor, and why.
    pub refused: Vec<(Tenant, Error)>,
}

/// Lists the subscriptions that `user` can reach: in `tenant`, or else in every tenant where the user exists. The tenants are
/// asked side by side, though their tokens come one after the other.
///
/// # Errors
/// As [`ArmClient::get`] if the tenants themselves cannot be listed.
pub async fn find(client: &ArmClient, user: &User, tenant: Option<&Tenant>) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut seen = HashSet::new();
    for (tenant, answer) in Reach::find(client, tenant).await?.0 {
        match answer {
            Ok(subscriptions) => {
                for reached in subscriptions {
                    if seen.insert(reached.subscription_id.to_lowercase()) {
                        found.subscriptions.push(seen_by(reached, user, &tenant, client)?);
                    }
                }
            }
            Err(error) => found.refused.push((tenant.tenant_id, error)),
        }
    }
    Ok(found)
}

/// What stands for a login that reaches no subscription (observed: az 2.91).
///
/// # Errors
/// [`auth_core::ErrorKind::Protocol`] if the profile has no room for such an entry.
pub fn tenant_level(tenant: &Tenant, user: &User, cloud: &Cloud) -> Result<Subscription, Error> {
    subscription(json!({
        "id": tenant.as_str(),
        "name": "N/A(tenant level account)",
        "state": "Enabled",
        "user": user,
        "isDefault": false,
        "tenantId": tenant.as_str(),
        "environmentName": cloud.name(),
    }))
}

fn subscription(entry: Value) -> Result<Subscription, Error> {
    serde_json::from_value(entry).map_err(|error| unreadable("it is not a subscription").with_source(error))
}

fn seen_by(
    reached: ReachedSubscription,
    user: &User,
    tenant: &ReachedTenant,
    client: &ArmClient,
) -> Result<Subscription, Error> {
    let mut entry = json!({
        "id": reached.subscription_id,
        "name": reached.display_name.unwrap_or_else(|| reached.subscription_id.clone()),
        "state": reached.state,
        "user": user,
        "isDefault": false,
        "tenantId": tenant.tenant_id.as_str(),
        "environmentName": client.cloud().name(),
        "homeTenantId": reached.tenant_id,
        "managedByTenants": reached.managed_by_tenants.unwrap_or_else(|| json!([])),
    });
    // Only a login to every tenant knows these.
    for (key, value) in [("tenantDefaultDomain", &tenant.default_domain), ("tenantDisplayName", &tenant.display_name)] {
        if let Some(value) = value {
            entry[key] = json!(value);
        }
    }
    subscription(entry)
}
