//! The workspaces of a subscription.

use std::sync::Arc;

use auth_core::{Authentication, Error};
use serde_json::Value;

use super::details::WorkspaceKind;
use super::{Workspace, WorkspaceDetails};
use crate::arm::{ArmClient, Method, Pager, Request, Service, Turn};
use crate::arm::{check_resource_group, check_subscription, unreadable};
use crate::reach;
use crate::resources::Kind as _;

/// A list of workspaces in the making; see [`Workspace::list`].
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # use workspace_client::Workspace;
/// let mut workspaces = Workspace::list("my-subscription-id").resource_group("my-ml-rg").pager();
/// while let Some(ws) = workspaces.try_next().await? {
///     println!("{} {}", ws.name(), ws.location());
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct WorkspaceList {
    subscription: String,
    resource_group: Option<String>,
    kinds: Vec<String>,
    client: Option<ArmClient>,
    api_version: String,
}

impl WorkspaceList {
    pub(super) fn new(subscription: String) -> Self {
        Self {
            subscription,
            resource_group: None,
            kinds: Vec::new(),
            client: None,
            api_version: WorkspaceKind::API_VERSION.to_owned(),
        }
    }

    /// Only those of this resource group.
    pub fn resource_group(mut self, name: impl Into<String>) -> Self {
        self.resource_group = Some(name.into());
        self
    }

    /// Only those of these kinds, such as `Hub` and `Project`.
    pub fn kinds<K: Into<String>>(mut self, kinds: impl IntoIterator<Item = K>) -> Self {
        self.kinds.extend(kinds.into_iter().map(Into::into));
        self
    }

    /// As [`Workspace::auth`].
    pub fn auth(self, auth: impl Authentication + 'static) -> Self {
        self.shared_auth(Arc::new(auth))
    }

    /// As [`Workspace::shared_auth`].
    pub fn shared_auth(self, auth: Arc<dyn Authentication>) -> Self {
        self.client(ArmClient::new(auth))
    }

    /// As [`Workspace::client`].
    pub fn client(mut self, client: ArmClient) -> Self {
        self.client = Some(client);
        self
    }

    /// As [`Workspace::api_version`].
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = version.into();
        self
    }

    /// The workspaces, fetched page by page as they are taken.
    pub fn pager(self) -> Pager<WorkspaceDetails> {
        let list = Arc::new(self);
        Pager::new(move |turn| {
            let list = list.clone();
            async move {
                let (client, first) = list.start()?;
                let request = if let Turn::Next(next) = turn { *next } else { first };
                match client.page(&request, "value").await {
                    Ok(page) => page.map(|raw| listed(raw, client.clone(), list.api_version.clone())),
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
        let path = format!("{within}/providers/Microsoft.MachineLearningServices/workspaces");
        let client = self.client.clone().map_or_else(ArmClient::interactive, Ok)?;
        let first = Service::resource_manager(client.cloud()).request(Method::GET, &path);
        let first = first.query("api-version", &self.api_version);
        let first = if self.kinds.is_empty() { first } else { first.query("kind", &self.kinds.join(",")) };
        Ok((client, first))
    }
}

fn listed(raw: Value, client: ArmClient, api_version: String) -> Result<WorkspaceDetails, Error> {
    let id = raw.get("id").and_then(Value::as_str).unwrap_or_default();
    let id = id.parse().map_err(|error: Error| unreadable("a workspace of the list").with_source(error))?;
    WorkspaceDetails::new(Workspace::listed(&id, client, api_version), raw)
}
