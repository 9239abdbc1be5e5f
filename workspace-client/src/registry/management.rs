//! What changes a registry. All of it is asked at Azure Resource Manager.

use auth_core::{Error, ErrorKind};
use serde::Serialize;
use serde_json::json;

use super::details::RegistryKind;
use super::{Registry, RegistryDetails};
use crate::arm::Poller;
use crate::resources::Verb;
use crate::resources::place::Place;
use crate::resources::root::Root;
use crate::top_level::TopLevelList;

/// A list of registries in the making; see [`Registry::list`].
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # use workspace_client::Registry;
/// let mut registries = Registry::list("my-subscription-id").resource_group("my-ml-rg").pager();
/// while let Some(registry) = registries.try_next().await? {
///     println!("{} {:?}", registry.name(), registry.regions().collect::<Vec<_>>());
/// }
/// # Ok(()) }
/// ```
pub type RegistryList = TopLevelList<RegistryDetails>;

impl Registry {
    /// Creates the registry, or replaces what is said of it: a [`NewRegistry`](super::NewRegistry), or JSON in the API's shape. One
    /// that is not there yet cannot be found by its name alone: its resource group is to be said.
    ///
    /// # Errors
    /// As [`Registry::get`].
    pub async fn create_or_update(&self, registry: &impl Serialize) -> Result<Poller<RegistryDetails>, Error> {
        self.place().await?.begin(Verb::put(&[], registry)?).await
    }

    /// Changes the tags, the identity or the SKU, such as `json!({"tags": {}})`; tags are replaced as a whole. What else there is to
    /// change takes the whole registry, as [`Resource::with`](crate::resources::Resource::with) changes it, and
    /// [`Registry::create_or_update`].
    ///
    /// # Errors
    /// As [`Registry::get`].
    pub async fn update(&self, change: &impl Serialize) -> Result<RegistryDetails, Error> {
        self.place().await?.fetch(Verb::patch(&[], change)?).await
    }

    /// Deletes the registry with all that is in it. That there is no such registry is no error, if its resource group was said.
    ///
    /// # Errors
    /// As [`Registry::get`].
    pub async fn delete(&self) -> Result<Poller<()>, Error> {
        self.place().await?.begin(Verb::delete(&[])).await
    }

    /// Takes the registry out of these regions.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] naming a region that it is not in, and as [`Registry::get`].
    pub async fn remove_regions(&self, regions: &[&str]) -> Result<Poller<RegistryDetails>, Error> {
        let registry = self.get().await?;
        if let Some(strange) = regions.iter().find(|wanted| !registry.regions().any(|region| region == **wanted)) {
            let known: Vec<_> = registry.regions().collect();
            return Err(Error::new(ErrorKind::Configuration, format!("registry {} is not in {strange}", self.name))
                .with_help(format!("it is in {}", known.join(", "))));
        }
        let is_meant =
            |region: &&serde_json::Value| region["location"].as_str().is_some_and(|it| regions.contains(&it));
        let gone: Vec<_> = registry.json().items("/properties/regionDetails").filter(is_meant).collect();
        let body = json!({"location": registry.location(), "properties": {"regionDetails": gone}});
        self.place().await?.begin(Verb::post(&["removeRegions"]).body(&body)?).await
    }

    /// Where the verbs of the registry itself are asked.
    async fn place(&self) -> Result<Place, Error> {
        let located = self.locate().await?;
        Ok(Place::itself::<RegistryKind>(Root::Registry(located)).at_version(&self.api_version))
    }
}
