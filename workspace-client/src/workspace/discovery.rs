//! Where the services of a workspace's region are.

use auth_core::{Error, ErrorKind};
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::{Workspace, WorkspaceDetails};
use crate::arm::{ArmClient, Service};
use crate::tracking::in_version_2;

/// The discovery document, as far as it is used (observed: azure-ai-ml 1.35).
#[derive(Deserialize)]
struct Services {
    api: Url,
    studio: Option<String>,
}

impl Workspace {
    /// The service in the workspace's region that knows runs, logs and metrics. It takes tokens for Azure Resource Manager
    /// (observed: azure-ai-ml 1.35).
    pub(crate) async fn region(&self) -> Result<(ArmClient, Service), Error> {
        let client = self.reach().await?;
        let service = self.region.get_or_try_init(|| self.discover(&client)).await?;
        Ok((client, service.clone()))
    }

    /// A page of Azure ML's studio about this workspace, for a browser: its path, such as `/endpoints/realtime/credit/detail`, and its
    /// address on the host that the workspace's region names.
    ///
    /// # Errors
    /// As [`Workspace::get`], and [`ErrorKind::Protocol`] where the region names no studio.
    pub async fn studio_page(&self, path: &str) -> Result<Url, Error> {
        let client = self.reach().await?;
        let details = self.get().await?;
        let studio = self.services(&client, &details).await?.studio.and_then(|url| url.parse::<Url>().ok());
        let mut page = studio.ok_or_else(|| {
            Error::new(ErrorKind::Protocol, format!("workspace {} does not say where its studio is", self.name))
        })?;
        page.set_path(path);
        page.query_pairs_mut().append_pair("wsid", details.id());
        if let Some(tenant) = details.tenant_id() {
            page.query_pairs_mut().append_pair("tid", tenant);
        }
        Ok(page)
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
        let services = self.services(client, &self.get().await?).await?;
        Service::named("Azure ML", services.api, Some(client.cloud().arm_scope()))
    }

    async fn services(&self, client: &ArmClient, details: &WorkspaceDetails) -> Result<Services, Error> {
        let url: Url = details.discovery_url().and_then(|url| url.parse().ok()).ok_or_else(|| {
            Error::new(ErrorKind::Protocol, format!("workspace {} does not say where its services are", self.name))
        })?;
        let discovery = Service::named("the discovery service", url.clone(), None)?;
        client.fetch(&discovery.request(Method::GET, "")).await
    }
}
