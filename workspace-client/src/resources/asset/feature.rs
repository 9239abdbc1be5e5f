//! What lies in a feature store: a workspace whose kind is `FeatureStore`.

use auth_core::Error;
use serde::Serialize;
use serde_json::Value;

use super::{AssetKind, Assets, Latest};
use crate::Workspace;
use crate::arm::{Pager, Poller};
use crate::resources::open_enum::open_enum;
use crate::resources::{Resource, Verb, kind};

kind! {
    /// The kind of [`FeatureSet`].
    pub FeatureSetKind: "feature set" in "featuresets" at "2025-12-01"
}

kind! {
    /// The kind of [`FeatureStoreEntity`].
    pub FeatureStoreEntityKind: "feature store entity" in "featurestoreEntities" at "2025-12-01"
}

kind! {
    /// The kind of [`Feature`].
    pub FeatureKind: "feature" in "features" at "2025-12-01"
}

impl AssetKind for FeatureSetKind {
    const TAKES_TIME: bool = true;
    const VERSIONS_PAGE_SIZE: &'static str = "pageSize";
    const LATEST: Latest = Latest::Named;
}

impl AssetKind for FeatureStoreEntityKind {
    const TAKES_TIME: bool = true;
    const VERSIONS_PAGE_SIZE: &'static str = "pageSize";
    const LATEST: Latest = Latest::Named;
}

/// A version of a feature set.
pub type FeatureSet = Resource<FeatureSetKind>;
/// The feature sets of a feature store.
pub type FeatureSets = Assets<FeatureSetKind>;
/// A version of what features are about, such as an account.
pub type FeatureStoreEntity = Resource<FeatureStoreEntityKind>;
/// The entities of a feature store.
pub type FeatureStoreEntities = Assets<FeatureStoreEntityKind>;
/// A feature of a feature set.
pub type Feature = Resource<FeatureKind>;

impl Workspace {
    /// The feature sets of a feature store.
    pub fn feature_sets(&self) -> FeatureSets {
        FeatureSets::of(self)
    }

    /// The entities of a feature store.
    pub fn feature_store_entities(&self) -> FeatureStoreEntities {
        FeatureStoreEntities::of(self)
    }
}

open_enum! {
    /// What the values of a feature or of an index column are.
    FeatureDataType {
        Binary = "Binary",
        Boolean = "Boolean",
        Datetime = "Datetime",
        Double = "Double",
        Float = "Float",
        Integer = "Integer",
        Long = "Long",
        String = "String",
    }
}

impl FeatureSets {
    /// The features of a version of a feature set.
    pub fn features(&self, name: &str, version: &str) -> Pager<Feature> {
        self.place.pager(Verb::get(&[name, "versions", version, "features"]).page_size("pageSize"))
    }

    /// A feature of a version of a feature set.
    ///
    /// # Errors
    /// As [`Assets::get`].
    pub async fn feature(&self, name: &str, version: &str, feature: &str) -> Result<Feature, Error> {
        self.place.fetch(Verb::get(&[name, "versions", version, "features", feature])).await
    }

    /// Computes the features of a window of time and stores them. The request and the answer, which names the jobs, are JSON in the
    /// API's shape.
    ///
    /// # Errors
    /// As [`Assets::create_or_update`].
    pub async fn backfill(&self, name: &str, version: &str, request: &impl Serialize) -> Result<Poller<Value>, Error> {
        self.place.begin(Verb::post(&[name, "versions", version, "backfill"]).body(request)?).await
    }
}

impl FeatureSet {
    /// The ids of the entities that its features are about.
    pub fn entities(&self) -> impl Iterator<Item = &str> {
        self.json().items("/properties/entities").filter_map(Value::as_str)
    }

    /// Where its specification is.
    pub fn specification(&self) -> Option<&str> {
        self.json().text("/properties/specification/path")
    }

    /// Where it stands on its way.
    pub fn stage(&self) -> Option<&str> {
        self.json().text("/properties/stage")
    }
}

impl FeatureStoreEntity {
    /// The names of its index columns, and what they hold.
    pub fn index_columns(&self) -> impl Iterator<Item = (&str, FeatureDataType)> {
        self.json().items("/properties/indexColumns").filter_map(|column| {
            Some((column["columnName"].as_str()?, FeatureDataType::from(column["dataType"].as_str()?)))
        })
    }

    /// Where it stands on its way.
    pub fn stage(&self) -> Option<&str> {
        self.json().text("/properties/stage")
    }
}

impl Feature {
    /// Its name in the data.
    pub fn feature_name(&self) -> Option<&str> {
        self.json().text("/properties/featureName")
    }

    /// What its values are.
    pub fn data_type(&self) -> Option<FeatureDataType> {
        self.json().one_of("/properties/dataType")
    }
}
