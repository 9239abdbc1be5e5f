//! Batch deployments: the models or pipelines behind a batch endpoint.

use super::{BatchJob, jobs_of};
use crate::arm::Pager;
use crate::resources::{Collection, Kind as _, LongRunning, Patched, Resource, Verb, kind};

kind! {
    /// The kind of [`BatchDeployment`].
    pub tracked BatchDeploymentKind: "batch deployment" in "deployments" at "2025-12-01" by "$top"
}

impl LongRunning for BatchDeploymentKind {}
impl Patched for BatchDeploymentKind {}

/// A deployment of a batch endpoint.
pub type BatchDeployment = Resource<BatchDeploymentKind>;
/// The deployments of a batch endpoint.
pub type BatchDeployments = Collection<BatchDeploymentKind>;

impl BatchDeployments {
    /// All of them, in this order, such as `createdtime desc`.
    pub fn list_ordered(&self, order: &str) -> Pager<BatchDeployment> {
        self.place().pager(Verb::get(&[]).page_size(BatchDeploymentKind::PAGE_SIZE).query("$orderBy", order))
    }

    /// The jobs with which a deployment has answered (observed: azure-ai-ml 1.35).
    pub fn jobs(&self, name: &str) -> Pager<BatchJob> {
        jobs_of(self.place(), name)
    }
}

impl BatchDeployment {
    /// The compute that it runs on.
    pub fn compute(&self) -> Option<&str> {
        self.json().text("/properties/compute")
    }

    /// The model, by its id or by its path.
    pub fn model(&self) -> Option<&str> {
        let members = ["/properties/model/assetId", "/properties/model/path"];
        members.iter().find_map(|member| self.json().text(member))
    }

    /// The component of a pipeline.
    pub fn component_id(&self) -> Option<&str> {
        self.json().text("/properties/deploymentConfiguration/componentId/assetId")
    }

    /// The environment that it runs in.
    pub fn environment_id(&self) -> Option<&str> {
        self.json().text("/properties/environmentId")
    }

    /// How many nodes a job takes.
    pub fn instance_count(&self) -> Option<u64> {
        self.json().number("/properties/resources/instanceCount")
    }

    /// How many files are answered at a time.
    pub fn mini_batch_size(&self) -> Option<u64> {
        self.json().number("/properties/miniBatchSize")
    }

    /// How many of them a node works on at the same time.
    pub fn max_concurrency_per_instance(&self) -> Option<u64> {
        self.json().number("/properties/maxConcurrencyPerInstance")
    }

    /// What becomes of the answers, `AppendRow` or `SummaryOnly`.
    pub fn output_action(&self) -> Option<&str> {
        self.json().text("/properties/outputAction")
    }
}
