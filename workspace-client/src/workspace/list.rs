//! The workspaces of a subscription.

use auth_core::Error;
use serde_json::Value;

use super::details::WorkspaceKind;
use super::{Workspace, WorkspaceDetails};
use crate::arm::{ArmClient, unreadable};
use crate::resources::Kind as _;
use crate::top_level::{Listed, TopLevelList};

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
pub type WorkspaceList = TopLevelList<WorkspaceDetails>;

impl WorkspaceList {
    /// Only those of these kinds, such as `Hub` and `Project`.
    pub fn kinds<K: Into<String>>(self, kinds: impl IntoIterator<Item = K>) -> Self {
        let kinds: Vec<String> = kinds.into_iter().map(Into::into).collect();
        self.query("kind", &kinds)
    }
}

impl Listed for WorkspaceDetails {
    const SEGMENT: &'static str = WorkspaceKind::SEGMENT;
    const API_VERSION: &'static str = WorkspaceKind::API_VERSION;

    fn listed(raw: Value, client: &ArmClient, api_version: &str) -> Result<Self, Error> {
        let id = raw.get("id").and_then(Value::as_str).unwrap_or_default();
        let id = id.parse().map_err(|error: Error| unreadable("a workspace of the list").with_source(error))?;
        Self::new(Workspace::listed(&id, client.clone(), api_version.to_owned()), raw)
    }
}
