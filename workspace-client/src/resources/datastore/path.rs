//! A place in a datastore.

use std::fmt;
use std::str::FromStr;

use auth_core::{Error, ErrorKind};

/// A place in a datastore, as jobs and data name it: `azureml://datastores/NAME/paths/PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatastorePath {
    datastore: String,
    path: String,
}

impl DatastorePath {
    /// This path in the datastore of this name.
    pub fn new(datastore: impl Into<String>, path: impl Into<String>) -> Self {
        Self { datastore: datastore.into(), path: path.into().trim_start_matches('/').to_owned() }
    }

    /// The name of the datastore.
    pub fn datastore(&self) -> &str {
        &self.datastore
    }

    /// The path in it, without a slash before it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// With its workspace, as models name it; this is the workspace's resource id.
    pub fn in_workspace(&self, workspace: &crate::Workspace) -> String {
        let (subscription, group) = (workspace.subscription(), workspace.resource_group());
        format!(
            "azureml://subscriptions/{subscription}/resourcegroups/{group}/workspaces/{}/datastores/{}/paths/{}",
            workspace.name(),
            self.datastore,
            self.path
        )
    }
}

impl fmt::Display for DatastorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "azureml://datastores/{}/paths/{}", self.datastore, self.path)
    }
}

impl FromStr for DatastorePath {
    type Err = Error;

    /// Reads the short form, the long one that begins with a subscription, and that of a job's artifacts, which has no `paths/`
    /// (observed: azure-ai-ml 1.35).
    fn from_str(uri: &str) -> Result<Self, Error> {
        let parse = || {
            let mut segments = uri.strip_prefix("azureml://")?.split('/').peekable();
            if segments.peek().is_some_and(|first| first.eq_ignore_ascii_case("subscriptions")) {
                // Subscription, resource group and workspace, each with its name.
                segments.nth(5)?;
            }
            segments.next().filter(|segment| segment.eq_ignore_ascii_case("datastores"))?;
            let datastore = segments.next().filter(|name| !name.is_empty())?;
            segments.next_if(|segment| segment.eq_ignore_ascii_case("paths"));
            Some(Self::new(datastore, segments.collect::<Vec<_>>().join("/")))
        };
        parse().ok_or_else(|| {
            Error::new(ErrorKind::Configuration, format!("{uri:?} is no place in a datastore"))
                .with_help("such a place is azureml://datastores/NAME/paths/PATH")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_in_all_its_forms() {
        let read = |uri: &str| uri.parse::<DatastorePath>().unwrap();
        assert_eq!(read("azureml://datastores/d/paths/a/b.csv"), DatastorePath::new("d", "a/b.csv"));
        let long = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/a/";
        assert_eq!(read(long), DatastorePath::new("d", "a/"));
        let artifacts = "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.x";
        assert_eq!(read(artifacts), DatastorePath::new("workspaceartifactstore", "ExperimentRun/dcid.x"));
        assert_eq!(read("azureml://datastores/d/paths/a").to_string(), "azureml://datastores/d/paths/a");
        let workspace = crate::Workspace::new("s", "g", "w");
        assert_eq!(read(long).in_workspace(&workspace), long);
    }

    #[test]
    fn what_is_no_place_is_named() {
        for uri in ["", "azureml:d:1", "azureml://datastores", "azureml://datastores/", "azureml://subscriptions/s"] {
            let error = uri.parse::<DatastorePath>().unwrap_err();
            assert!(error.to_string().contains(&format!("{uri:?}")), "{error}");
        }
    }
}
