//! What a login can reach: tenants, and the subscriptions in them.

use std::fmt::Write as _;
use std::time::Duration;

use auth_core::{Error, ErrorKind, Interaction, Tenant};
use futures_util::future::join_all;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::time::timeout;

use crate::arm::{ArmClient, ArmError, one_line};

const API_VERSION: &str = "2022-12-01";
/// How many subscriptions of a tenant a message names.
const MOST_NAMED: usize = 10;
/// How long an error waits for its explanation.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tenants of a login with what each of them told.
#[derive(Debug)]
pub(crate) struct Reach(pub(crate) Vec<(ReachedTenant, Result<Vec<ReachedSubscription>, Error>)>);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "cli-bridge"), expect(dead_code, reason = "only the list of the accounts shows all of it"))]
pub(crate) struct ReachedTenant {
    #[serde(deserialize_with = "tenant")]
    pub(crate) tenant_id: Tenant,
    pub(crate) display_name: Option<String>,
    pub(crate) default_domain: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "cli-bridge"), expect(dead_code, reason = "only the list of the accounts shows all of it"))]
pub(crate) struct ReachedSubscription {
    pub(crate) subscription_id: String,
    pub(crate) display_name: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) tenant_id: Option<String>,
    pub(crate) managed_by_tenants: Option<Value>,
}

impl Reach {
    /// Lists the subscriptions of `tenant`, or else of every tenant where the account exists. The tenants are asked side by side,
    /// though their tokens come one after the other.
    pub(crate) async fn find(client: &ArmClient, tenant: Option<&Tenant>) -> Result<Self, Error> {
        let tenants = match tenant {
            Some(tenant) => {
                vec![ReachedTenant { tenant_id: tenant.clone(), display_name: None, default_domain: None }]
            }
            None => client.list("/tenants", API_VERSION).try_collect().await?,
        };
        let answers = join_all(tenants.iter().map(|tenant| subscriptions(client, &tenant.tenant_id))).await;
        Ok(Self(tenants.into_iter().zip(answers).collect()))
    }

    /// What can be told without a person and in a short time, to explain an error.
    async fn glance(client: &ArmClient) -> Option<Self> {
        let client = client.clone().tenant(None).interaction(Interaction::Forbid);
        timeout(PATIENCE, Self::find(&client, None)).await.ok()?.ok()
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ReachedSubscription> {
        let all = self.0.iter().flat_map(|(_, subscriptions)| subscriptions.iter().flatten());
        all.filter(move |it| it.display_name.as_ref().is_some_and(|own| own.to_lowercase() == name.to_lowercase()))
    }

    /// Tenant by tenant, what there is to choose from; each on a line of its own.
    fn told(&self) -> String {
        let mut text = String::new();
        for (tenant, subscriptions) in &self.0 {
            let name = tenant.display_name.as_deref().map(|name| format!("{} ", one_line(name))).unwrap_or_default();
            let _ = write!(text, "\n  tenant {name}({})", tenant.tenant_id);
            let subscriptions = match subscriptions {
                Ok(subscriptions) => subscriptions,
                Err(error) => {
                    let _ = write!(text, " does not tell: {error}");
                    continue;
                }
            };
            for it in subscriptions.iter().take(MOST_NAMED) {
                let _ = write!(
                    text,
                    "\n    {}  {}",
                    one_line(&it.subscription_id),
                    one_line(it.display_name.as_deref().unwrap_or_default())
                );
            }
            let rest = subscriptions.len().saturating_sub(MOST_NAMED);
            let _ = match rest {
                0 if subscriptions.is_empty() => write!(text, " has none"),
                0 => Ok(()),
                rest => write!(text, "\n    and {rest} more"),
            };
        }
        text
    }
}

/// Says which subscriptions are in reach, where an error is about one that is not.
pub(crate) async fn explain(client: &ArmClient, subscription: &str, error: &Error) -> Option<Error> {
    let arm = ArmError::of(error)?;
    if !matches!(arm.code(), Some("InvalidAuthenticationTokenTenant" | "SubscriptionNotFound")) {
        return None;
    }
    let reach = Reach::glance(client).await?;
    let message =
        format!("subscription {subscription} is not in reach of this login, which has these:{}", reach.told());
    let help = "give one of these, or sign in to the subscription's tenant: azml login --tenant TENANT";
    Some(Error::new(ErrorKind::Rejected, message).with_help(help).with_source(arm.clone()))
}

/// Says which subscription is meant, where its name stands in the place of its id.
pub(crate) async fn explain_name(client: &ArmClient, name: &str, error: Error) -> Error {
    let Some(reach) = Reach::glance(client).await else { return error };
    let ids: Vec<_> = reach.named(name).map(|it| it.subscription_id.as_str()).collect();
    let (message, help) = match ids[..] {
        [] => (
            format!(
                "{name:?} is neither the id nor the name of a subscription in reach, which are these:{}",
                reach.told()
            ),
            "give the id of one of these".to_owned(),
        ),
        [id] => (format!("{name:?} is the name of a subscription, not its id"), format!("give its id, {id}")),
        _ => (format!("{name:?} is the name of several subscriptions"), format!("give an id: {}", ids.join(", "))),
    };
    Error::new(ErrorKind::Configuration, message).with_help(help)
}

async fn subscriptions(client: &ArmClient, tenant: &Tenant) -> Result<Vec<ReachedSubscription>, Error> {
    client.clone().tenant(tenant.clone()).list("/subscriptions", API_VERSION).try_collect().await
}

fn tenant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tenant, D::Error> {
    Tenant::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}
