//! How much each workspace may use of what the subscription may use.

use auth_core::Error;
use serde_json::{Value, json};

use super::Computes;
use crate::arm::Pager;
use crate::resources::open_enum::open_enum;
use crate::resources::{Verb, item};

item! {
    /// How many cores of a family a subscription, or one of its workspaces, may use in a region.
    Quota shows name
}

item! {
    /// What became of a quota that was to be changed.
    QuotaOutcome shows status
}

open_enum! {
    /// Whether a quota was changed.
    QuotaStatus {
        Failure = "Failure",
        InvalidQuotaBelowClusterMinimum = "InvalidQuotaBelowClusterMinimum",
        InvalidQuotaExceedsSubscriptionLimit = "InvalidQuotaExceedsSubscriptionLimit",
        InvalidVmFamilyName = "InvalidVMFamilyName",
        OperationNotEnabledForRegion = "OperationNotEnabledForRegion",
        OperationNotSupportedForSku = "OperationNotSupportedForSku",
        Success = "Success",
        Undefined = "Undefined",
    }
}

/// A quota to be set.
#[derive(Clone, Debug)]
pub struct NewQuota {
    id: String,
    kind: Option<String>,
    limit: i64,
}

impl Computes {
    /// How the cores that the subscription may use in a region are shared out among its workspaces.
    pub fn quotas(&self, location: &str) -> Pager<Quota> {
        self.place().pager(Verb::get(&["locations", location, "quotas"]).in_subscription())
    }

    /// Shares the cores of a region out anew, and tells of each quota what became of it: one that does not fit changes nothing, and
    /// is no error.
    ///
    /// # Errors
    /// As [`Collection::get`](crate::resources::Collection::get).
    pub async fn update_quotas(&self, location: &str, quotas: &[NewQuota]) -> Result<Vec<QuotaOutcome>, Error> {
        let quotas: Vec<_> = quotas.iter().map(NewQuota::described).collect();
        let verb = Verb::post(&["locations", location, "updateQuotas"]).body(&json!({"value": quotas}))?;
        self.place().pager(verb.in_subscription()).try_collect().await
    }
}

impl NewQuota {
    /// Lets what this id names, as [`Quota::id`] tells it, use so many cores; -1 for as many as the subscription may.
    pub fn new(id: impl Into<String>, limit: i64) -> Self {
        Self { id: id.into(), kind: None, limit }
    }

    /// Says the type, as [`Quota::resource_type`] tells it.
    #[must_use]
    pub fn resource_type(self, kind: impl Into<String>) -> Self {
        Self { kind: Some(kind.into()), ..self }
    }

    fn described(&self) -> Value {
        let mut quota = json!({"id": self.id, "limit": self.limit, "unit": "Count"});
        if let Some(kind) = &self.kind {
            quota["type"] = kind.as_str().into();
        }
        quota
    }
}

impl Quota {
    /// The id, which tells whose quota it is, and of what.
    pub fn id(&self) -> Option<&str> {
        self.0.text("/id")
    }

    /// The type.
    pub fn resource_type(&self) -> Option<&str> {
        self.0.text("/type")
    }

    /// What is counted, as a person reads it.
    pub fn name(&self) -> Option<&str> {
        self.0.text("/name/localizedValue").or_else(|| self.0.text("/name/value"))
    }

    /// How much may be used; none if nobody has set that.
    pub fn limit(&self) -> Option<u64> {
        self.0.number("/limit")
    }
}

impl QuotaOutcome {
    /// The id of the quota.
    pub fn id(&self) -> Option<&str> {
        self.0.text("/id")
    }

    /// How much may be used now.
    pub fn limit(&self) -> Option<u64> {
        self.0.number("/limit")
    }

    /// Whether it was changed.
    pub fn status(&self) -> Option<QuotaStatus> {
        self.0.one_of("/status")
    }
}
