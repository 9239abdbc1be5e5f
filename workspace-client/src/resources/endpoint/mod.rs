//! Endpoints: where models answer.

pub mod batch;
mod keys;
mod marketplace;
pub mod online;
mod serverless;

use std::time::Duration;

use auth_core::{Error, ErrorKind, Scopes};
use url::Url;

use super::Resource;
use super::open_enum::open_enum;
use crate::arm::{ArmClient, Service};

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

/// The host that an endpoint names as its own. Whatever is sent with the request goes there and nowhere else.
fn scoring_service<K>(endpoint: &Resource<K>, scopes: Option<Scopes>) -> Result<Service, Error> {
    let url = endpoint.json().text("/properties/scoringUri").and_then(|url| Url::parse(url).ok()).ok_or_else(|| {
        Error::new(ErrorKind::Rejected, format!("endpoint {} does not say yet where it answers", endpoint.name()))
            .with_help("wait until its creation has ended")
    })?;
    Service::named("the endpoint", url, scopes)
}

/// The permission that endpoints with Entra ID ask for.
fn ml_scopes(client: &ArmClient) -> Result<Scopes, Error> {
    let cloud = client.cloud();
    cloud.ml_scope().ok_or_else(|| {
        Error::new(
            ErrorKind::Configuration,
            format!("cloud {} does not say what tokens for Azure ML are for", cloud.name()),
        )
        .with_help("azml cloud update --help tells how its Azure ML audience is set")
    })
}
