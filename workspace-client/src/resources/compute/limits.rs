//! What a region offers: sizes of machines, and how much of them is used.

use serde_json::Value;

use super::Computes;
use crate::arm::Pager;
use crate::resources::{Verb, item};

item! {
    /// A size of virtual machine.
    VmSize shows name
}

item! {
    /// How much of something the subscription uses in a region.
    Usage shows name
}

impl Computes {
    /// The sizes of machines that a region offers, for computes of every type.
    pub fn sizes(&self, location: &str) -> Pager<VmSize> {
        self.place().pager(Verb::get(&["locations", location, "vmSizes"]).in_subscription())
    }

    /// How much the subscription uses in a region, and how much it may.
    pub fn usages(&self, location: &str) -> Pager<Usage> {
        self.place().pager(Verb::get(&["locations", location, "usages"]).in_subscription())
    }
}

impl VmSize {
    /// The name, such as `Standard_DS3_v2`.
    pub fn name(&self) -> Option<&str> {
        self.0.text("/name")
    }

    /// The family, by which quotas are counted.
    pub fn family(&self) -> Option<&str> {
        self.0.text("/family")
    }

    /// How many cores it has.
    pub fn cpus(&self) -> Option<u64> {
        self.0.number("/vCPUs")
    }

    /// How many GPUs it has.
    pub fn gpus(&self) -> Option<u64> {
        self.0.number("/gpus")
    }

    /// The types of compute that it can be of.
    pub fn compute_types(&self) -> impl Iterator<Item = &str> {
        self.0.items("/supportedComputeTypes").filter_map(Value::as_str)
    }
}

impl Usage {
    /// What is counted, as a person reads it.
    pub fn name(&self) -> Option<&str> {
        self.0.text("/name/localizedValue").or_else(|| self.0.text("/name/value"))
    }

    /// How much is used.
    pub fn current(&self) -> Option<u64> {
        self.0.number("/currentValue")
    }

    /// How much may be used.
    pub fn limit(&self) -> Option<u64> {
        self.0.number("/limit")
    }
}
