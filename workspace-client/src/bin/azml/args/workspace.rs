//! `azml workspace`, and which workspace other commands mean.

use clap::{Args, Subcommand};

use super::{
    CreateWorkspaceArgs, DeleteWorkspaceArgs, OneWorkspaceArgs, OutboundRuleCommand, ProvisionNetworkArgs,
    UpdateWorkspaceArgs, WaitingWorkspaceArgs,
};

#[derive(Debug, Subcommand)]
pub(crate) enum WorkspaceCommand {
    /// Show a workspace
    ///
    /// What is not named is taken from config.json in .azureml, here or in a folder above, then from the defaults of the Azure
    /// CLI (az configure --defaults group=... workspace=...), then from the default subscription.
    Show {
        /// The workspace
        #[arg(short, long, visible_short_alias = 'w', alias = "workspace-name")]
        name: Option<String>,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// List workspaces
    ///
    /// The subscription is that of config.json in .azureml, here or in a folder above, unless it is named, or else the default
    /// one.
    List {
        #[command(flatten)]
        place: PlaceArgs,
        /// At most so many [default: all of them]
        #[arg(short = 'r', long, value_name = "NUMBER")]
        max_results: Option<usize>,
        /// Only those of these kinds, such as hub,project
        #[arg(long, value_name = "KIND", value_delimiter = ',', num_args = 1..)]
        filtered_kinds: Vec<String>,
    },
    /// Create a workspace with what it depends on, and wait until it is there
    ///
    /// A storage account, a key vault and Application Insights are created with it, unless they are given. A project uses those
    /// of its hub. What an option says goes before what --set says, and that before the file.
    Create(Box<CreateWorkspaceArgs>),
    /// Change a workspace
    Update(Box<UpdateWorkspaceArgs>),
    /// Delete a workspace
    ///
    /// What it depends on stays, unless --all-resources is given.
    Delete(DeleteWorkspaceArgs),
    /// Look for what may be wrong with a workspace and what it depends on
    Diagnose(WaitingWorkspaceArgs),
    /// Print the keys of what a workspace depends on
    ListKeys(OneWorkspaceArgs),
    /// Let a workspace read the keys of what it depends on again
    SyncKeys(WaitingWorkspaceArgs),
    /// Make the managed network of a workspace now
    ProvisionNetwork(ProvisionNetworkArgs),
    /// Manage where the managed network of a workspace lets traffic out to
    #[command(subcommand)]
    OutboundRule(OutboundRuleCommand),
}

/// Which workspace, for what lies in it.
#[derive(Clone, Debug, Args)]
pub(crate) struct WorkspaceArgs {
    /// The workspace
    #[arg(short = 'w', long)]
    pub(crate) workspace_name: Option<String>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// Where workspaces lie.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlaceArgs {
    /// The resource group
    #[arg(short = 'g', long)]
    pub(crate) resource_group: Option<String>,

    /// The subscription, by name or id
    #[arg(long)]
    pub(crate) subscription: Option<String>,
}
