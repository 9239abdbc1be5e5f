//! What of a workspace a private endpoint can lead to.

use serde_json::Value;

use crate::Workspace;
use crate::arm::Pager;
use crate::resources::{Kind as _, Resource, Verb, kind};

kind! {
    /// The kind of [`PrivateLinkResource`].
    pub tracked PrivateLinkResourceKind: "private link resource" in "privateLinkResources" at "2025-12-01"
}

/// Something of a workspace that a private endpoint can lead to.
pub type PrivateLinkResource = Resource<PrivateLinkResourceKind>;

impl Workspace {
    /// What of the workspace a private endpoint can lead to.
    pub fn private_link_resources(&self) -> Pager<PrivateLinkResource> {
        self.place().pager(Verb::get(&[PrivateLinkResourceKind::SEGMENT]))
    }
}

impl PrivateLinkResource {
    /// The group id that a private endpoint names, such as `amlworkspace`.
    pub fn group_id(&self) -> Option<&str> {
        self.json().text("/properties/groupId")
    }

    /// The members that it needs.
    pub fn required_members(&self) -> impl Iterator<Item = &str> {
        self.json().items("/properties/requiredMembers").filter_map(Value::as_str)
    }

    /// The zones of private DNS that it needs.
    pub fn required_zone_names(&self) -> impl Iterator<Item = &str> {
        self.json().items("/properties/requiredZoneNames").filter_map(Value::as_str)
    }
}
