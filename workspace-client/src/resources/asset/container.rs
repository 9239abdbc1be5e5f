//! An asset, whatever its versions.

use std::marker::PhantomData;

use super::AssetKind;
use crate::resources::kind::Sealed;
use crate::resources::{Kind, Resource};

/// An asset of kind `K`, whatever its versions.
pub type Container<K> = Resource<ContainerOf<K>>;

/// The kind of what holds the versions of an asset.
#[derive(Debug)]
pub struct ContainerOf<K>(PhantomData<fn() -> K>);

impl<K: AssetKind> Sealed for ContainerOf<K> {}

impl<K: AssetKind> Kind for ContainerOf<K> {
    const NAME: &'static str = K::NAME;
    const SEGMENT: &'static str = K::SEGMENT;
    const API_VERSION: &'static str = K::API_VERSION;
}

impl<K: AssetKind> Container<K> {
    /// The newest version.
    pub fn latest_version(&self) -> Option<&str> {
        self.json().text("/properties/latestVersion")
    }

    /// The version that comes next.
    pub fn next_version(&self) -> Option<&str> {
        self.json().text("/properties/nextVersion")
    }

    /// Whether lists leave it out.
    pub fn is_archived(&self) -> bool {
        self.json().boolean("/properties/isArchived").unwrap_or_default()
    }
}
