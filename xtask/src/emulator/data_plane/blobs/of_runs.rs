//! What runs have written, as blobs.

use time::macros::datetime;

use super::super::super::state::State as Memory;
use super::super::runs::Run;
use super::super::secrets::BLOB_SIGNATURE;
use super::super::timestamp;
use super::store::Blob;

/// The container of `workspaceartifactstore`.
pub(super) const ARTIFACTS: &str = "azureml";
/// The container of `workspaceblobstore`.
pub(super) const OUTPUTS: &str = "azureml-blobstore";
/// When all of it was written, as runs do not remember that.
pub(super) const WRITTEN: i64 = datetime!(2029-01-15 09:30 UTC).unix_timestamp();

impl Run {
    /// The link to one of its artifacts: here, or in the container that the world names.
    pub(in super::super) fn artifact_url(&self, memory: &Memory, blobs: &str, path: &str) -> String {
        let path: Vec<String> = path.split('/').map(encoded).collect();
        let blob = format!("ExperimentRun/{}/{}", self.container(), path.join("/"));
        match &memory.world.artifact_container {
            Some(container) => format!("{}/{blob}?{}", container.url.trim_end_matches('/'), container.sas),
            None => format!("{blobs}/{ARTIFACTS}/{blob}?{}", signature(memory.now())),
        }
    }
}

impl Memory {
    /// What the run that this path leads to has written.
    pub(super) fn written(&mut self, container: &str, path: &str) -> Vec<(String, Blob)> {
        let now = self.now();
        let segment = path.split('/').nth(1).unwrap_or_default();
        let name = match container {
            ARTIFACTS => segment.strip_prefix("dcid."),
            OUTPUTS => Some(segment),
            _ => None,
        };
        let Some(run) = name.and_then(|name| self.run_anywhere(name)) else { return Vec::new() };
        let files = if container == ARTIFACTS {
            let artifacts = run.artifacts(now).into_iter();
            artifacts.map(|(path, content)| (format!("ExperimentRun/{}/{path}", run.container()), content)).collect()
        } else {
            run.outputs(now)
        };
        files.into_iter().map(|(path, content)| (path, Blob::of_run(content, WRITTEN))).collect()
    }
}

/// A shared access signature for reading.
fn signature(now: i64) -> String {
    format!("sv=2021-08-06&sr=b&se={}&sp=r&sig={BLOB_SIGNATURE}", encoded(&timestamp(now + 3600)))
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
