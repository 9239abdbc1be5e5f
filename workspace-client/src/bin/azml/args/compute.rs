//! `azml compute`.

use std::path::PathBuf;

use auth_core::Secret;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use workspace_client::resources::compute::ComputeKind;

use super::{DescriptionArgs, EditArgs, LimitArgs, NameArgs, RemoveArgs, SshArgs, WaitArgs, WorkspaceArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum ComputeCommand {
    /// Create a cluster or a compute instance, and wait until it is there
    ///
    /// What an option says goes before what --set says, and that before the file.
    Create(Box<CreateComputeArgs>),
    /// Attach a Kubernetes cluster or a Synapse Spark pool that exists already
    Attach(AttachComputeArgs),
    /// List the computes of the workspace
    List {
        /// Only those of this type, such as amlcompute or computeinstance
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,

        #[command(flatten)]
        limit: LimitArgs,

        #[command(flatten)]
        workspace: WorkspaceArgs,
    },
    /// Show a compute
    Show(NameArgs<ComputeKind>),
    /// Change how many nodes a cluster has, or the identity or the tags of a compute
    Update(UpdateComputeArgs),
    /// Start a compute instance
    Start(WaitArgs<ComputeKind>),
    /// Stop a compute instance
    Stop(WaitArgs<ComputeKind>),
    /// Restart a compute instance
    Restart(WaitArgs<ComputeKind>),
    /// Delete a compute with its machines
    Delete(RemoveArgs<ComputeKind>),
    /// Take an attached compute out of the workspace; what was attached stays
    Detach(RemoveArgs<ComputeKind>),
    /// Let people who have signed in to Azure use a compute instance without signing in again
    EnableSso {
        #[command(flatten)]
        name: NameArgs<ComputeKind>,
        /// Let nobody do so any more
        #[arg(long)]
        disable: bool,
    },
    /// Open a session on a compute instance with SSH
    ///
    /// The OpenSSH client does that. It comes in through Azure Machine Learning's gateway with your sign-in, unless the port for SSH is open
    /// to the internet. Its exit code is that of the session.
    ConnectSsh {
        #[command(flatten)]
        name: NameArgs<ComputeKind>,
        #[command(flatten)]
        session: SshArgs,
    },
    /// Carry what an SSH client says to a compute instance
    ///
    /// For a program that speaks SSH itself, such as Visual Studio Code, in ~/.ssh/config: ProxyCommand azml compute ssh-proxy --name %n
    SshProxy(NameArgs<ComputeKind>),
    /// List the nodes of a cluster
    ListNodes(NameArgs<ComputeKind>),
    /// List the sizes of machines that a region offers
    ListSizes {
        /// Only those for computes of this type, such as amlcompute or computeinstance
        #[arg(short = 't', long = "type", value_name = "TYPE")]
        kind: Option<String>,
        #[command(flatten)]
        region: RegionArgs,
    },
    /// List how much of its quotas the subscription uses in a region
    ListUsage(RegionArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RegionArgs {
    /// The region [default: that of the workspace]
    #[arg(short, long)]
    pub(crate) location: Option<String>,
    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new(super::edit::GROUP).args(["identity_type", "user_assigned_identities"]).multiple(true).required(true))]
pub(crate) struct UpdateComputeArgs {
    #[command(flatten)]
    pub(crate) waiting: WaitArgs<ComputeKind>,
    #[command(flatten)]
    pub(crate) changes: ComputeChanges,
}

/// What becomes different.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct ComputeChanges {
    /// The cluster never has fewer nodes
    #[arg(long, value_name = "NUMBER", group = "change")]
    pub(crate) min_instances: Option<u64>,

    /// The cluster never has more nodes
    #[arg(long, value_name = "NUMBER", group = "change")]
    pub(crate) max_instances: Option<u64>,

    /// How long a node is kept without work
    #[arg(short = 'd', long, value_name = "SECONDS", group = "change")]
    pub(crate) idle_time_before_scale_down: Option<u64>,

    /// Tags, as NAME=VALUE, in the place of all that it has
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., group = "change")]
    pub(crate) tags: Vec<String>,

    #[command(flatten)]
    pub(crate) identity: ComputeIdentityArgs,

    #[command(flatten)]
    pub(crate) edit: EditArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AttachComputeArgs {
    /// A YAML file that describes it, as az ml takes it
    #[arg(short, long)]
    pub(crate) file: Option<PathBuf>,

    /// The name that the compute gets in the workspace
    #[arg(short, long)]
    pub(crate) name: Option<String>,

    /// What it is
    #[arg(short = 't', long = "type", value_enum, ignore_case = true, value_name = "TYPE")]
    pub(crate) kind: Option<AttachedType>,

    /// The resource id of what is attached
    #[arg(long, value_name = "ID")]
    pub(crate) resource_id: Option<String>,

    /// The namespace of a Kubernetes cluster [default: default]
    #[arg(long)]
    pub(crate) namespace: Option<String>,

    /// The administrator of a virtual machine
    #[arg(long, value_name = "NAME")]
    pub(crate) admin_username: Option<String>,

    /// The administrator's password, better as @ and the path of a file with it
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) admin_password: Option<Secret>,

    /// The port of SSH on a virtual machine [default: 22]
    #[arg(long, value_name = "PORT")]
    pub(crate) ssh_port: Option<u16>,

    /// The file with the private key for a virtual machine
    #[arg(long, value_name = "FILE")]
    pub(crate) ssh_private_key_file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) identity: ComputeIdentityArgs,

    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

/// What can be attached. Files may write it in lower case, too; it is sent as the API writes it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ValueEnum)]
#[value(rename_all = "lower")]
pub(crate) enum AttachedType {
    #[serde(alias = "kubernetes")]
    Kubernetes,
    #[serde(alias = "synapsespark", alias = "synapse_spark")]
    SynapseSpark,
    #[serde(alias = "virtualmachine", alias = "virtual_machine")]
    VirtualMachine,
}

/// With which managed identity.
#[derive(Debug, Default, Args)]
pub(crate) struct ComputeIdentityArgs {
    /// The kind of managed identity: SystemAssigned or UserAssigned
    #[arg(long, value_name = "TYPE")]
    pub(crate) identity_type: Option<String>,

    /// The resource ids of user-assigned identities, separated by commas
    #[arg(short = 'i', long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) user_assigned_identities: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CreateComputeArgs {
    #[command(flatten)]
    pub(crate) described: DescriptionArgs,

    /// The compute
    #[arg(short, long)]
    pub(crate) name: Option<String>,

    /// What it is: amlcompute (a cluster) or computeinstance
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,

    /// The size of its machines [default: STANDARD_DS3_V2]
    #[arg(long)]
    pub(crate) size: Option<String>,

    /// What it is for
    #[arg(long)]
    pub(crate) description: Option<String>,

    /// Tags, as NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    pub(crate) tags: Vec<String>,

    /// The region of a cluster [default: that of the workspace]
    #[arg(short, long)]
    pub(crate) location: Option<String>,

    /// A cluster never has fewer nodes [default: 0]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) min_instances: Option<u64>,

    /// A cluster never has more nodes [default: 4]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_instances: Option<u64>,

    /// How long a cluster keeps a node without work [default: 120]
    #[arg(short = 'd', long, value_name = "SECONDS")]
    pub(crate) idle_time_before_scale_down: Option<u64>,

    /// The nodes of a cluster: dedicated, or low_priority
    #[arg(long)]
    pub(crate) tier: Option<String>,

    /// The object id of the user that a compute instance is for [default: you]
    #[arg(long, value_name = "ID", requires = "user_tenant_id")]
    pub(crate) user_object_id: Option<String>,

    /// The tenant of that user
    #[arg(long, value_name = "ID", requires = "user_object_id")]
    pub(crate) user_tenant_id: Option<String>,

    /// The subnet, by its resource id, or by its name together with --vnet-name
    #[arg(long)]
    pub(crate) subnet: Option<String>,

    /// The virtual network of the subnet, in the resource group of the workspace
    #[arg(long, value_name = "NAME", requires = "subnet")]
    pub(crate) vnet_name: Option<String>,

    /// Whether the nodes have addresses in the internet [default: true]
    #[arg(long, value_name = "BOOLEAN")]
    pub(crate) enable_node_public_ip: Option<bool>,

    /// Whether the port for SSH is open to the internet
    #[arg(short = 'p', long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) ssh_public_access_enabled: Option<bool>,

    /// Who may sign in to the nodes of a cluster with SSH
    #[arg(long, value_name = "USER")]
    pub(crate) admin_username: Option<String>,

    /// The password for SSH, better as @ and the path of a file with it
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) admin_password: Option<Secret>,

    /// The public key for SSH
    #[arg(long, value_name = "KEY")]
    pub(crate) ssh_key_value: Option<String>,

    #[command(flatten)]
    pub(crate) identity: ComputeIdentityArgs,

    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}
