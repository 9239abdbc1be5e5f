//! Capability hosts.

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Value, json};
use workspace_client::Workspace;
use workspace_client::resources::network::{CapabilityHostKind, CapabilityHosts};

use crate::args::{CapabilityHostArgs, NoOptions, NoParent};
use crate::commands::resource::{Described, Listed, Put, Resolver};
use crate::description::{Description, members};
use crate::entity::{Member, is};
use crate::output::Column;

impl Listed for CapabilityHostKind {
    type Parent = NoParent;

    const MEMBERS: &'static [Member] = &[
        is("/ai_services_connections", "/properties/aiServicesConnections"),
        is("/capability_host_kind", "/properties/capabilityHostKind"),
        is("/description", "/properties/description"),
        is("/storage_connections", "/properties/storageConnections"),
        is("/thread_storage_connections", "/properties/threadStorageConnections"),
        is("/vector_store_connections", "/properties/vectorStoreConnections"),
    ];
    const COLUMNS: &'static [Column] = &[("Name", "name"), ("Kind", "capability_host_kind")];

    fn of(workspace: &Workspace, _: &NoParent) -> CapabilityHosts {
        workspace.capability_hosts()
    }
}

/// What a file says of a capability host.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CapabilityHost {
    #[serde(default = "agents", rename = "capability_host_kind")]
    kind: String,
    description: Option<String>,
    ai_services_connections: Option<Vec<String>>,
    storage_connections: Option<Vec<String>>,
    thread_storage_connections: Option<Vec<String>>,
    vector_store_connections: Option<Vec<String>>,
}

fn agents() -> String {
    "Agents".to_owned()
}

impl Described for CapabilityHostKind {
    type CreateOptions = CapabilityHostArgs;
    type ListOptions = NoOptions;
    type ShowOptions = NoOptions;
    type UpdateOptions = NoOptions;

    const READ_ONLY: &'static [&'static str] = &[];

    async fn describe(said: &Description, _: &Resolver) -> Result<Value, Error> {
        let said: CapabilityHost = said.parse("a capability host")?;
        Ok(json!({"properties": members([
            ("aiServicesConnections", said.ai_services_connections.map(Value::from)),
            ("capabilityHostKind", Some(said.kind.into())),
            ("description", said.description.map(Value::from)),
            ("storageConnections", said.storage_connections.map(Value::from)),
            ("threadStorageConnections", said.thread_storage_connections.map(Value::from)),
            ("vectorStoreConnections", said.vector_store_connections.map(Value::from)),
        ])}))
    }

    async fn put(hosts: &CapabilityHosts, name: &str, body: &Value) -> Result<Put<Self>, Error> {
        Ok(Put::Begun(Box::new(hosts.create_or_update(name, body).await?)))
    }
}
