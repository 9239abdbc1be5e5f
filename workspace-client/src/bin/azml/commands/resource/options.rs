//! What the creation of a resource takes beside its file.

use std::fmt::Debug;

use auth_core::Error;
use clap::Args;
use serde_json::json;
use workspace_client::Workspace;
use workspace_client::resources::endpoint::batch::{BatchDeploymentKind, BatchEndpointKind};
use workspace_client::resources::endpoint::online::{OnlineDeploymentKind, OnlineEndpointKind};

use super::{Listed, Operation, finish};
use crate::args::{AllTrafficArgs, AuthModeArgs, EndpointArgs, NoOptions, SetDefaultArgs};
use crate::description::Description;

/// The options of a kind.
pub(crate) trait CreateOptions<K: Listed>: Args + Debug + Send + Sync + 'static {
    /// Says what they say of the resource itself.
    fn add_to(&self, _said: &mut Description) {}

    /// Does what they want once the resource is there.
    async fn follow(&self, _created: &str, _parent: &K::Parent, _ws: &Workspace) -> Result<(), Error> {
        Ok(())
    }
}

impl<K: Listed> CreateOptions<K> for NoOptions {}

impl CreateOptions<OnlineEndpointKind> for AuthModeArgs {
    fn add_to(&self, said: &mut Description) {
        if let Some(mode) = &self.auth_mode {
            said.put(&["auth_mode"], "--auth-mode", json!(mode));
        }
    }
}

impl CreateOptions<OnlineDeploymentKind> for AllTrafficArgs {
    async fn follow(&self, created: &str, parent: &EndpointArgs, ws: &Workspace) -> Result<(), Error> {
        if !self.all_traffic {
            return Ok(());
        }
        let endpoint = parent.name();
        let operation = Operation::of::<OnlineEndpointKind>("changing", endpoint, ws);
        finish(ws.online_endpoints().set_traffic(endpoint, &[(created, 100)]).await?, false, &operation).await?;
        Ok(())
    }
}

impl CreateOptions<BatchDeploymentKind> for SetDefaultArgs {
    async fn follow(&self, created: &str, parent: &EndpointArgs, ws: &Workspace) -> Result<(), Error> {
        if !self.set_default {
            return Ok(());
        }
        let endpoint = parent.name();
        let operation = Operation::of::<BatchEndpointKind>("changing", endpoint, ws);
        let endpoints = ws.batch_endpoints();
        let changed = endpoints.get(endpoint).await?.with("/properties/defaults/deploymentName", created);
        finish(endpoints.create_or_update(endpoint, &changed).await?, false, &operation).await?;
        Ok(())
    }
}
