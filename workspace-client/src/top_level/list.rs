//! The workspaces or registries of a subscription.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use auth_core::{Authentication, Error};
use serde_json::Value;

use crate::arm::{ArmClient, Method, Pager, Request, Service, Turn};
use crate::arm::{check_resource_group, check_subscription};
use crate::reach;

/// A list in the making; see [`Workspace::list`](crate::Workspace::list) and [`Registry::list`](crate::Registry::list).
pub struct TopLevelList<T> {
    subscription: String,
    resource_group: Option<String>,
    query: Vec<(&'static str, String)>,
    client: Option<ArmClient>,
    api_version: String,
    items: PhantomData<fn() -> T>,
}

/// What lies in the resource groups of a subscription.
pub trait Listed: Sized + Send + 'static {
    /// Its segment of a path.
    const SEGMENT: &'static str;
    /// The version of the API, unless another one is asked for.
    const API_VERSION: &'static str;

    /// An item of the list, with the client and the version that it came by.
    ///
    /// # Errors
    /// [`auth_core::ErrorKind::Protocol`] if it cannot be read.
    fn listed(raw: Value, client: &ArmClient, api_version: &str) -> Result<Self, Error>;
}

impl<T: Listed> TopLevelList<T> {
    pub(crate) fn new(subscription: String) -> Self {
        Self {
            subscription,
            resource_group: None,
            query: Vec::new(),
            client: None,
            api_version: T::API_VERSION.to_owned(),
            items: PhantomData,
        }
    }

    /// Only those of this resource group.
    pub fn resource_group(mut self, name: impl Into<String>) -> Self {
        self.resource_group = Some(name.into());
        self
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
    pub fn client(mut self, client: ArmClient) -> Self {
        self.client = Some(client);
        self
    }

    /// As [`Workspace::api_version`](crate::Workspace::api_version).
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = version.into();
        self
    }

    /// Adds values of a parameter of the query, with commas between them.
    pub(crate) fn query(mut self, name: &'static str, values: &[String]) -> Self {
        for value in values {
            match self.query.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = format!("{known},{value}"),
                None => self.query.push((name, value.clone())),
            }
        }
        self
    }

    /// The items, fetched page by page as they are taken.
    pub fn pager(self) -> Pager<T> {
        let list = Arc::new(self);
        Pager::new(move |turn| {
            let list = list.clone();
            async move {
                let (client, first) = list.start()?;
                let request = if let Turn::Next(next) = turn { *next } else { first };
                match client.page(&request, "value").await {
                    Ok(page) => page.map(|raw| T::listed(raw, &client, &list.api_version)),
                    Err(error) => Err(reach::explain(&client, &list.subscription, &error).await.unwrap_or(error)),
                }
            }
        })
    }

    fn start(&self) -> Result<(ArmClient, Request), Error> {
        check_subscription(&self.subscription)?;
        let group = match &self.resource_group {
            Some(group) => check_resource_group(group).map(|()| format!("/resourceGroups/{group}"))?,
            None => String::new(),
        };
        let within = format!("/subscriptions/{}{group}", self.subscription);
        let path = format!("{within}/providers/Microsoft.MachineLearningServices/{}", T::SEGMENT);
        let client = self.client.clone().map_or_else(ArmClient::interactive, Ok)?;
        let first = Service::resource_manager(client.cloud()).request(Method::GET, &path);
        let first = first.query("api-version", &self.api_version);
        let first = self.query.iter().fold(first, |request, (name, value)| request.query(name, value));
        Ok((client, first))
    }
}

impl<T> Clone for TopLevelList<T> {
    fn clone(&self) -> Self {
        let Self { subscription, resource_group, query, client, api_version, items } = self;
        Self {
            subscription: subscription.clone(),
            resource_group: resource_group.clone(),
            query: query.clone(),
            client: client.clone(),
            api_version: api_version.clone(),
            items: *items,
        }
    }
}

impl<T> fmt::Debug for TopLevelList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TopLevelList")
            .field("subscription", &self.subscription)
            .field("resource_group", &self.resource_group)
            .finish_non_exhaustive()
    }
}
