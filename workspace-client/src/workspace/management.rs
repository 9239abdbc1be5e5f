//! What changes a workspace.

use auth_core::Error;
use serde::Serialize;

use super::details::WorkspaceKind;
use super::{Workspace, WorkspaceDetails};
use crate::arm::{ArmClient, Poller, ResourceId, Service};
use crate::resources::place::Place;
use crate::resources::root::Root;
use crate::resources::{Json, Resource, Verb};

/// The versions with which Microsoft's client deletes what a workspace depends on (observed: azure-ai-ml 1.35).
const INSIGHTS: &str = "2015-05-01";
const LOG_ANALYTICS: &str = "2015-03-20";
const REGISTRY: &str = "2019-05-01";
const STORAGE: &str = "2019-06-01";
const VAULT: &str = "2019-09-01";

/// What becomes of a workspace that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone, and its name is free.
    Permanent,
    /// Azure may keep it for a while, so that it can be recovered; its name is taken until then.
    Recoverable,
}

impl Workspace {
    /// Changes what `change` names, such as `json!({"properties": {"description": "..."}, "tags": {}})`; what it does not name
    /// stays. Tags are replaced as a whole.
    ///
    /// # Errors
    /// As [`Workspace::get`].
    pub async fn update(&self, change: &impl Serialize) -> Result<Poller<WorkspaceDetails>, Error> {
        let workspace = self.clone();
        let poller = self.place().begin::<Resource<WorkspaceKind>>(Verb::patch(&[], change)?).await?;
        Ok(poller.map(move |resource| WorkspaceDetails::of(workspace.clone(), resource)))
    }

    /// Deletes the workspace. What it depends on stays; see [`WorkspaceDetails::delete_dependencies`]. That there is no such
    /// workspace is no error.
    ///
    /// # Errors
    /// As [`Workspace::get`].
    pub async fn delete(&self, deletion: Deletion) -> Result<Poller<()>, Error> {
        // Said only where it is so (observed: azure-ai-ml 1.35).
        let purge = (deletion == Deletion::Permanent).then_some("true");
        self.place().begin(Verb::delete(&[]).query("forceToPurge", purge)).await
    }

    /// Lets the workspace read the keys of what it depends on again, after they were changed there.
    ///
    /// # Errors
    /// As [`Workspace::get`].
    pub async fn resync_keys(&self) -> Result<Poller<()>, Error> {
        self.place().begin(Verb::post(&["resyncKeys"]).without_result()).await
    }

    /// Where the verbs of the workspace itself are asked.
    pub(crate) fn place(&self) -> Place {
        Place::itself::<WorkspaceKind>(Root::Workspace(self.clone())).at_version(&self.api_version)
    }
}

impl WorkspaceDetails {
    /// Deletes what the workspace depends on, other workspaces or not, one after the other: Application Insights with its Log
    /// Analytics, and unless the workspace is a project, which uses those of its hub, the storage account with all data, the
    /// key vault and the container registry. Returns the ids of what was deleted.
    ///
    /// # Errors
    /// As [`Workspace::get`], at the first that cannot be deleted. What is no longer there is no error.
    pub async fn delete_dependencies(&self) -> Result<Vec<ResourceId>, Error> {
        let client = self.workspace().reach().await?;
        let is_project = self.kind().is_some_and(|kind| kind.eq_ignore_ascii_case("project"));
        let own = |id| if is_project { None } else { id };
        let insights = read(self.application_insights())?;
        let log_analytics = match &insights {
            Some(insights) => log_analytics(&client, insights).await?,
            None => None,
        };
        let all = [
            (log_analytics, LOG_ANALYTICS),
            (insights, INSIGHTS),
            (read(own(self.storage_account()))?, STORAGE),
            (read(own(self.key_vault()))?, VAULT),
            (read(own(self.container_registry()))?, REGISTRY),
        ];
        let mut deleted = Vec::new();
        for (id, api_version) in all {
            let Some(id) = id else { continue };
            client.delete(id.as_str(), api_version).await?.wait().await?;
            deleted.push(id);
        }
        Ok(deleted)
    }
}

/// The Log Analytics workspace of an Application Insights component.
async fn log_analytics(client: &ArmClient, insights: &ResourceId) -> Result<Option<ResourceId>, Error> {
    let request = Service::resource_manager(client.cloud()).request(reqwest::Method::GET, insights.as_str());
    let found: Result<Json, _> = client.fetch(&request.query("api-version", INSIGHTS)).await;
    match found {
        Ok(json) => read(json.text("/properties/WorkspaceResourceId")),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(id: Option<&str>) -> Result<Option<ResourceId>, Error> {
    id.filter(|id| !id.is_empty()).map(str::parse).transpose()
}
