//! The subscriptions that a login can reach.

use std::collections::HashSet;

use auth_cli_bridge::{Subscription, User};
use auth_core::{Cloud, Error, Tenant};
use futures_util::future::join_all;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::arm::{ArmClient, unreadable};

const API_VERSION: &str = "2022-12-01";

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
    let tenants = match tenant {
        Some(tenant) => {
            vec![WireTenant { tenant_id: tenant.clone(), display_name: None, default_domain: None }]
        }
        None => client.list("/tenants", API_VERSION).try_collect().await?,
    };
    let answers = join_all(tenants.iter().map(|tenant| of_tenant(client, tenant))).await;
    let mut found = Found::default();
    let mut seen = HashSet::new();
    for (tenant, answer) in tenants.iter().zip(answers) {
        match answer {
            Ok(subscriptions) => {
                for wire in subscriptions {
                    if seen.insert(wire.subscription_id.to_lowercase()) {
                        found.subscriptions.push(wire.seen_by(user, tenant, client)?);
                    }
                }
            }
            Err(error) => found.refused.push((tenant.tenant_id.clone(), error)),
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

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTenant {
    #[serde(deserialize_with = "tenant")]
    tenant_id: Tenant,
    display_name: Option<String>,
    default_domain: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSubscription {
    subscription_id: String,
    display_name: Option<String>,
    state: Option<String>,
    tenant_id: Option<String>,
    managed_by_tenants: Option<Value>,
}

async fn of_tenant(client: &ArmClient, tenant: &WireTenant) -> Result<Vec<WireSubscription>, Error> {
    let client = client.clone().tenant(tenant.tenant_id.clone());
    client.list("/subscriptions", API_VERSION).try_collect().await
}

fn tenant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tenant, D::Error> {
    Tenant::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

impl WireSubscription {
    fn seen_by(self, user: &User, tenant: &WireTenant, client: &ArmClient) -> Result<Subscription, Error> {
        let mut entry = json!({
            "id": self.subscription_id,
            "name": self.display_name.unwrap_or_else(|| self.subscription_id.clone()),
            "state": self.state,
            "user": user,
            "isDefault": false,
            "tenantId": tenant.tenant_id.as_str(),
            "environmentName": client.cloud().name(),
            "homeTenantId": self.tenant_id,
            "managedByTenants": self.managed_by_tenants.unwrap_or_else(|| json!([])),
        });
        // Only a login to every tenant knows these.
        for (key, value) in
            [("tenantDefaultDomain", &tenant.default_domain), ("tenantDisplayName", &tenant.display_name)]
        {
            if let Some(value) = value {
                entry[key] = json!(value);
            }
        }
        subscription(entry)
    }
}
