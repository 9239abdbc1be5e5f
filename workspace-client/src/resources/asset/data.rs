//! Data.

use serde::Serialize;
use serde_json::json;

use super::{AssetKind, Assets, Latest, Publishable, UploadTarget};
use crate::resources::json::Json;
use crate::resources::open_enum::open_enum;
use crate::resources::{Resource, described, kind};
use crate::{Registry, Workspace};

kind! {
    /// The kind of [`Data`].
    pub DataKind: "data" in "data" at "2025-12-01"
}

impl AssetKind for DataKind {
    const LATEST: Latest = Latest::Named;
    const TAGS_PARAMETER: &'static str = "$tags";
}

impl Publishable for DataKind {}

impl UploadTarget for DataKind {}

/// A version of data.
pub type Data = Resource<DataKind>;
/// The data of a workspace or a registry.
pub type DataAssets = Assets<DataKind>;

impl Workspace {
    /// The data of the workspace.
    pub fn data(&self) -> DataAssets {
        DataAssets::of(self)
    }
}

impl Registry {
    /// The data of the registry.
    pub fn data(&self) -> DataAssets {
        DataAssets::of_registry(self)
    }
}

open_enum! {
    /// What lies where data points to.
    DataType {
        MlTable = "mltable",
        UriFile = "uri_file",
        UriFolder = "uri_folder",
    }
}

impl Data {
    /// What lies there.
    pub fn data_type(&self) -> Option<DataType> {
        self.json().one_of("/properties/dataType")
    }

    /// Where it is.
    pub fn uri(&self) -> Option<&str> {
        self.json().text("/properties/dataUri")
    }

    /// What a table refers to.
    pub fn referenced_uris(&self) -> impl Iterator<Item = &str> {
        self.json().items("/properties/referencedUris").filter_map(|uri| uri.as_str())
    }
}

/// A version of data, to be created.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewData(Json);

described!(NewData);

impl NewData {
    /// A file.
    pub fn uri_file(uri: impl Into<String>) -> Self {
        Self::of(&DataType::UriFile, &uri.into())
    }

    /// A folder.
    pub fn uri_folder(uri: impl Into<String>) -> Self {
        Self::of(&DataType::UriFolder, &uri.into())
    }

    /// A folder with an `MLTable` file, which refers to these URIs.
    pub fn mltable<U: Into<String>>(uri: impl Into<String>, referenced_uris: impl IntoIterator<Item = U>) -> Self {
        let referenced: Vec<String> = referenced_uris.into_iter().map(Into::into).collect();
        Self(Self::of(&DataType::MlTable, &uri.into()).0.with("/properties/referencedUris", referenced))
    }

    fn of(data_type: &DataType, uri: &str) -> Self {
        Self(Json(json!({"properties": {"dataType": data_type, "dataUri": uri}})))
    }
}
