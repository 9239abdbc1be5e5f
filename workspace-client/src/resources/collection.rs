//! The resources of one kind in a workspace.

use std::fmt;
use std::marker::PhantomData;

use auth_core::{Error, ErrorKind};
use serde::de::DeserializeOwned;

use super::{Kind, Resource, Verb};
use crate::Workspace;
use crate::arm::{ArmClient, ArmError, Pager, Poller, Request, check_name, item};

/// The resources of one kind in a workspace: nothing is asked before one of its verbs is called.
///
/// Every kind can be got and listed; what else can be done with it is a method of its own collection, such as
/// [`Computes`](super::compute::Computes).
pub struct Collection<K> {
    workspace: Workspace,
    api_version: String,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Collection<K> {
    pub(crate) fn of(workspace: &Workspace) -> Self {
        Self { workspace: workspace.clone(), api_version: K::API_VERSION.to_owned(), kind: PhantomData }
    }

    /// Asks for another version of the API, such as a preview. Its members are then in [`Resource::raw`].
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = version.into();
        self
    }

    /// The resource of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Rejected`] if there is none or it may not be seen, [`ErrorKind::Configuration`] if that is no name, and as
    /// [`Workspace::get`].
    pub async fn get(&self, name: &str) -> Result<Resource<K>, Error> {
        self.fetch(Verb::get(name)).await
    }

    /// All of them.
    pub fn list(&self) -> Pager<Resource<K>> {
        self.pager(Verb::list())
    }

    /// Follows an operation that was saved with [`Poller::save`].
    ///
    /// # Errors
    /// As [`Poller::resume`].
    pub fn resume<T: DeserializeOwned>(&self, operation: &str) -> Result<Poller<T>, Error> {
        Poller::resume(self.workspace.signed_in()?, operation)
    }

    /// The workspace that they lie in.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    pub(super) fn version(&self) -> &str {
        &self.api_version
    }

    /// What a request that takes no time is answered with.
    pub(super) async fn fetch<T: DeserializeOwned>(&self, verb: Verb<'_>) -> Result<T, Error> {
        let client = self.workspace.reach().await?;
        let (name, request) = (verb.name, self.request(&client, verb)?);
        match client.fetch(&request).await {
            Ok(found) => Ok(found),
            Err(error) => Err(self.explain(&client, name, error).await),
        }
    }

    /// Starts what may take longer.
    pub(super) async fn begin<T: DeserializeOwned>(&self, verb: Verb<'_>) -> Result<Poller<T>, Error> {
        let client = self.workspace.reach().await?;
        let (name, request) = (verb.name, self.request(&client, verb)?);
        match client.begin(request).await {
            Ok(poller) => Ok(poller),
            Err(error) => Err(self.explain(&client, name, error).await),
        }
    }

    /// A list that comes in pages.
    pub(super) fn pager<T: DeserializeOwned + Send + 'static>(&self, verb: Verb<'_>) -> Pager<T> {
        let (own, name) = (self.clone(), verb.name.map(str::to_owned));
        let begun = self.workspace.signed_in().and_then(|client| Ok((self.request(&client, verb)?, client)));
        let (first, client) = match begun {
            Ok(begun) => begun,
            Err(error) => return Pager::failed(error),
        };
        Pager::new(client.clone(), first, item).or_else(move |error| {
            let (own, client, name) = (own.clone(), client.clone(), name.clone());
            async move { own.explain(&client, name.as_deref(), error).await }
        })
    }

    fn request(&self, client: &ArmClient, verb: Verb<'_>) -> Result<Request, Error> {
        let mut path = format!("{}/{}", self.workspace.resource_id()?, K::SEGMENT);
        if let Some(name) = verb.name {
            check_name(&format!("{} name", K::NAME), name)?;
            path = [path.as_str(), name, verb.action].join("/");
        }
        let mut request = Request::new(verb.method, client.url(&path, &self.api_version));
        for (name, value) in verb.query {
            request = request.query(name, value);
        }
        let request = request.body(&verb.body)?;
        Ok(if verb.has_result { request } else { request.without_result() })
    }

    /// Says what an error means here, as far as it can be told.
    async fn explain(&self, client: &ArmClient, name: Option<&str>, error: Error) -> Error {
        if let Some(told) = self.workspace.explain(client, &error).await {
            return told;
        }
        let not_found = ArmError::of(&error).filter(|arm| arm.status() == 404).cloned();
        let (Some(arm), Some(name)) = (not_found, name) else { return error };
        let (workspace, group) = (self.workspace.name(), self.workspace.resource_group());
        let message = format!("there is no {} {name} in workspace {workspace} of resource group {group}", K::NAME);
        let help = format!("azml {} list --workspace-name {workspace} --resource-group {group}", K::NAME);
        let not_found = Error::new(ErrorKind::Rejected, message).with_help(help).with_status(404).with_source(arm);
        match error.correlation_id() {
            Some(id) => not_found.with_correlation_id(id),
            None => not_found,
        }
    }
}

impl<K> Clone for Collection<K> {
    fn clone(&self) -> Self {
        Self { workspace: self.workspace.clone(), api_version: self.api_version.clone(), kind: PhantomData }
    }
}

impl<K: Kind> fmt::Debug for Collection<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection")
            .field("kind", &K::NAME)
            .field("workspace", &self.workspace.name())
            .finish_non_exhaustive()
    }
}
