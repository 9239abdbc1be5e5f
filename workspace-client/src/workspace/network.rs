//! The network around a workspace.

use auth_core::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Workspace;
use crate::arm::Poller;
use crate::resources::{Json, Verb};

/// How far the managed network of a workspace has come.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NetworkStatus {
    /// `Active`, or `Inactive`.
    pub status: Option<String>,
    /// Whether serverless Spark can be used in it.
    pub spark_ready: Option<bool>,
}

/// Hosts in the internet that a workspace needs for one purpose.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct OutboundDependency(Json);

/// What a workspace's notebooks are.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NotebookInfo {
    /// The id of the notebooks, which is no resource id.
    pub resource_id: Option<String>,
    /// Their host.
    pub fqdn: Option<String>,
    /// Whether they are reached by private link.
    pub is_private_link_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Dependencies {
    #[serde(default)]
    value: Vec<OutboundDependency>,
}

impl Workspace {
    /// Makes the managed network of the workspace now, instead of with its first compute.
    ///
    /// # Errors
    /// As [`Workspace::get`].
    pub async fn provision_network(&self, with_spark: bool) -> Result<Poller<NetworkStatus>, Error> {
        let options = json!({"includeSpark": with_spark});
        self.place().begin(Verb::post(&["provisionManagedNetwork"]).body(&options)?).await
    }

    /// The hosts in the internet that the workspace needs, for a firewall.
    ///
    /// # Errors
    /// As [`Workspace::get`].
    pub async fn outbound_dependencies(&self) -> Result<Vec<OutboundDependency>, Error> {
        let found: Dependencies = self.place().fetch(Verb::get(&["outboundNetworkDependenciesEndpoints"])).await?;
        Ok(found.value)
    }

    /// Makes the notebooks of the workspace.
    ///
    /// # Errors
    /// As [`Workspace::get`].
    pub async fn prepare_notebook(&self) -> Result<Poller<Option<NotebookInfo>>, Error> {
        self.place().begin(Verb::post(&["prepareNotebook"])).await
    }
}

impl OutboundDependency {
    /// What the hosts are needed for. The API has said it in two places.
    pub fn category(&self) -> Option<&str> {
        self.0.text("/properties/category").or_else(|| self.0.text("/category"))
    }

    /// The hosts, with the ports on which they are reached.
    pub fn endpoints(&self) -> impl Iterator<Item = (&str, Vec<u64>)> {
        let inner = self.raw().pointer("/properties/endpoints").is_some();
        let endpoints = self.0.items(if inner { "/properties/endpoints" } else { "/endpoints" });
        endpoints.filter_map(|endpoint| {
            let details = endpoint["endpointDetails"].as_array().into_iter().flatten();
            let ports = details.filter_map(|detail| detail["port"].as_u64()).collect();
            Some((endpoint["domainName"].as_str()?, ports))
        })
    }

    /// Everything that Azure said.
    pub fn raw(&self) -> &Value {
        &self.0.0
    }
}
