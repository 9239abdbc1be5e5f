//! What has a name and versions: models, data, environments, components.

#[cfg(feature = "transfer")]
mod anonymous;
pub mod code;
#[cfg(feature = "transfer")]
mod code_files;
pub mod component;
mod container;
pub mod data;
mod download;
pub mod environment;
pub mod feature;
mod filter;
pub mod model;
pub mod package;
mod publish;
mod reference;
mod resolve;
#[cfg(feature = "transfer")]
mod shared_files;
mod upload;
mod version;

use std::fmt;
use std::marker::PhantomData;

use auth_core::{Error, ErrorKind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::place::Place;
use super::root::Root;
use super::{Kind, Resource, Verb};
use crate::arm::{ArmError, Pager};
use crate::{Registry, Workspace};

pub use container::{Container, ContainerOf};
pub use filter::VersionFilter;
pub use publish::{Destination, Publishable};
pub use reference::Reference;
pub use upload::{BlobCredential, BlobReference, PendingUpload, UploadTarget};
pub use version::{ListView, Version};

/// How often a version is counted up, where others create some at the same time (observed: azure-ai-ml 1.35).
const ATTEMPTS: u32 = 3;

/// A kind of asset. A [`Resource`] of it is one version.
pub trait AssetKind: Kind {
    /// Whether the newest version is the one that was created last, or the one that its container names.
    const LATEST: Latest = Latest::Created;
    /// Whether a workspace takes time to create one, as registries do with every asset.
    const TAKES_TIME: bool = false;
    /// Whether a list can be told to show archived ones.
    const HAS_VIEWS: bool = true;
    /// Whether that of a registry can.
    const HAS_REGISTRY_VIEWS: bool = Self::HAS_VIEWS;
    /// The label that a reference without a version means, if it may be without (observed: azure-ai-ml 1.35).
    const DEFAULT_LABEL: Option<&'static str> = None;
    /// The parameter that says which tags a list is about.
    const TAGS_PARAMETER: &'static str = "tags";
    /// The parameter that says how many items a page has.
    const VERSIONS_PAGE_SIZE: &'static str = "$top";
}

/// Which version is the newest (observed: azure-ai-ml 1.35).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latest {
    /// The one that was created last.
    Created,
    /// The one that the container names.
    Named,
}

/// The assets of one kind: nothing is asked before one of its verbs is called.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use workspace_client::resources::asset::Version;
/// let model = ws.models().get("credit", Version::Latest).await?;
/// println!("{} {:?}", model.name(), model.description());
/// # Ok(()) }
/// ```
pub struct Assets<K> {
    place: Place,
    kind: PhantomData<fn() -> K>,
}

impl<K: AssetKind> Assets<K> {
    pub(crate) fn of(workspace: &Workspace) -> Self {
        Self::at(Place::of::<K>(Root::Workspace(workspace.clone())))
    }

    pub(crate) fn of_registry(registry: &Registry) -> Self {
        let place = Place::of::<K>(Root::Registry(registry.clone()));
        Self::at(match registry.version_of_assets() {
            Some(version) => place.at_version(version),
            None => place,
        })
    }

    pub(crate) fn at(place: Place) -> Self {
        Self { place, kind: PhantomData }
    }

    /// Asks for another version of the API, such as a preview. Its members are then in [`Resource::raw`].
    pub fn api_version(self, version: impl Into<String>) -> Self {
        Self::at(self.place.at_version(version))
    }

    /// A version of the asset of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] if there is none or it may not be seen, [`ErrorKind::Configuration`] if that is no name, and as
    /// [`Workspace::get`].
    pub async fn get(&self, name: &str, version: impl Into<Version>) -> Result<Resource<K>, Error> {
        match version.into() {
            Version::Label(label) => self.place.fetch(Verb::get(&[name, "labels", &label])).await,
            Version::Latest if K::LATEST == Latest::Created => self.newest(name).await,
            Version::Latest => {
                let container = self.container(name).await?;
                let version = container.latest_version().ok_or_else(|| no_version::<K>(name))?;
                self.place.fetch(Verb::get(&[name, "versions", version])).await
            }
            Version::Named(version) => self.place.fetch(Verb::get(&[name, "versions", &version])).await,
        }
    }

    /// The asset of this name, whatever its versions.
    ///
    /// # Errors
    /// As [`Assets::get`].
    pub async fn container(&self, name: &str) -> Result<Container<K>, Error> {
        self.place.fetch(Verb::get(&[name])).await
    }

    /// The assets, without their versions.
    pub fn list(&self, view: ListView) -> Pager<Container<K>> {
        self.place.pager(Verb::get(&[]).query("listViewType", self.has_views().then_some(view.as_str())))
    }

    /// The versions of an asset.
    pub fn versions(&self, name: &str, view: ListView) -> Pager<Resource<K>> {
        self.versions_with(name, &VersionFilter::default().view(view))
    }

    /// The versions of an asset that a filter lets through.
    pub fn versions_with(&self, name: &str, filter: &VersionFilter) -> Pager<Resource<K>> {
        let verb = filter.of::<K>(Verb::get(&[name, "versions"]), self.has_views());
        self.place.pager(verb.page_size(K::VERSIONS_PAGE_SIZE))
    }

    /// Creates an asset without a version, or changes what it says about itself.
    ///
    /// # Errors
    /// As [`Assets::create_or_update`].
    pub async fn create_or_update_container(
        &self,
        name: &str,
        container: &impl Serialize,
    ) -> Result<Container<K>, Error> {
        self.put(Verb::put(&[name], container)?).await
    }

    /// Deletes an asset with all its versions. That there is none is no error.
    ///
    /// # Errors
    /// As [`Assets::get`].
    pub async fn delete_container(&self, name: &str) -> Result<(), Error> {
        self.remove(Verb::delete(&[name])).await
    }

    /// Creates this version of an asset, or changes it. What a version holds cannot be changed, but its description and tags can.
    ///
    /// # Errors
    /// As [`Assets::get`], and [`ArmError`] as the source where the description is refused.
    pub async fn create_or_update(
        &self,
        name: &str,
        version: &str,
        asset: &impl Serialize,
    ) -> Result<Resource<K>, Error> {
        self.put(Verb::put(&[name, "versions", version], asset)?).await
    }

    /// Creates the next version of an asset; the first one if there is none.
    ///
    /// # Errors
    /// As [`Assets::create_or_update`].
    pub async fn create(&self, name: &str, asset: &impl Serialize) -> Result<Resource<K>, Error> {
        let mut attempt = 1;
        loop {
            let version = self.next_version(name).await?;
            match self.create_or_update(name, &version, asset).await {
                Err(error) if attempt < ATTEMPTS && ArmError::of(&error).is_some_and(|arm| arm.status() == 409) => {
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// The version that [`Assets::create`] would make, if nobody is faster.
    ///
    /// # Errors
    /// As [`Assets::get`].
    pub async fn next_version(&self, name: &str) -> Result<String, Error> {
        match self.container(name).await {
            Ok(container) => Ok(container.next_version().unwrap_or("1").to_owned()),
            Err(error) if is_missing(&error) => Ok("1".to_owned()),
            Err(error) => Err(error),
        }
    }

    /// Hides one version of an asset from lists, or without a version all of them.
    ///
    /// # Errors
    /// As [`Assets::create_or_update`].
    pub async fn archive(&self, name: &str, version: Option<&str>) -> Result<(), Error> {
        self.set_archived(name, version, true).await
    }

    /// Shows one version of an asset in lists again, or without a version all of them.
    ///
    /// # Errors
    /// As [`Assets::create_or_update`].
    pub async fn restore(&self, name: &str, version: Option<&str>) -> Result<(), Error> {
        self.set_archived(name, version, false).await
    }

    /// Deletes a version of an asset. That there is none is no error.
    ///
    /// # Errors
    /// As [`Assets::get`].
    pub async fn delete(&self, name: &str, version: &str) -> Result<(), Error> {
        self.remove(Verb::delete(&[name, "versions", version])).await
    }

    async fn remove(&self, verb: Verb) -> Result<(), Error> {
        if self.takes_time() { self.place.begin(verb).await?.wait().await } else { self.place.fetch(verb).await }
    }

    async fn newest(&self, name: &str) -> Result<Resource<K>, Error> {
        let verb = Verb::get(&[name, "versions"]).query("$orderBy", "createdtime desc").query("$top", "1");
        self.place.pager(verb).try_next().await?.ok_or_else(|| no_version::<K>(name))
    }

    /// A container is told no more than the flag, a version is sent back whole (observed: azure-ai-ml 1.35).
    async fn set_archived(&self, name: &str, version: Option<&str>, archived: bool) -> Result<(), Error> {
        if let Some(version) = version {
            let asset = self.get(name, version).await?.with("/properties/isArchived", archived);
            return self.create_or_update(name, version, &asset).await.map(drop);
        }
        let body = json!({"properties": {"isArchived": archived}});
        self.put::<Container<K>>(Verb::put(&[name], &body)?).await.map(drop)
    }

    fn takes_time(&self) -> bool {
        K::TAKES_TIME || self.place.root().registry().is_some()
    }

    fn has_views(&self) -> bool {
        if self.place.root().registry().is_some() { K::HAS_REGISTRY_VIEWS } else { K::HAS_VIEWS }
    }

    /// The registry that they lie in, which gives places for files.
    fn registry(&self) -> Result<&Registry, Error> {
        let root = self.place.root();
        root.registry().ok_or_else(|| {
            let message =
                format!("places for the files of a {} are given by registries, not by {}", K::NAME, root.described());
            Error::new(ErrorKind::Configuration, message).with_help("a workspace has datastores for its files")
        })
    }

    async fn put<T: DeserializeOwned + Send + 'static>(&self, verb: Verb) -> Result<T, Error> {
        if self.takes_time() { self.place.begin(verb).await?.wait().await } else { self.place.fetch(verb).await }
    }
}

fn no_version<K: Kind>(name: &str) -> Error {
    Error::new(ErrorKind::Rejected, format!("{} {name} has no version", K::NAME))
        .with_help(format!("azml {} list --name {name}", K::NAME))
        .with_status(404)
}

fn is_missing(error: &Error) -> bool {
    ArmError::of(error).is_some_and(|arm| arm.status() == 404)
}

impl<K> Clone for Assets<K> {
    fn clone(&self) -> Self {
        Self { place: self.place.clone(), kind: PhantomData }
    }
}

impl<K> fmt::Debug for Assets<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assets").field("place", &self.place).finish()
    }
}
