//! What the commands of a kind take beside what those of every kind take.

use std::fmt::Debug;

use auth_core::{Error, ErrorKind};
use clap::Args;
use serde_json::{Map, Value, json};
use workspace_client::Workspace;
use workspace_client::arm::Pager;
use workspace_client::resources::connection::{ConnectionFilter, ConnectionKind, Connections};
use workspace_client::resources::endpoint::batch::{BatchDeploymentKind, BatchEndpointKind};
use workspace_client::resources::endpoint::online::{OnlineDeploymentKind, OnlineEndpointKind};
use workspace_client::resources::network::CapabilityHostKind;
use workspace_client::resources::schedule::{Schedule, ScheduleKind, ScheduleListView, Schedules};
use workspace_client::resources::{Collection, Resource};

use super::{Described as _, Listed, Operation, finish, kinds};
use crate::args::{
    AuthModeArgs, CapabilityHostArgs, ConnectionTypeArgs, DefaultsArgs, DeploymentPageArgs, EndpointArgs,
    EndpointPageArgs, NewDeploymentArgs, NoOptions, NoParent, RestingArgs, SecretsArgs, SetDefaultArgs,
    SkipValidationArgs, TrafficArgs,
};
use crate::commands::asset::package;
use crate::context::Context;
use crate::description::Description;
use crate::web;

pub(crate) trait CreateOptions<K: Listed>: Args + Debug + Send + Sync + 'static {
    /// Says what they say of the resource itself.
    fn add_to(&self, _said: &mut Description) {}

    /// Does what they want before the resource is created, and changes what is sent by it.
    async fn prepare(&self, _body: &mut Value, _ws: &Workspace) -> Result<(), Error> {
        Ok(())
    }

    /// Does what they want once the resource is there.
    async fn follow(&self, _created: &str, _parent: &K::Parent, _ws: &Workspace) -> Result<(), Error> {
        Ok(())
    }
}

pub(crate) trait ListOptions<K: Listed>: Args + Debug + Send + Sync + 'static {
    fn list(&self, all: &Collection<K>) -> Pager<Resource<K>> {
        all.list()
    }

    /// Whether they want what Azure tells only whom it is asked for.
    fn want_secrets(&self) -> bool {
        false
    }
}

/// Of every command that shows one resource.
pub(crate) trait ShowOptions<K: Listed>: Args + Debug + Send + Sync + 'static {
    /// Does what they want beside it.
    async fn complete(
        &self,
        _shown: &mut Value,
        _name: &str,
        _parent: &K::Parent,
        _ws: &Workspace,
        _context: &Context,
    ) -> Result<(), Error> {
        Ok(())
    }
}

pub(crate) trait UpdateOptions: Args + Debug + Send + Sync + 'static {
    /// Says what they change.
    fn add_to(&self, _said: &mut Description) -> Result<(), Error> {
        Ok(())
    }
}

impl<K: Listed> CreateOptions<K> for NoOptions {}
impl<K: Listed> ListOptions<K> for NoOptions {}
impl<K: Listed> ShowOptions<K> for NoOptions {}
impl UpdateOptions for NoOptions {}
impl UpdateOptions for SkipValidationArgs {}

impl CreateOptions<CapabilityHostKind> for CapabilityHostArgs {
    fn add_to(&self, said: &mut Description) {
        let texts = [
            ("capability_host_kind", "--capability-host-kind", &self.capability_host_kind),
            ("description", "--description", &self.description),
        ];
        for (member, option, text) in texts {
            if let Some(text) = text {
                said.put(&[member], option, json!(text));
            }
        }
        let connections = [
            ("ai_services_connections", "--ai-services-connections", &self.ai_services_connections),
            ("storage_connections", "--storage-connections", &self.storage_connections),
            ("vector_store_connections", "--vector-store-connections", &self.vector_store_connections),
        ];
        for (member, option, names) in connections.into_iter().filter(|(_, _, names)| !names.is_empty()) {
            said.put(&[member], option, json!(names));
        }
    }

    /// A project keeps its files in its own container, and cannot do without models (observed: azure-ai-ml 1.35).
    async fn prepare(&self, body: &mut Value, ws: &Workspace) -> Result<(), Error> {
        let details = ws.get().await?;
        if !details.kind().is_some_and(|kind| kind.eq_ignore_ascii_case("project")) {
            return Ok(());
        }
        let properties = &mut body["properties"];
        if properties["aiServicesConnections"].is_null() {
            let message = "the capability host of a project needs a connection to models";
            return Err(Error::new(ErrorKind::Configuration, message)
                .with_help("name it with --ai-services-connections, from azml connection list"));
        }
        if properties["storageConnections"].as_array().is_none_or(Vec::is_empty) {
            properties["storageConnections"] = json!([format!("{}/workspaceblobstore", details.name())]);
        }
        Ok(())
    }
}

impl CreateOptions<OnlineEndpointKind> for AuthModeArgs {
    fn add_to(&self, said: &mut Description) {
        if let Some(mode) = &self.auth_mode {
            said.put(&["auth_mode"], "--auth-mode", json!(mode));
        }
    }
}

impl CreateOptions<OnlineDeploymentKind> for NewDeploymentArgs {
    async fn prepare(&self, body: &mut Value, ws: &Workspace) -> Result<(), Error> {
        if self.package_model { package::into_environment(body, ws).await } else { Ok(()) }
    }

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

impl ListOptions<ConnectionKind> for ConnectionTypeArgs {
    fn list(&self, all: &Connections) -> Pager<Resource<ConnectionKind>> {
        match &self.kind {
            Some(kind) => all.list_with(&ConnectionFilter::default().category(kinds::category(kind))),
            None => all.list(),
        }
    }

    fn want_secrets(&self) -> bool {
        self.secrets.populate_secrets
    }
}

impl ListOptions<ScheduleKind> for RestingArgs {
    fn list(&self, all: &Schedules) -> Pager<Schedule> {
        all.list_with(match self {
            Self { disabled_only: true, .. } => ScheduleListView::Disabled,
            Self { include_disabled: true, .. } => ScheduleListView::All,
            Self { .. } => ScheduleListView::Enabled,
        })
    }
}

impl ShowOptions<ConnectionKind> for SecretsArgs {
    async fn complete(
        &self,
        shown: &mut Value,
        name: &str,
        _: &NoParent,
        ws: &Workspace,
        _: &Context,
    ) -> Result<(), Error> {
        if self.populate_secrets { ConnectionKind::add_secrets(shown, &ws.connections(), name).await } else { Ok(()) }
    }
}

impl ShowOptions<OnlineDeploymentKind> for DeploymentPageArgs {
    async fn complete(
        &self,
        _: &mut Value,
        _: &str,
        parent: &EndpointArgs,
        ws: &Workspace,
        context: &Context,
    ) -> Result<(), Error> {
        if self.web { open_page(parent.name(), ws, context).await } else { Ok(()) }
    }
}

impl ShowOptions<OnlineEndpointKind> for EndpointPageArgs {
    async fn complete(
        &self,
        _: &mut Value,
        name: &str,
        _: &NoParent,
        ws: &Workspace,
        context: &Context,
    ) -> Result<(), Error> {
        if self.web { open_page(name, ws, context).await } else { Ok(()) }
    }
}

impl UpdateOptions for DefaultsArgs {
    fn add_to(&self, said: &mut Description) -> Result<(), Error> {
        let Some(defaults) = &self.defaults else { return Ok(()) };
        let name = defaults.strip_prefix("deployment_name=").ok_or_else(|| {
            Error::new(ErrorKind::Configuration, "--defaults does not say which deployment answers")
                .with_help("write it as --defaults deployment_name=NAME")
        })?;
        said.put(&["defaults", "deployment_name"], "--defaults", name.into());
        Ok(())
    }
}

impl UpdateOptions for TrafficArgs {
    fn add_to(&self, said: &mut Description) -> Result<(), Error> {
        for (member, option, shares) in
            [("traffic", "--traffic", &self.traffic), ("mirror_traffic", "--mirror-traffic", &self.mirror_traffic)]
        {
            if !shares.is_empty() {
                said.put(&[member], option, shares_of(option, shares)?);
            }
        }
        Ok(())
    }
}

/// The page of an endpoint has its deployments, too.
async fn open_page(endpoint: &str, ws: &Workspace, context: &Context) -> Result<(), Error> {
    let page = ws.studio_page(&format!("/endpoints/realtime/{endpoint}/detail")).await?;
    web::open("the endpoint's page", page.as_str(), context).await;
    Ok(())
}

fn shares_of(option: &str, said: &[String]) -> Result<Value, Error> {
    let share = |share: &String| -> Option<(String, Value)> {
        let (deployment, percent) = share.split_once('=')?;
        let percent: u64 = percent.trim().trim_end_matches('%').parse().ok()?;
        Some((deployment.trim().to_owned(), percent.into()))
    };
    let shares: Option<Map<_, _>> = said.iter().map(share).collect();
    shares.map(Value::Object).ok_or_else(|| {
        Error::new(
            ErrorKind::Configuration,
            format!("{option} does not say how many of a hundred requests each deployment gets"),
        )
        .with_help(format!("write it as DEPLOYMENT=PERCENT, such as {option} blue=90 green=10"))
    })
}
