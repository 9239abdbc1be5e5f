//! Where the services of a workspace's region are.

use auth_core::{Error, ErrorKind};
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::Workspace;
use crate::arm::{ArmClient, Service};
use crate::tracking::in_version_2;

/// The discovery document, as far as it is used (observed: azure-ai-ml 1.35).
#[derive(Deserialize)]
struct Services {
    api: Url,
}

impl Workspace {
    /// The service in the workspace's region that knows runs, logs and metrics. It takes tokens for Azure Resource Manager
    /// (observed: azure-ai-ml 1.35).
    pub(crate) async fn region(&self) -> Result<(ArmClient, Service), Error> {
        let client = self.reach().await?;
        let service = self.region.get_or_try_init(|| self.discover(&client)).await?;
        Ok((client, service.clone()))
    }

    /// The workspace's MLflow server, whose address is written for Python's plugin.
    pub(crate) async fn mlflow(&self) -> Result<(ArmClient, Service), Error> {
        let client = self.reach().await?;
        let service = self.mlflow.get_or_try_init(|| self.find_mlflow(&client)).await?;
        Ok((client, service.clone()))
    }

    async fn find_mlflow(&self, client: &ArmClient) -> Result<Service, Error> {
        let details = self.get().await?;
        let uri = details.mlflow_tracking_uri().unwrap_or_default();
        let url = match uri.strip_prefix("azureml://") {
            Some(rest) => in_version_2(&format!("https://{rest}")),
            None => in_version_2(uri),
        };
        let url = Url::parse(&url).map_err(|error| {
            let message = format!("workspace {} does not say where its MLflow server is", self.name);
            Error::new(ErrorKind::Protocol, message).with_source(error)
        })?;
        Service::named("MLflow", url, Some(client.cloud().arm_scope()))
    }

    async fn discover(&self, client: &ArmClient) -> Result<Service, Error> {
        let details = self.get().await?;
        let url: Url = details.discovery_url().and_then(|url| url.parse().ok()).ok_or_else(|| {
            Error::new(ErrorKind::Protocol, format!("workspace {} does not say where its services are", self.name))
        })?;
        let discovery = Service::named("the discovery service", url.clone(), None)?;
        let services: Services = client.fetch(&discovery.request(Method::GET, "")).await?;
        Service::named("Azure ML", services.api, Some(client.cloud().arm_scope()))
    }
}
