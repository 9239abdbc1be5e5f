//! `azml capability-host`.

use clap::Args;
use workspace_client::resources::network::CapabilityHostKind;

use super::FixedCommand;

/// The API has no list of them.
pub(crate) type CapabilityHostCommand = FixedCommand<CapabilityHostKind>;

#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct CapabilityHostArgs {
    /// The connections to OpenAI's models, which a project needs
    #[arg(short, long, value_name = "NAME", num_args = 1..)]
    pub(crate) ai_services_connections: Vec<String>,

    /// What it is for
    #[arg(long)]
    pub(crate) description: Option<String>,

    /// What it hosts [default: Agents]
    #[arg(long, value_name = "KIND")]
    pub(crate) capability_host_kind: Option<String>,

    /// The connections to where files lie [default in a project: its workspaceblobstore]
    #[arg(short, long, value_name = "NAME", num_args = 1..)]
    pub(crate) storage_connections: Vec<String>,

    /// The connections to where vectors lie
    #[arg(short, long, value_name = "NAME", num_args = 1..)]
    pub(crate) vector_store_connections: Vec<String>,
}
