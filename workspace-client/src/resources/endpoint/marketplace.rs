//! What a workspace has subscribed to in the marketplace, so that it can be served by a serverless endpoint.

use serde::Serialize;
use serde_json::json;

use crate::Workspace;
use crate::resources::json::Json;
use crate::resources::open_enum::open_enum;
use crate::resources::{Collection, LongRunning, Resource, kind};

kind! {
    /// The kind of [`MarketplaceSubscription`].
    pub MarketplaceSubscriptionKind: "marketplace subscription" in "marketplaceSubscriptions" at "2025-12-01"
}

impl LongRunning for MarketplaceSubscriptionKind {}

/// A subscription to a model of the marketplace.
pub type MarketplaceSubscription = Resource<MarketplaceSubscriptionKind>;
/// What a workspace has subscribed to.
pub type MarketplaceSubscriptions = Collection<MarketplaceSubscriptionKind>;

impl Workspace {
    /// What the workspace has subscribed to in the marketplace.
    pub fn marketplace_subscriptions(&self) -> MarketplaceSubscriptions {
        MarketplaceSubscriptions::of(self)
    }
}

open_enum! {
    /// How a subscription stands.
    SubscriptionStatus {
        Subscribed = "Subscribed",
        Suspended = "Suspended",
        Unsubscribed = "Unsubscribed",
    }
}

impl MarketplaceSubscription {
    /// The model.
    pub fn model_id(&self) -> Option<&str> {
        self.json().text("/properties/modelId")
    }

    /// How it stands.
    pub fn status(&self) -> Option<SubscriptionStatus> {
        self.json().one_of("/properties/marketplaceSubscriptionStatus")
    }

    /// Who offers the model.
    pub fn publisher_id(&self) -> Option<&str> {
        self.json().text("/properties/marketplacePlan/publisherId")
    }

    /// The offer.
    pub fn offer_id(&self) -> Option<&str> {
        self.json().text("/properties/marketplacePlan/offerId")
    }

    /// The plan of the offer.
    pub fn plan_id(&self) -> Option<&str> {
        self.json().text("/properties/marketplacePlan/planId")
    }
}

/// A subscription, to be made.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct NewMarketplaceSubscription(Json);

impl NewMarketplaceSubscription {
    /// To the model with this id, such as `azureml://registries/azureml-mistral/models/Mistral-large`.
    pub fn new(model_id: impl Into<String>) -> Self {
        Self(Json(json!({"properties": {"modelId": model_id.into()}})))
    }
}
