//! What changes a workspace.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{DescriptionArgs, EditArgs, PlaceArgs};

/// Which workspace.
#[derive(Clone, Debug, Args)]
pub(crate) struct OneWorkspaceArgs {
    /// The workspace
    #[arg(short, long, visible_short_alias = 'w', alias = "workspace-name")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct WaitingWorkspaceArgs {
    #[command(flatten)]
    pub(crate) workspace: OneWorkspaceArgs,
    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteWorkspaceArgs {
    #[command(flatten)]
    pub(crate) waiting: WaitingWorkspaceArgs,

    /// Delete what it depends on, too: the storage account with all data, the key vault, the registry, Application Insights
    #[arg(long)]
    pub(crate) all_resources: bool,

    /// Keep nothing from which it could be recovered
    #[arg(short, long)]
    pub(crate) permanently_delete: bool,

    /// Do not ask whether that is meant
    #[arg(short, long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ProvisionNetworkArgs {
    #[command(flatten)]
    pub(crate) waiting: WaitingWorkspaceArgs,

    /// Make a place for serverless Spark in it
    #[arg(long)]
    pub(crate) include_spark: bool,
}

/// What can be said of a workspace, new or not.
#[derive(Debug, Default, Args)]
pub(crate) struct WorkspaceSettingArgs {
    /// The name that people see
    #[arg(long, group = "change")]
    pub(crate) display_name: Option<String>,

    /// What it is for
    #[arg(long, group = "change")]
    pub(crate) description: Option<String>,

    /// The resource id of a container registry
    #[arg(short, long, value_name = "ID", group = "change")]
    pub(crate) container_registry: Option<String>,

    /// The resource id of an Application Insights component
    #[arg(short, long, value_name = "ID", group = "change")]
    pub(crate) application_insights: Option<String>,

    /// The compute that builds images
    #[arg(short, long, value_name = "COMPUTE", group = "change")]
    pub(crate) image_build_compute: Option<String>,

    /// The resource id of the user-assigned identity that it acts with
    #[arg(short, long, value_name = "ID", group = "change")]
    pub(crate) primary_user_assigned_identity: Option<String>,

    /// Whether it can be reached from the internet: Enabled or Disabled
    #[arg(long, value_name = "ACCESS", group = "change")]
    pub(crate) public_network_access: Option<String>,

    /// Which traffic its managed network lets out
    #[arg(short, long, value_enum, ignore_case = true, value_name = "MODE", group = "change")]
    pub(crate) managed_network: Option<IsolationMode>,

    /// How its own datastores are reached: accesskey or identity
    #[arg(short = 'd', long, value_name = "MODE", group = "change")]
    pub(crate) system_datastores_auth_mode: Option<String>,

    /// Whether it may assign roles in the resource group of a managed network [default: true]
    #[arg(short = 'r', long, value_name = "BOOLEAN", group = "change")]
    pub(crate) allow_roleassignment_on_rg: Option<bool>,

    /// Do not ask whether another registry or Application Insights than before is meant
    #[arg(short, long)]
    pub(crate) update_dependent_resources: bool,
}

/// Which traffic a managed network lets out. Files may write it as the API does, too, which is how it is sent.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ValueEnum)]
pub(crate) enum IsolationMode {
    #[serde(alias = "allow_internet_outbound")]
    #[value(name = "allow_internet_outbound")]
    AllowInternetOutbound,
    #[serde(alias = "allow_only_approved_outbound")]
    #[value(name = "allow_only_approved_outbound")]
    AllowOnlyApprovedOutbound,
    #[serde(alias = "disabled")]
    #[value(name = "disabled")]
    Disabled,
}

/// What a workspace is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lower")]
pub(crate) enum NewWorkspaceKind {
    #[default]
    #[serde(alias = "Default")]
    Default,
    #[serde(alias = "FeatureStore")]
    FeatureStore,
    #[serde(alias = "Hub")]
    Hub,
    #[serde(alias = "Project")]
    Project,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").multiple(true).required(true))]
pub(crate) struct UpdateWorkspaceArgs {
    /// A YAML file with what is to change, as az ml takes it
    #[arg(short, long, group = "change")]
    pub(crate) file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) edit: EditArgs,

    /// From which addresses it can be reached, separated by commas, such as 203.0.113.0/24; none takes all rules away
    #[arg(long, value_name = "ADDRESSES", value_delimiter = ',', group = "change")]
    pub(crate) network_acls: Vec<String>,

    #[command(flatten)]
    pub(crate) waiting: WaitingWorkspaceArgs,
    #[command(flatten)]
    pub(crate) settings: WorkspaceSettingArgs,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").multiple(true))]
pub(crate) struct CreateWorkspaceArgs {
    #[command(flatten)]
    pub(crate) described: DescriptionArgs,

    /// The workspace
    #[arg(short, long, visible_short_alias = 'w', alias = "workspace-name")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) settings: WorkspaceSettingArgs,

    /// What it is [default: what the file says, or a workspace of its own]
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) kind: Option<NewWorkspaceKind>,

    /// The resource id of the hub, for a project
    #[arg(long, value_name = "ID")]
    pub(crate) hub_id: Option<String>,

    /// The resource group that the projects of a hub are created in, unless they name one
    #[arg(long, value_name = "NAME")]
    pub(crate) default_resource_group: Option<String>,

    /// The region [default: that of the resource group]
    #[arg(short, long)]
    pub(crate) location: Option<String>,

    /// Tags, as NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    pub(crate) tags: Vec<String>,

    /// The resource id of a storage account
    #[arg(short, long, value_name = "ID")]
    pub(crate) storage_account: Option<String>,

    /// The resource id of a key vault
    #[arg(short, long, value_name = "ID")]
    pub(crate) key_vault: Option<String>,

    /// Keep its data apart from that of other users
    #[arg(short, long)]
    pub(crate) enable_data_isolation: bool,

    /// Make its managed network at once
    #[arg(long)]
    pub(crate) provision_network_now: bool,
}
