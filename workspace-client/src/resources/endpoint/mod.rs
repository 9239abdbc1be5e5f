//! Endpoints: where models answer.

pub mod batch;
mod keys;
mod marketplace;
pub mod online;
mod serverless;

use std::time::Duration;

use auth_core::{Error, ErrorKind, Scopes};
use url::Url;

use super::open_enum::open_enum;
use super::{Resource, Tracked};
use crate::arm::Service;

pub use keys::{EndpointKeys, EndpointToken, KeyType};
pub use marketplace::{
    MarketplaceSubscription, MarketplaceSubscriptionKind, MarketplaceSubscriptions, NewMarketplaceSubscription,
    SubscriptionStatus,
};
pub use serverless::{
    NewServerlessEndpoint, ServerlessAuthMode, ServerlessEndpoint, ServerlessEndpointKind, ServerlessEndpoints,
    ServerlessState,
};

/// Pins a request to a deployment.
const DEPLOYMENT_HEADER: &str = "azureml-model-deployment";
/// How long an answer may take: as long as an endpoint itself may take at most, on Kubernetes (Microsoft, limits of online endpoints).
const DEADLINE: Duration = Duration::from_secs(300);

open_enum! {
    /// How whoever asks an endpoint shows who they are.
    EndpointAuthMode {
        AadToken = "AADToken",
        AmlToken = "AMLToken",
        Key = "Key",
    }
}

/// A kind that answers at an address of its own.
pub trait Scoring: Tracked {}

impl<K: Scoring> Resource<K> {
    /// How whoever asks it shows who they are.
    pub fn auth_mode(&self) -> Option<EndpointAuthMode> {
        self.json().one_of("/properties/authMode")
    }

    /// Where it answers.
    pub fn scoring_uri(&self) -> Option<&str> {
        self.json().text("/properties/scoringUri")
    }

    /// Where it describes what it answers.
    pub fn swagger_uri(&self) -> Option<&str> {
        self.json().text("/properties/swaggerUri")
    }
}

/// The host that an endpoint names as its own. Whatever is sent with the request goes there and nowhere else.
fn scoring_service<K: Scoring>(endpoint: &Resource<K>, scopes: Option<Scopes>) -> Result<Service, Error> {
    let url = endpoint.scoring_uri().and_then(|url| Url::parse(url).ok()).ok_or_else(|| {
        Error::new(ErrorKind::Rejected, format!("endpoint {} does not say yet where it answers", endpoint.name()))
            .with_help("wait until its creation has ended")
    })?;
    Service::named("the endpoint", url, scopes)
}
