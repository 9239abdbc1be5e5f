//! What resources lie in.

use auth_core::{Error, ErrorKind};

use crate::arm::{ArmClient, ResourceId, Service};
use crate::{Registry, Workspace};

/// What the resources of a collection lie in, and the way there.
#[derive(Clone, Debug)]
pub(crate) enum Root {
    Registry(Registry),
    Workspace(Workspace),
}

/// A root that can be asked.
pub(crate) struct Reached {
    pub(crate) client: ArmClient,
    pub(crate) service: Service,
    /// Its path at the service.
    pub(crate) path: String,
    /// The path of Azure ML in its subscription.
    pub(crate) subscription: String,
}

impl Reached {
    pub(crate) fn at_resource_manager(client: ArmClient, id: &ResourceId) -> Self {
        Self {
            service: Service::resource_manager(client.cloud()),
            client,
            path: id.as_str().to_owned(),
            subscription: format!("/subscriptions/{}/providers/Microsoft.MachineLearningServices", id.subscription()),
        }
    }
}

impl Root {
    pub(super) async fn reach(&self) -> Result<Reached, Error> {
        match self {
            Self::Registry(registry) => registry.reach_assets().await,
            Self::Workspace(workspace) => {
                let client = workspace.reach().await?;
                Ok(Reached::at_resource_manager(client, &workspace.resource_id()?))
            }
        }
    }

    /// The services of its region.
    pub(super) async fn region(&self) -> Result<(ArmClient, Service), Error> {
        self.workspace()?.region().await
    }

    /// The registry, if it is one.
    pub(super) fn registry(&self) -> Option<&Registry> {
        match self {
            Self::Registry(registry) => Some(registry),
            Self::Workspace(_) => None,
        }
    }

    /// The workspace, for what lies in workspaces alone.
    pub(super) fn workspace(&self) -> Result<&Workspace, Error> {
        match self {
            Self::Registry(_) => {
                Err(Error::new(ErrorKind::Configuration, format!("{} is no workspace", self.described())))
            }
            Self::Workspace(workspace) => Ok(workspace),
        }
    }

    /// What the ids of what lies in it begin with. Those of a registry need no resource group (observed: azure-ai-ml 1.35).
    pub(super) fn id(&self) -> Result<String, Error> {
        match self {
            Self::Registry(registry) => Ok(format!("azureml://registries/{}", registry.name())),
            Self::Workspace(workspace) => Ok(workspace.resource_id()?.as_str().to_owned()),
        }
    }

    /// The region of what is made here, unless it says another one.
    pub(super) async fn location(&self) -> Result<String, Error> {
        match self {
            Self::Registry(registry) => Ok(registry.get().await?.location().unwrap_or_default().to_owned()),
            Self::Workspace(workspace) => Ok(workspace.get().await?.location().to_owned()),
        }
    }

    /// What an error means, if it is about the root itself or about what that lies in.
    pub(super) async fn explain(&self, client: &ArmClient, error: &Error) -> Option<Error> {
        match self {
            Self::Registry(registry) => registry.explain(client, error).await,
            Self::Workspace(workspace) => workspace.explain(client, error).await,
        }
    }

    /// For an error message, such as `workspace x of resource group y`.
    pub(super) fn described(&self) -> String {
        match self {
            Self::Registry(registry) => format!("registry {}", registry.name()),
            Self::Workspace(workspace) => {
                format!("workspace {} of resource group {}", workspace.name(), workspace.resource_group())
            }
        }
    }

    /// The options with which `azml` means it.
    pub(super) fn options(&self) -> String {
        match self {
            Self::Registry(registry) => format!("--registry-name {}", registry.name()),
            Self::Workspace(workspace) => format!(
                "--workspace-name {} --resource-group {} --subscription {}",
                workspace.name(),
                workspace.resource_group(),
                workspace.subscription()
            ),
        }
    }
}
