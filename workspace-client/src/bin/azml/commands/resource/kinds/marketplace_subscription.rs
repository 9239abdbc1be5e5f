//! Subscriptions to models of the marketplace.

use auth_core::Error;
use serde::Deserialize;
use serde_json::Value;
use workspace_client::Workspace;
use workspace_client::resources::endpoint::{
    MarketplaceSubscriptionKind, MarketplaceSubscriptions, NewMarketplaceSubscription,
};

use crate::args::{NoOptions, NoParent};
use crate::commands::resource::{Described, Listed, Put, Resolver, to_json};
use crate::description::Description;
use crate::entity::{Member, is, snake_case};
use crate::output::Column;

impl Listed for MarketplaceSubscriptionKind {
    type Parent = NoParent;

    const MEMBERS: &'static [Member] = &[
        is("/marketplace_plan/offer_id", "/properties/marketplacePlan/offerId"),
        is("/marketplace_plan/plan_id", "/properties/marketplacePlan/planId"),
        is("/marketplace_plan/publisher_id", "/properties/marketplacePlan/publisherId"),
        is("/model_id", "/properties/modelId"),
        snake_case("/provisioning_state", "/properties/provisioningState"),
        snake_case("/status", "/properties/marketplaceSubscriptionStatus"),
    ];
    const COLUMNS: &'static [Column] = &[("Name", "name"), ("Status", "status"), ("Model", "model_id")];

    fn of(workspace: &Workspace, _: &NoParent) -> MarketplaceSubscriptions {
        workspace.marketplace_subscriptions()
    }
}

/// What a file says of a subscription.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarketplaceSubscription {
    model_id: String,
}

impl Described for MarketplaceSubscriptionKind {
    type CreateOptions = NoOptions;
    type ListOptions = NoOptions;
    type ShowOptions = NoOptions;
    type UpdateOptions = NoOptions;

    const READ_ONLY: &'static [&'static str] = &["marketplace_plan", "status"];

    async fn describe(said: &Description, _: &Resolver) -> Result<Value, Error> {
        let said: MarketplaceSubscription = said.parse("a marketplace subscription")?;
        to_json(&NewMarketplaceSubscription::new(said.model_id))
    }

    async fn put(subscriptions: &MarketplaceSubscriptions, name: &str, body: &Value) -> Result<Put<Self>, Error> {
        Ok(Put::Begun(Box::new(subscriptions.create_or_update(name, body).await?)))
    }
}
