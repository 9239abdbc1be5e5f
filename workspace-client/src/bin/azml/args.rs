//! The command line. One file a group of commands.
#![allow(rustdoc::bare_urls, reason = "these texts are help on a terminal first")]
#![allow(clippy::doc_markdown, reason = "these comments are the text of the help")]

mod account;
mod asset;
mod az_shim;
mod capability_host;
mod cloud;
mod compute;
mod connection;
mod edit;
mod endpoint;
mod identity;
mod job;
mod key;
mod later;
mod login;
mod mount;
mod outbound_rule;
mod quota;
mod registry;
mod resource;
mod rest;
mod schedule;
mod ssh;
mod workspace;
mod workspace_change;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use workspace_client::resources::connection::ConnectionKind;

use crate::output::Format;

pub(crate) use account::{AccountCommand, IdentityArgs, ResourceType, TenantCommand, TokenArgs};
pub(crate) use asset::{
    AssetCommand, ComponentCommand, CreateAssetArgs, DataCommand, DownloadModelArgs, ImportDataArgs, ListAssetArgs,
    ModelCommand, OneAssetArgs, PackageModelArgs, ShareAssetArgs, SomeAssetArgs, UpdateAssetArgs,
};
pub(crate) use az_shim::AzShimCommand;
pub(crate) use capability_host::{CapabilityHostArgs, CapabilityHostCommand};
pub(crate) use cloud::{CloudCommand, RegisterArgs};
pub(crate) use compute::{
    AttachComputeArgs, AttachedType, ComputeChanges, ComputeCommand, ComputeIdentityArgs, CreateComputeArgs,
    RegionArgs, UpdateComputeArgs,
};
pub(crate) use connection::{ConnectionTypeArgs, SecretsArgs};
pub(crate) use edit::EditArgs;
pub(crate) use endpoint::{
    AuthModeArgs, BatchDeploymentCommand, BatchEndpointCommand, DefaultsArgs, DeploymentPageArgs, EndpointPageArgs,
    InvokeBatchArgs, InvokeOnlineArgs, LogArgs, LogContainer, MarketplaceSubscriptionCommand, NewDeploymentArgs,
    OnlineDeploymentCommand, OnlineEndpointCommand, RegenerateArgs, ServerlessEndpointCommand, SetDefaultArgs,
    SkipValidationArgs, TrafficArgs, WhichKey,
};
pub(crate) use identity::{IdentityCommand, ServeArgs};
pub(crate) use job::{
    CreateJobArgs, DownloadJobArgs, JobArgs, JobCommand, JobMetricsArgs, JobNodeArgs, ListJobArgs, UpdateJobArgs,
};
pub(crate) use key::KeyCommand;
pub(crate) use later::Later;
pub(crate) use login::{LoginArgs, LogoutArgs, ServicePrincipalArgs};
pub(crate) use mount::DatastoreCommand;
#[cfg(target_os = "linux")]
pub(crate) use mount::{MountArgs, MountMode};
pub(crate) use outbound_rule::{OutboundRuleCommand, RuleArgs, RuleKind, SetRuleArgs};
pub(crate) use quota::{QuotaCommand, UpdateQuotaArgs};
pub(crate) use registry::{
    CreateRegistryArgs, DeleteRegistryArgs, ListRegistryArgs, OneRegistryArgs, RegistryArgs, RegistryCommand,
    UpdateRegistryArgs,
};
pub(crate) use resource::{
    CreateArgs, DescriptionArgs, EndpointArgs, FixedCommand, LimitArgs, ListArgs, NameArgs, NoOptions, NoParent,
    RemoveArgs, ShowArgs, TableCommand, UpdateArgs, ViewArgs, WaitArgs,
};
pub(crate) use rest::{RestArgs, method};
pub(crate) use schedule::{RestingArgs, ScheduleCommand};
pub(crate) use ssh::SshArgs;
pub(crate) use workspace::{PlaceArgs, WorkspaceArgs, WorkspaceCommand};
pub(crate) use workspace_change::{
    CreateWorkspaceArgs, DeleteWorkspaceArgs, IsolationMode, NewWorkspaceKind, OneWorkspaceArgs, ProvisionNetworkArgs,
    UpdateWorkspaceArgs, WaitingWorkspaceArgs, WorkspaceSettingArgs,
};

/// Sign in to Azure Machine Learning, and work with its workspaces.
///
/// What is already there is used: an earlier azml login, the login of the Azure CLI or of the Python SDK, the managed identity
/// of the machine. Only azml login asks a person.
#[derive(Debug, Parser)]
#[command(name = "azml", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// How to print [default: json, or what the Azure CLI is configured to]
    #[arg(short, long, global = true, value_enum, ignore_case = true, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,

    /// Print only what this JMESPath expression selects
    #[arg(long, global = true, value_name = "JMESPATH", value_parser = crate::output::check_query)]
    pub(crate) query: Option<String>,

    /// The cloud, such as AzureCloud [default: that of azml cloud set, or else of az cloud set]
    #[arg(long, global = true, value_name = "NAME", env = "AZUREML_CURRENT_CLOUD", hide_env_values = true)]
    pub(crate) cloud: Option<String>,

    /// Tell on stderr what happens, without secrets
    #[arg(long, global = true)]
    pub(crate) debug: bool,

    /// Tell no warnings on stderr, and nothing that moves
    #[arg(long, global = true)]
    pub(crate) only_show_errors: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign in, and print the subscriptions that can be reached
    Login(LoginArgs),
    /// Forget a login of azml, and say what still signs in; the login of the Azure CLI stays
    ///
    /// Without an option it is the current account that signs out. Nothing is printed on stdout unless --output is given.
    Logout(LogoutArgs),
    /// Show who is signed in, and get tokens
    #[command(subcommand)]
    Account(Later<AccountCommand>),
    /// Choose the cloud, and describe clouds of your own
    #[command(subcommand)]
    Cloud(Later<CloudCommand>),
    /// Manage Azure Machine Learning workspaces
    #[command(subcommand)]
    Workspace(Later<WorkspaceCommand>),
    /// Manage the clusters and compute instances of a workspace
    ///
    /// Which workspace is said as with azml workspace show.
    #[command(subcommand)]
    Compute(Later<ComputeCommand>),
    /// Manage the data assets of a workspace or a registry
    #[command(subcommand)]
    Data(Later<DataCommand>),
    /// Manage the environments of a workspace or a registry
    #[command(subcommand)]
    Environment(Later<AssetCommand>),
    /// Submit jobs to a workspace, and look at them
    #[command(subcommand)]
    Job(Later<JobCommand>),
    /// Manage the models of a workspace or a registry
    #[command(subcommand)]
    Model(Later<ModelCommand>),
    /// Manage the components of a workspace or a registry, which are the steps of pipelines
    #[command(subcommand)]
    Component(Later<ComponentCommand>),
    /// Manage registries, whose assets many workspaces use
    #[command(subcommand)]
    Registry(Later<RegistryCommand>),
    /// Manage the datastores of a workspace
    #[command(subcommand)]
    Datastore(Later<DatastoreCommand>),
    /// Manage the connections of a workspace to other services
    #[command(subcommand)]
    Connection(Later<TableCommand<ConnectionKind>>),
    /// Manage the schedules of a workspace
    #[command(subcommand)]
    Schedule(Later<ScheduleCommand>),
    /// Manage the endpoints that answer at once, and ask them
    #[command(subcommand)]
    OnlineEndpoint(Later<OnlineEndpointCommand>),
    /// Manage the deployments of an online endpoint
    #[command(subcommand)]
    OnlineDeployment(Later<OnlineDeploymentCommand>),
    /// Manage the endpoints that work through much data, and ask them
    #[command(subcommand)]
    BatchEndpoint(Later<BatchEndpointCommand>),
    /// Manage the deployments of a batch endpoint
    #[command(subcommand)]
    BatchDeployment(Later<BatchDeploymentCommand>),
    /// Manage the endpoints of models from the catalogue
    #[command(subcommand)]
    ServerlessEndpoint(Later<ServerlessEndpointCommand>),
    /// Subscribe to models of the marketplace, which serverless endpoints then serve
    #[command(subcommand)]
    MarketplaceSubscription(Later<MarketplaceSubscriptionCommand>),
    /// Manage what the agents of a hub or project keep their things in
    #[command(subcommand)]
    CapabilityHost(Later<CapabilityHostCommand>),
    /// Show and set the quotas of workspaces
    #[command(subcommand)]
    Quota(Later<QuotaCommand>),
    /// Send any request to Azure, with the right token
    ///
    /// The token goes to the hosts of the cloud alone: Azure Resource Manager, Microsoft Graph and Azure Machine Learning. With
    /// --resource it goes to the host that the URL names. Redirects are not followed.
    Rest(Box<RestArgs>),
    /// Find out what is here, what would be used, and what is wrong
    ///
    /// Tells which ways of signing in there are and which one would be used, where the files lie and what protects them, and
    /// what the environment says about proxies and certificates. It shows no secret and changes nothing. It ends with 1 if
    /// something does not work. What it prints is text, or with -o a list of findings.
    Doctor(DoctorArgs),
    /// Give containers and other programs on this machine tokens of your login
    #[command(subcommand)]
    Identity(Later<IdentityCommand>),
    /// Answer the tools that start the Azure CLI for a token, in its place
    #[command(subcommand)]
    AzShim(Later<AzShimCommand>),
    /// Show and change where the key is that seals the saved logins
    #[command(subcommand)]
    Key(Later<KeyCommand>),
    /// Print the completion script of a shell
    ///
    /// With --dynamic names are completed, too, such as those of computes after --name: azml is asked each time, and looks into
    /// the workspace for at most two seconds. Such a script belongs to this version of azml, so load it whenever a shell starts:
    /// source <(azml completions bash --dynamic)
    Completions {
        /// The shell
        shell: Shell,
        /// Complete names from the workspace, too
        #[arg(long)]
        dynamic: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Also ask the hosts of the cloud, and for a token
    #[arg(long)]
    pub(crate) online: bool,
}
