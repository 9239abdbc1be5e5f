//! What runs have written, as blobs.

use time::macros::datetime;

use super::super::super::state::State as Memory;
use super::super::runs::Run;
use super::super::secrets::{BLOB_SIGNATURE, UPLOAD_SIGNATURE};
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
            None => format!("{blobs}/{ARTIFACTS}/{blob}?{}", signature(memory.now(), "r", BLOB_SIGNATURE)),
        }
    }

    /// Makes an artifact, unless it is there, and tells the link by which it is written.
    pub(in super::super) fn new_artifact(&self, memory: &mut Memory, blobs: &str, path: &str) -> String {
        let url = self.artifact_url(memory, blobs, path);
        if memory.world.artifact_container.is_some() {
            return url;
        }
        let name = format!("ExperimentRun/{}/{path}", self.container());
        if memory.blob(ARTIFACTS, &name).is_none() {
            let empty = Blob::of_run(Vec::new(), memory.now());
            memory.blobs.put(ARTIFACTS, &name, empty);
        }
        let signed = signature(memory.now(), "rcw", UPLOAD_SIGNATURE);
        url.split('?').next().map(|url| format!("{url}?{signed}")).unwrap_or_default()
    }
}

impl Memory {
    /// The artifacts of a run by their path: what it has written, and what was uploaded for it.
    pub(in super::super) fn artifacts(&mut self, run: &Run) -> Vec<(String, Vec<u8>)> {
        let prefix = format!("ExperimentRun/{}/", run.container());
        let blobs = self.blobs_below(ARTIFACTS, &prefix).into_iter();
        blobs.map(|(name, blob)| (name[prefix.len()..].to_owned(), blob.content.to_vec())).collect()
    }

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

/// A shared access signature of one blob.
fn signature(now: i64, permissions: &str, signature: &str) -> String {
    format!("sv=2021-08-06&sr=b&se={}&sp={permissions}&sig={signature}", encoded(&timestamp(now + 3600)))
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
