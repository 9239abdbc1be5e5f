//! How workspaces are made: by a deployment, with what they depend on (observed: azure-ai-ml 1.35, azureml-core 1.61).

mod description;
mod template;

use std::fmt;

use auth_core::{Error, ErrorKind};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::{Workspace, WorkspaceDetails};
use crate::arm::{ArmClient, ArmError, Poller, Request, Service};
use crate::resources::Json;

pub use description::NewWorkspace;

/// The version of the API of resource groups and deployments (observed: azure-ai-ml 1.35).
const RESOURCES: &str = "2020-06-01";

/// A workspace that is being made; see [`Workspace::create`].
pub struct Creation {
    workspace: Workspace,
    deployment: Option<Poller<()>>,
}

impl Workspace {
    /// Begins to make the workspace, and what it depends on.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] if there is such a workspace, unless that [is no error](NewWorkspace::exist_ok),
    /// [`ErrorKind::Configuration`] if the region of a new resource group is not said, and as [`Workspace::get`].
    pub async fn create(&self, new: &NewWorkspace) -> Result<Creation, Error> {
        let (client, id) = (self.reach().await?, self.resource_id()?);
        match self.get().await {
            Ok(_) if new.may_exist => return Ok(Creation { workspace: self.clone(), deployment: None }),
            Ok(_) => return Err(self.exists_already()),
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(error),
        }
        let group_location = self.prepare_group(&client, new).await?;
        let location = new.text("/location").unwrap_or(&group_location);
        let name = format!("{}-{}", self.name, Uuid::new_v4().simple());
        let name: String = name.chars().take(64).collect();
        let path = format!("{}/providers/Microsoft.Resources/deployments/{name}", self.group());
        let request = request(&client, Method::PUT, &path).body(&template::deployment(new, &id, location))?;
        match client.begin(request.without_result()).await {
            Ok(deployment) => Ok(Creation { workspace: self.clone(), deployment: Some(deployment) }),
            Err(error) => Err(self.explain(&client, &error).await.unwrap_or(error)),
        }
    }

    /// The region of the resource group, which is made if that is wanted.
    async fn prepare_group(&self, client: &ArmClient, new: &NewWorkspace) -> Result<String, Error> {
        let found: Result<Json, _> = client.fetch(&request(client, Method::GET, &self.group())).await;
        let found = match found {
            Err(error) if is_missing(&error) && new.creates_group => {
                let location = new.text("/location").ok_or_else(|| {
                    let message = format!("in which region should resource group {} be?", self.resource_group);
                    Error::new(ErrorKind::Configuration, message).with_help("name the location of the workspace")
                })?;
                let group = json!({"location": location});
                client.fetch(&request(client, Method::PUT, &self.group()).body(&group)?).await
            }
            found => found,
        };
        match found {
            Ok(group) => Ok(group.text("/location").unwrap_or_default().to_owned()),
            Err(error) if is_missing(&error) => {
                let message =
                    format!("there is no resource group {} in subscription {}", self.resource_group, self.subscription);
                let not_found = Error::new(ErrorKind::Rejected, message).with_status(404);
                let help = format!("az group create --name {} --location REGION", self.resource_group);
                Err(not_found.with_help(help).with_source(error))
            }
            Err(error) => Err(self.explain(client, &error).await.unwrap_or(error)),
        }
    }

    fn group(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.resource_group)
    }

    fn exists_already(&self) -> Error {
        let Self { subscription, resource_group, name, .. } = self;
        let message = format!("there is a workspace {name} in resource group {resource_group} already");
        let options = format!("--name {name} --resource-group {resource_group} --subscription {subscription}");
        Error::new(ErrorKind::Rejected, message).with_help(format!("azml workspace show {options}"))
    }
}

impl Creation {
    /// The deployment that makes it, to look at; none if the workspace was there.
    pub fn deployment(&mut self) -> Option<&mut Poller<()>> {
        self.deployment.as_mut()
    }

    /// Waits until it is there. Dropping the future loses nothing: it can be waited for again.
    ///
    /// # Errors
    /// As [`Poller::wait`].
    pub async fn wait(&mut self) -> Result<WorkspaceDetails, Error> {
        if let Some(deployment) = &mut self.deployment {
            deployment.wait().await?;
        }
        self.workspace.get().await
    }
}

fn request(client: &ArmClient, method: Method, path: &str) -> Request {
    Service::resource_manager(client.cloud()).request(method, path).query("api-version", RESOURCES)
}

/// Whether the workspace or its resource group is not there, which is not said of the subscription.
fn is_missing(error: &Error) -> bool {
    ArmError::of(error).is_some_and(|arm| arm.status() == 404 && arm.code() != Some("SubscriptionNotFound"))
}

impl fmt::Debug for Creation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Creation").field("workspace", &self.workspace.name()).finish_non_exhaustive()
    }
}
