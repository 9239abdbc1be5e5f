//! Registries, whose assets many workspaces use.

mod creation;
mod details;
mod discovery;
mod management;

use std::sync::Arc;

use auth_core::{Authentication, Error};
use tokio::sync::OnceCell;

use crate::arm::{ArmClient, ResourceId};
use crate::resources::Kind as _;
use crate::resources::root::Reached;
use crate::top_level::{self, SharedClient};
use discovery::Found;

pub use creation::{NewRegistry, RegistryRegion};
pub use details::{RegistryDetails, RegistryKind};
pub use management::RegistryList;

/// An Azure ML registry: nothing is asked before one of its verbs is called.
///
/// What is asked of its assets goes to Azure Resource Manager, where the caller knows in which resource group it lies, and to the
/// services of its region, where only its name is known; those need no rights on the resource group.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// use workspace_client::Registry;
/// use workspace_client::resources::asset::Version;
/// let model = Registry::named("azureml").models().get("bert-base-uncased", Version::Latest).await?;
/// println!("{} {:?}", model.name(), model.uri());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Registry {
    name: String,
    /// None where it is found by its name.
    group: Option<Group>,
    client: SharedClient,
    found: Arc<OnceCell<Found>>,
    api_version: String,
}

/// Where a registry lies.
#[derive(Clone, Debug)]
struct Group {
    subscription: String,
    name: String,
}

impl Registry {
    /// The registry of this name, in this resource group of the subscription with this id. The three are checked when they are
    /// first used.
    pub fn new(subscription: impl Into<String>, resource_group: impl Into<String>, name: impl Into<String>) -> Self {
        let group = Group { subscription: subscription.into(), name: resource_group.into() };
        Self { group: Some(group), ..Self::named(name) }
    }

    /// The registry of this name, which no other one in the cloud has. Azure is asked where it is when that is first needed.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            group: None,
            client: SharedClient::default(),
            found: Arc::default(),
            api_version: RegistryKind::API_VERSION.to_owned(),
        }
    }

    /// The registries of a subscription.
    pub fn list(subscription: impl Into<String>) -> RegistryList {
        RegistryList::new(subscription.into())
    }

    /// As [`Workspace::auth`](crate::Workspace::auth).
    pub fn auth(self, auth: impl Authentication + 'static) -> Self {
        self.shared_auth(Arc::new(auth))
    }

    /// As [`Workspace::shared_auth`](crate::Workspace::shared_auth).
    pub fn shared_auth(self, auth: Arc<dyn Authentication>) -> Self {
        self.client(ArmClient::new(auth))
    }

    /// As [`Workspace::client`](crate::Workspace::client).
    pub fn client(self, client: ArmClient) -> Self {
        Self { client: client.into(), found: Arc::default(), ..self }
    }

    /// Asks for another version of the API about the registry itself, such as a preview.
    pub fn api_version(self, version: impl Into<String>) -> Self {
        Self { api_version: version.into(), ..self }
    }

    /// The registry's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same registry with the resource group in which it lies, so that its assets are asked for at Azure Resource Manager.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`](auth_core::ErrorKind::Rejected) if there is no registry of this name, and as [`ArmClient::get`].
    pub async fn locate(&self) -> Result<Self, Error> {
        let (_, group) = self.reach().await?;
        Ok(Self { group: Some(group), ..self.clone() })
    }

    /// The registry's resource id.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](auth_core::ErrorKind::Configuration) saying which of the three names cannot be right, and as
    /// [`Registry::locate`].
    pub async fn resource_id(&self) -> Result<ResourceId, Error> {
        let (_, group) = self.reach().await?;
        group.registry(&self.name)
    }

    /// Asks Azure for the registry.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`](auth_core::ErrorKind::Rejected) if there is no such registry or it may not be seen, and as
    /// [`Registry::resource_id`] and [`Workspace::get`](crate::Workspace::get).
    pub async fn get(&self) -> Result<RegistryDetails, Error> {
        let (client, group) = self.reach().await?;
        let id = group.registry(&self.name)?;
        match client.get(id.as_str(), &self.api_version).await {
            Ok(found) => Ok(found),
            Err(error) => {
                let told = self.explain(&client, &error).await;
                Err(told.or_else(|| top_level::not_found::<RegistryKind>(&id, &error)).unwrap_or(error))
            }
        }
    }

    /// The same registry, asked for at the services of its region.
    #[cfg(feature = "transfer")]
    pub(crate) fn found_by_name(self) -> Self {
        Self { group: None, ..self }
    }

    /// The client, and where the registry lies.
    async fn reach(&self) -> Result<(ArmClient, Group), Error> {
        if let Some(group) = &self.group {
            return Ok((self.client.reach(&group.subscription).await?, group.clone()));
        }
        let client = self.client.get()?;
        let group = self.found(&client).await?.group.clone();
        Ok((client, group))
    }

    /// The way to its assets.
    pub(crate) async fn reach_assets(&self) -> Result<Reached, Error> {
        let (client, group) = self.reach().await?;
        let id = group.registry(&self.name)?;
        Ok(match self.group {
            Some(_) => Reached::at_resource_manager(client, &id),
            None => Reached {
                service: self.found(&client).await?.front_end.clone(),
                ..Reached::at_resource_manager(client, &id)
            },
        })
    }

    /// The version of the API of its assets, where that is not the one of their kind.
    pub(crate) fn version_of_assets(&self) -> Option<&'static str> {
        self.group.is_none().then_some(discovery::FRONT_END_VERSION)
    }

    /// Says more of an error, if it is about the registry itself, or about what that lies in.
    pub(crate) async fn explain(&self, client: &ArmClient, error: &Error) -> Option<Error> {
        top_level::explain::<RegistryKind>(&self.resource_id().await.ok()?, client, error).await
    }
}

impl Group {
    fn registry(&self, name: &str) -> Result<ResourceId, Error> {
        ResourceId::registry(&self.subscription, &self.name, name)
    }
}
