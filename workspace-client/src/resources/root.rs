//! What resources lie in.

use auth_core::Error;

use crate::Workspace;
use crate::arm::{ArmClient, Service};

/// What the resources of a collection lie in, and the way there.
#[derive(Clone, Debug)]
pub(crate) enum Root {
    Workspace(Workspace),
}

/// A root that can be asked.
pub(super) struct Reached {
    pub(super) client: ArmClient,
    pub(super) service: Service,
    /// Its path at the service.
    pub(super) path: String,
    /// The path of Azure ML in its subscription.
    pub(super) subscription: String,
}

impl Root {
    pub(super) async fn reach(&self) -> Result<Reached, Error> {
        match self {
            Self::Workspace(workspace) => {
                let client = workspace.reach().await?;
                Ok(Reached {
                    service: Service::resource_manager(client.cloud()),
                    client,
                    path: self.path()?,
                    subscription: format!(
                        "/subscriptions/{}/providers/Microsoft.MachineLearningServices",
                        workspace.subscription()
                    ),
                })
            }
        }
    }

    /// The services of its region.
    pub(super) async fn region(&self) -> Result<(ArmClient, Service), Error> {
        match self {
            Self::Workspace(workspace) => workspace.region().await,
        }
    }

    /// Its path at the service, which is its id.
    pub(super) fn path(&self) -> Result<String, Error> {
        match self {
            Self::Workspace(workspace) => Ok(workspace.resource_id()?.as_str().to_owned()),
        }
    }

    /// The region of what is made here, unless it says another one.
    pub(super) async fn location(&self) -> Result<String, Error> {
        match self {
            Self::Workspace(workspace) => Ok(workspace.get().await?.location().to_owned()),
        }
    }

    /// What an error means, if it is about the root itself or about what that lies in.
    pub(super) async fn explain(&self, client: &ArmClient, error: &Error) -> Option<Error> {
        match self {
            Self::Workspace(workspace) => workspace.explain(client, error).await,
        }
    }

    /// For an error message, such as `workspace x of resource group y`.
    pub(super) fn described(&self) -> String {
        match self {
            Self::Workspace(workspace) => {
                format!("workspace {} of resource group {}", workspace.name(), workspace.resource_group())
            }
        }
    }

    /// The options with which `azml` means it.
    pub(super) fn options(&self) -> String {
        match self {
            Self::Workspace(workspace) => format!(
                "--workspace-name {} --resource-group {} --subscription {}",
                workspace.name(),
                workspace.resource_group(),
                workspace.subscription()
            ),
        }
    }
}
