//! The tenants that subscriptions turned out to trust.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_core::Tenant;
use url::Url;

/// Which tenant's tokens a subscription wants, as far as its refusals told, so that only its first request is refused.
#[derive(Clone, Debug, Default)]
pub(super) struct Tenants(Arc<Mutex<HashMap<String, Tenant>>>);

impl Tenants {
    pub(super) fn of(&self, url: &Url) -> Option<Tenant> {
        self.known().get(&subscription(url)?).cloned()
    }

    pub(super) fn expect(&self, subscription: &str, tenant: &Tenant) {
        self.known().insert(subscription.to_lowercase(), tenant.clone());
    }

    pub(super) fn remember(&self, url: &Url, tenant: &Tenant) {
        if let Some(subscription) = subscription(url) {
            self.expect(&subscription, tenant);
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Tenant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The subscription that the URL lies in.
pub(super) fn subscription(url: &Url) -> Option<String> {
    let mut segments = url.path_segments()?;
    segments.find(|segment| segment.eq_ignore_ascii_case("subscriptions"))?;
    segments.next().filter(|id| !id.is_empty()).map(str::to_lowercase)
}
