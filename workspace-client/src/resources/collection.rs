//! The resources of one kind.

use std::fmt;
use std::marker::PhantomData;

use auth_core::Error;
use serde::Serialize;

use super::place::Place;
use super::root::Root;
use super::verb::to_json;
use super::{Kind, LongRunning, Patched, Resource, Verb};
use crate::Workspace;
use crate::arm::{Pager, Poller};

/// The resources of one kind that lie in one place: nothing is asked before one of its verbs is called.
///
/// All of them can be got and listed; what else can be done with a kind is a method of its own collection, such as
/// [`Computes`](super::compute::Computes).
pub struct Collection<K> {
    place: Place,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Collection<K> {
    pub(crate) fn of(workspace: &Workspace) -> Self {
        Self::at(Place::of::<K>(Root::Workspace(workspace.clone())))
    }

    pub(crate) fn at(place: Place) -> Self {
        Self { place, kind: PhantomData }
    }

    /// Asks for another version of the API, such as a preview. Its members are then in [`Resource::raw`].
    pub fn api_version(self, version: impl Into<String>) -> Self {
        Self::at(self.place.at_version(version))
    }

    /// The resource of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`](auth_core::ErrorKind::Rejected) if there is none or it may not be seen,
    /// [`ErrorKind::Configuration`](auth_core::ErrorKind::Configuration) if that is no name, and as [`Workspace::get`].
    pub async fn get(&self, name: &str) -> Result<Resource<K>, Error> {
        self.place.fetch(Verb::get(&[name])).await
    }

    /// All of them.
    pub fn list(&self) -> Pager<Resource<K>> {
        self.place.pager(Verb::get(&[]).page_size(K::PAGE_SIZE))
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

impl<K: LongRunning> Collection<K> {
    /// Creates a resource, or replaces the one of this name. JSON in the API's shape describes any of them; where one has a region
    /// and no `location` is given, it is that of the workspace.
    ///
    /// # Errors
    /// As [`Collection::get`], and [`ArmError`](crate::arm::ArmError) as the source where the description is refused.
    pub async fn create_or_update(&self, name: &str, resource: &impl Serialize) -> Result<Poller<Resource<K>>, Error> {
        let body = to_json(resource)?;
        let body = if K::IS_TRACKED { self.place.located(body).await? } else { body };
        self.place.begin(Verb::put(&[name], &body)?).await
    }

    /// Deletes a resource. That there is none is no error.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn delete(&self, name: &str) -> Result<Poller<()>, Error> {
        self.place.begin(Verb::delete(&[name])).await
    }
}

impl<K: Patched> Collection<K> {
    /// Changes some members of a resource, such as its tags; JSON in the API's shape says which. What the API does not change alone
    /// takes the whole resource, as [`Resource::with`] changes it, and [`Collection::create_or_update`].
    ///
    /// # Errors
    /// As [`Collection::create_or_update`].
    pub async fn update(&self, name: &str, change: &impl Serialize) -> Result<Poller<Resource<K>>, Error> {
        self.place.begin(Verb::patch(&[name], change)?).await
    }
}

impl<K> Clone for Collection<K> {
    fn clone(&self) -> Self {
        Self { place: self.place.clone(), kind: PhantomData }
    }
}

impl<K> fmt::Debug for Collection<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection").field("place", &self.place).finish()
    }
}
