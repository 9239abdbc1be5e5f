//! Data.

use serde::Serialize;
use serde_json::json;

use super::{AssetKind, Assets, Latest};
use crate::Workspace;
use crate::resources::open_enum::open_enum;
use crate::resources::{Json, Resource, escaped, kind};

kind! {
    /// The kind of [`Data`].
    pub DataKind: "data" in "data" at "2025-12-01"
}

impl AssetKind for DataKind {
    const LATEST: Latest = Latest::Named;
}

/// A version of a data asset.
pub type Data = Resource<DataKind>;
/// The data assets of a workspace.
pub type DataAssets = Assets<DataKind>;

impl Workspace {
    /// The data assets of the workspace.
    pub fn data(&self) -> DataAssets {
        DataAssets::of(self)
    }
}

open_enum! {
    /// What a data asset is.
    DataType {
        Mltable = "mltable",
        UriFile = "uri_file",
        UriFolder = "uri_folder",
    }
}

impl Data {
    /// What it is.
    pub fn data_type(&self) -> Option<DataType> {
        self.json().one_of("/properties/dataType")
    }

    /// Where it is.
    pub fn uri(&self) -> Option<&str> {
        self.json().text("/properties/dataUri")
    }
}

/// A version of a data asset, to be created.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use workspace_client::resources::asset::data::{DataType, NewData};
/// let uri = "azureml://datastores/workspaceblobstore/paths/prices";
/// ws.data().create("prices", &NewData::new(&DataType::UriFolder, uri)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct NewData(Json);

impl NewData {
    /// Of this type, and there.
    pub fn new(data_type: &DataType, uri: impl Into<String>) -> Self {
        Self(Json(json!({"properties": {"dataType": data_type, "dataUri": uri.into()}})))
    }

    /// What it is for.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        Self(self.0.with("/properties/description", description.into()))
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
        Self(self.0.with(&format!("/properties/tags/{}", escaped(name)), value.into()))
    }
}
