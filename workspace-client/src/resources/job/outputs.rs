//! Where a job writes.

use auth_core::{Error, ErrorKind};

use super::Job;
use crate::resources::datastore::DatastorePath;

/// The datastore of outputs for which nobody named one (Microsoft, "CLI (v2) command job YAML schema").
const DATASTORE: &str = "workspaceblobstore";
const ARTIFACT_DATASTORE: &str = "workspaceartifactstore";

impl Job {
    /// Where its artifacts are: its logs, and what it wrote to `outputs`.
    pub fn artifacts_path(&self) -> DatastorePath {
        DatastorePath::new(ARTIFACT_DATASTORE, format!("ExperimentRun/dcid.{}/", self.name()))
    }

    /// Where the output of this name is.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] naming its outputs if there is none of this name, or if it is no place in a datastore.
    pub fn output_path(&self, name: &str) -> Result<DatastorePath, Error> {
        let Some((_, output)) = self.outputs().find(|(output, _)| *output == name) else {
            let names: Vec<_> = self.outputs().map(|(name, _)| name).collect();
            let message = format!("the job {} has no output {name}", self.name());
            let help = format!("it has {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") });
            return Err(Error::new(ErrorKind::Configuration, message).with_help(help));
        };
        match output.uri() {
            Some(uri) => uri.replace("${{name}}", self.name()).replace("${{output_name}}", name).parse(),
            None => Ok(DatastorePath::new(DATASTORE, format!("azureml/{}/{name}/", self.name()))),
        }
    }
}
