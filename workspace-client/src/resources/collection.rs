//! The resources of one kind.

use std::fmt;
use std::marker::PhantomData;

use auth_core::Error;

use super::place::Place;
use super::root::Root;
use super::{Kind, Resource, Verb};
use crate::Workspace;
use crate::arm::Pager;

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
        self.place.pager(Verb::get(&[]))
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
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
