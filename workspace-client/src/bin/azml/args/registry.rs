//! `azml registry`, and the registry in the place of a workspace.

use clap::{ArgGroup, Args, Subcommand};

use super::{DescriptionArgs, EditArgs, LimitArgs, PlaceArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// Create a registry, and wait until it is there
    ///
    /// What an option says goes before what --set says, and that before the file. Without replication_locations it is in its own
    /// region alone. Azure creates the storage accounts and the container registry that it needs, unless others are given.
    Create(Box<CreateRegistryArgs>),
    /// List the registries of a resource group, or of the subscription
    List(ListRegistryArgs),
    /// Show a registry
    Show(OneRegistryArgs),
    /// Change a registry, and wait until that is done
    Update(Box<UpdateRegistryArgs>),
    /// Delete a registry with all that is in it
    Delete(DeleteRegistryArgs),
}

/// The registry in the place of a workspace.
#[derive(Clone, Debug, Args)]
pub(crate) struct RegistryArgs {
    /// The registry in the place of a workspace; without --resource-group it is found by its name
    #[arg(long, conflicts_with = "workspace_name")]
    pub(crate) registry_name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ListRegistryArgs {
    #[command(flatten)]
    pub(crate) limit: LimitArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// Which registry. Without a resource group it is found by its name.
#[derive(Debug, Args)]
pub(crate) struct OneRegistryArgs {
    /// The registry; without --resource-group it is found by its name
    #[arg(short, long)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteRegistryArgs {
    #[command(flatten)]
    pub(crate) registry: OneRegistryArgs,
    /// Do not ask whether that is meant
    #[arg(short, long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CreateRegistryArgs {
    #[command(flatten)]
    pub(crate) described: DescriptionArgs,

    /// The registry
    #[arg(short, long)]
    pub(crate) name: Option<String>,

    /// Has no effect: a registry has none
    #[arg(long = "display-name", value_name = "NAME")]
    _display_name: Option<String>,

    /// Whether it can be reached from the internet: Enabled or Disabled
    #[arg(long, value_name = "ACCESS")]
    pub(crate) public_network_access: Option<String>,

    /// Tags, as NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    pub(crate) tags: Vec<String>,

    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,

    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").multiple(true).required(true))]
pub(crate) struct UpdateRegistryArgs {
    /// A YAML file with what is to change, as az ml takes it
    #[arg(short, long, group = "change")]
    pub(crate) file: Option<std::path::PathBuf>,

    /// The registry; without --resource-group it is found by its name
    #[arg(short, long)]
    pub(crate) name: Option<String>,

    /// Has no effect: a registry has none
    #[arg(long = "display-name", value_name = "NAME")]
    _display_name: Option<String>,

    /// Whether it can be reached from the internet: Enabled or Disabled
    #[arg(long, value_name = "ACCESS", group = "change")]
    pub(crate) public_network_access: Option<String>,

    /// Tags, as NAME=VALUE, in the place of all that it has
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., group = "change")]
    pub(crate) tags: Vec<String>,

    #[command(flatten)]
    pub(crate) edit: EditArgs,

    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,

    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}
