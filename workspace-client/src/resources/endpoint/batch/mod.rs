//! Batch endpoints: models that answer with a job.

mod deployment;
mod new_deployment;
mod new_endpoint;

use auth_core::Error;
use reqwest::Method;
use reqwest::header::HeaderName;
use serde::Serialize;

use super::{DEADLINE, DEPLOYMENT_HEADER, EndpointKeys, Scoring, scoring_service};
use crate::Workspace;
use crate::arm::{Pager, Turn, item as read};
use crate::resources::place::Place;
use crate::resources::{Collection, LongRunning, Patched, Resource, Verb, item, kind};

pub use deployment::{BatchDeployment, BatchDeploymentKind, BatchDeployments};
pub use new_deployment::NewBatchDeployment;
pub use new_endpoint::NewBatchEndpoint;

/// The version of the API that knows the jobs of endpoints (observed: azure-ai-ml 1.35).
const JOBS_VERSION: &str = "2020-09-01-dataplanepreview";

kind! {
    /// The kind of [`BatchEndpoint`].
    pub tracked BatchEndpointKind: "batch endpoint" in "batchEndpoints" at "2025-12-01" by "count"
}

impl LongRunning for BatchEndpointKind {}
impl Patched for BatchEndpointKind {}
impl Scoring for BatchEndpointKind {}

/// A batch endpoint. What answers is its [`BatchDeployment`]s.
pub type BatchEndpoint = Resource<BatchEndpointKind>;
/// The batch endpoints of a workspace.
pub type BatchEndpoints = Collection<BatchEndpointKind>;

item! {
    /// The job with which a batch endpoint answers.
    BatchJob shows name
}

impl Workspace {
    /// The batch endpoints of the workspace.
    pub fn batch_endpoints(&self) -> BatchEndpoints {
        BatchEndpoints::of(self)
    }
}

impl BatchEndpoint {
    /// The deployment that answers where none is named.
    pub fn default_deployment(&self) -> Option<&str> {
        self.json().text("/properties/defaults/deploymentName")
    }
}

impl BatchEndpoints {
    /// The deployments of an endpoint.
    pub fn deployments(&self, endpoint: &str) -> BatchDeployments {
        BatchDeployments::at(self.place().below::<BatchDeploymentKind>(endpoint))
    }

    /// The keys of an endpoint.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn keys(&self, name: &str) -> Result<EndpointKeys, Error> {
        self.place().fetch(Verb::ask(&[name, "listkeys"])).await
    }

    /// The jobs with which an endpoint has answered (observed: azure-ai-ml 1.35).
    pub fn jobs(&self, name: &str) -> Pager<BatchJob> {
        jobs_of(self.place(), name)
    }

    /// Starts a job with which the endpoint answers: `{"properties": {...}}` as the API describes it. Without a deployment the default
    /// one does it. The token, which is for Azure ML, goes to the host that the endpoint itself names.
    ///
    /// # Errors
    /// As [`Collection::get`], and [`ErrorKind::Rejected`](auth_core::ErrorKind::Rejected) with
    /// [`ArmError`](crate::arm::ArmError) as the source where the endpoint refuses.
    pub async fn invoke(
        &self,
        name: &str,
        deployment: Option<&str>,
        request: &impl Serialize,
    ) -> Result<BatchJob, Error> {
        let endpoint = self.get(name).await?;
        let client = self.place().root().reach().await?.client;
        let service = scoring_service(&endpoint, Some(client.ml_scopes()?))?;
        let request = service.request(Method::POST, "").body(request)?.deadline(DEADLINE);
        let request = match deployment {
            Some(deployment) => request.header(HeaderName::from_static(DEPLOYMENT_HEADER), deployment)?,
            None => request,
        };
        client.fetch(&request).await
    }
}

impl BatchJob {
    /// The job's id.
    pub fn id(&self) -> Option<&str> {
        self.0.text("/id")
    }

    /// The job's name.
    pub fn name(&self) -> Option<&str> {
        self.0.text("/name")
    }

    /// How far it has come, such as `Preparing`.
    pub fn status(&self) -> Option<&str> {
        self.0.text("/properties/status")
    }
}

/// The jobs below an endpoint or a deployment.
fn jobs_of(place: &Place, name: &str) -> Pager<BatchJob> {
    let (place, name) = (place.clone(), name.to_owned());
    Pager::new(move |turn| {
        let (place, name) = (place.clone(), name.clone());
        async move {
            let (client, service) = place.root().region().await?;
            let path = format!("mferp/managementfrontend{}", place.id(&[&name, "jobs"])?);
            let first = service.request(Method::GET, &path).query("api-version", JOBS_VERSION);
            let request = match turn {
                Turn::First(_) => first,
                Turn::Next(request) => *request,
            };
            client.page(&request, "value").await?.map(read)
        }
    })
}
