//! Where the managed network of a workspace lets traffic out to.

use serde::Serialize;
use serde_json::{Value, json};

use crate::Workspace;
use crate::resources::json::Json;
use crate::resources::open_enum::open_enum;
use crate::resources::{Collection, LongRunning, Resource, kind};

kind! {
    /// The kind of [`OutboundRule`].
    pub OutboundRuleKind: "outbound rule" in "outboundRules" at "2025-12-01"
}

impl LongRunning for OutboundRuleKind {}

/// A rule of the managed network of a workspace, of any type.
pub type OutboundRule = Resource<OutboundRuleKind>;
/// The rules of the managed network of a workspace.
pub type OutboundRules = Collection<OutboundRuleKind>;

impl Workspace {
    /// The rules of the managed network of the workspace.
    pub fn outbound_rules(&self) -> OutboundRules {
        OutboundRules::of(self)
    }
}

open_enum! {
    /// What a rule names.
    RuleType {
        Fqdn = "FQDN",
        PrivateEndpoint = "PrivateEndpoint",
        ServiceTag = "ServiceTag",
    }
}

open_enum! {
    /// Whose rule it is.
    RuleCategory {
        Dependency = "Dependency",
        Recommended = "Recommended",
        Required = "Required",
        UserDefined = "UserDefined",
    }
}

open_enum! {
    /// Whether a rule is in force.
    RuleStatus {
        Active = "Active",
        Deleting = "Deleting",
        Failed = "Failed",
        Inactive = "Inactive",
        Provisioning = "Provisioning",
    }
}

/// A rule, to be created.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewOutboundRule(Json);

impl OutboundRule {
    /// What it names.
    pub fn rule_type(&self) -> Option<RuleType> {
        self.json().one_of("/properties/type")
    }

    /// Whose rule it is.
    pub fn category(&self) -> Option<RuleCategory> {
        self.json().one_of("/properties/category")
    }

    /// Whether it is in force.
    pub fn status(&self) -> Option<RuleStatus> {
        self.json().one_of("/properties/status")
    }

    /// Where it lets traffic out to: a domain, the resource id behind a private endpoint, or a service tag.
    pub fn destination(&self) -> Option<&str> {
        let places = ["", "/serviceResourceId", "/serviceTag"];
        places.iter().find_map(|place| self.json().text(&format!("/properties/destination{place}")))
    }
}

impl NewOutboundRule {
    /// To this domain, such as `*.pypi.org`.
    pub fn fqdn(domain: impl Into<String>) -> Self {
        Self::of(&RuleType::Fqdn, domain.into())
    }

    /// To a part of a resource, such as `blob`, through a private endpoint.
    pub fn private_endpoint(resource_id: impl Into<String>, part: impl Into<String>, for_spark: bool) -> Self {
        let destination = json!({"serviceResourceId": resource_id.into(), "subresourceTarget": part.into(), "sparkEnabled": for_spark});
        Self::of(&RuleType::PrivateEndpoint, destination)
    }

    /// To the addresses of a service tag, by this protocol, such as `TCP`, at these ports, such as `80, 443`.
    pub fn service_tag(tag: impl Into<String>, protocol: impl Into<String>, ports: impl Into<String>) -> Self {
        let destination = json!({"serviceTag": tag.into(), "protocol": protocol.into(), "portRanges": ports.into()});
        Self::of(&RuleType::ServiceTag, destination)
    }

    /// To these addresses in the place of those of the service tag, such as `10.0.0.0/24`; none are those of the tag.
    pub fn address_prefixes<A: Into<String>>(self, addresses: impl IntoIterator<Item = A>) -> Self {
        self.listed("/properties/destination/addressPrefixes", addresses)
    }

    /// The domains that the private endpoint answers for; none leaves that to Azure.
    pub fn fqdns<D: Into<String>>(self, domains: impl IntoIterator<Item = D>) -> Self {
        self.listed("/properties/fqdns", domains)
    }

    fn listed<T: Into<String>>(self, member: &str, all: impl IntoIterator<Item = T>) -> Self {
        let all: Vec<String> = all.into_iter().map(Into::into).collect();
        if all.is_empty() { self } else { Self(self.0.with(member, all)) }
    }

    fn of(rule_type: &RuleType, destination: impl Into<Value>) -> Self {
        let category = RuleCategory::UserDefined;
        let properties =
            json!({"type": rule_type.as_str(), "category": category.as_str(), "destination": destination.into()});
        Self(Json(json!({"properties": properties})))
    }
}
