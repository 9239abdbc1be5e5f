//! How the network around a workspace is drawn, and what a workspace can do.

mod capability_host;
mod feature;
mod outbound_rule;
mod private_endpoint_connection;
mod private_link_resource;

pub use capability_host::{CapabilityHost, CapabilityHostKind, CapabilityHosts};
pub use feature::WorkspaceFeature;
pub use outbound_rule::{
    NewOutboundRule, OutboundRule, OutboundRuleKind, OutboundRules, RuleCategory, RuleStatus, RuleType,
};
pub use private_endpoint_connection::{
    ConnectionStatus, PrivateEndpointConnection, PrivateEndpointConnectionKind, PrivateEndpointConnections,
};
pub use private_link_resource::{PrivateLinkResource, PrivateLinkResourceKind};
