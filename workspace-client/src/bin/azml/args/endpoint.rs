//! `azml online-endpoint`, `azml batch-endpoint` and `azml serverless-endpoint`, and what is deployed and subscribed to for them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use workspace_client::resources::endpoint::batch::{BatchDeploymentKind, BatchEndpointKind};
use workspace_client::resources::endpoint::online::{OnlineDeploymentKind, OnlineEndpointKind};
use workspace_client::resources::endpoint::{MarketplaceSubscriptionKind, ServerlessEndpointKind};

use super::{DescriptionArgs, FixedCommand, LimitArgs, ListArgs, NameArgs, TableCommand, WaitArgs};
use crate::commands::Listed;

#[derive(Debug, Subcommand)]
pub(crate) enum OnlineEndpointCommand {
    #[command(flatten)]
    Table(TableCommand<OnlineEndpointKind>),
    /// Print the keys of an endpoint, or a token for it
    GetCredentials(NameArgs<OnlineEndpointKind>),
    /// Replace a key of an endpoint
    RegenerateKeys(RegenerateArgs<OnlineEndpointKind>),
    /// Ask an endpoint, and print what it answers as it is
    Invoke(InvokeOnlineArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum MarketplaceSubscriptionCommand {
    #[command(flatten)]
    Fixed(FixedCommand<MarketplaceSubscriptionKind>),
    /// List the marketplace subscriptions of the workspace
    List(ListArgs<MarketplaceSubscriptionKind>),
}

#[derive(Debug, Subcommand)]
pub(crate) enum OnlineDeploymentCommand {
    #[command(flatten)]
    Table(TableCommand<OnlineDeploymentKind>),
    /// Print the last lines of what a deployment has logged
    GetLogs(LogArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum BatchEndpointCommand {
    #[command(flatten)]
    Table(TableCommand<BatchEndpointKind>),
    /// Start a job with which an endpoint answers
    Invoke(InvokeBatchArgs),
    /// List the jobs of an endpoint
    ListJobs {
        #[command(flatten)]
        name: NameArgs<BatchEndpointKind>,
        #[command(flatten)]
        limit: LimitArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BatchDeploymentCommand {
    #[command(flatten)]
    Table(TableCommand<BatchDeploymentKind>),
    /// List the jobs of a deployment
    ListJobs {
        #[command(flatten)]
        name: NameArgs<BatchDeploymentKind>,
        #[command(flatten)]
        limit: LimitArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ServerlessEndpointCommand {
    #[command(flatten)]
    Table(TableCommand<ServerlessEndpointKind>),
    /// Print the keys of an endpoint
    GetCredentials(NameArgs<ServerlessEndpointKind>),
    /// Replace a key of an endpoint
    RegenerateKeys(RegenerateArgs<ServerlessEndpointKind>),
}

#[derive(Debug, Args)]
pub(crate) struct AuthModeArgs {
    /// What opens the endpoint: key, aml_token or aad_token [default: that of the file, or key]
    #[arg(long, value_name = "MODE")]
    pub(crate) auth_mode: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct NewDeploymentArgs {
    /// Give it all requests of the endpoint once it is there
    #[arg(long, conflicts_with = "no_wait")]
    pub(crate) all_traffic: bool,

    /// Pack the model with what serves it into the environment packaged-env first, and deploy that
    #[arg(long)]
    pub(crate) package_model: bool,

    #[command(flatten)]
    _skipping: SkipValidationArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SetDefaultArgs {
    /// Let it answer where no deployment is named, once it is there
    #[arg(long, conflicts_with = "no_wait")]
    pub(crate) set_default: bool,

    #[command(flatten)]
    _skipping: SkipValidationArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TrafficArgs {
    /// How many of a hundred requests each deployment gets; what is not named gets none
    #[arg(short = 'r', long, value_name = "DEPLOYMENT=PERCENT", num_args = 1.., value_delimiter = ' ')]
    pub(crate) traffic: Vec<String>,

    /// How many of a hundred requests are copied to each deployment, whose answers nobody gets
    #[arg(long, value_name = "DEPLOYMENT=PERCENT", num_args = 1.., value_delimiter = ' ')]
    pub(crate) mirror_traffic: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DefaultsArgs {
    /// Which deployment answers where none is named: deployment_name=NAME
    #[arg(long, value_name = "deployment_name=NAME")]
    pub(crate) defaults: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EndpointPageArgs {
    /// Open its page in Azure ML's studio
    #[arg(short = 'e', long)]
    pub(crate) web: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeploymentPageArgs {
    /// Open the page of its endpoint in Azure ML's studio
    #[arg(long)]
    pub(crate) web: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SkipValidationArgs {
    /// Has no effect: scripts are not looked at
    #[arg(long = "skip-script-validation")]
    _skip_script_validation: bool,
}

/// Which key is replaced.
#[derive(Debug, Args)]
pub(crate) struct RegenerateArgs<K: Listed> {
    #[command(flatten)]
    pub(crate) waiting: WaitArgs<K>,

    /// The key
    #[arg(long, value_enum, default_value_t = WhichKey::Primary, ignore_case = true)]
    pub(crate) key_type: WhichKey,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum WhichKey {
    Primary,
    Secondary,
}

#[derive(Debug, Args)]
pub(crate) struct InvokeOnlineArgs {
    #[command(flatten)]
    pub(crate) name: NameArgs<OnlineEndpointKind>,

    /// The file with the request, which is JSON; - for the standard input
    #[arg(short = 'r', long, value_name = "FILE")]
    pub(crate) request_file: PathBuf,

    /// The deployment that answers, whatever the traffic rules say
    #[arg(short, long, value_name = "NAME")]
    pub(crate) deployment_name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct InvokeBatchArgs {
    #[command(flatten)]
    pub(crate) name: NameArgs<BatchEndpointKind>,

    #[command(flatten)]
    pub(crate) described: DescriptionArgs,

    /// The data: a URI, an asset, or what lies on this machine and is uploaded
    #[arg(long, value_name = "PATH")]
    pub(crate) input: Option<String>,

    /// What the data is: uri_folder, uri_file or mltable
    #[arg(long, value_name = "TYPE", default_value = "uri_folder")]
    pub(crate) input_type: String,

    /// All inputs by name, as JSON or YAML: {"data": {"type": "uri_folder", "path": "azureml:data:1"}}
    #[arg(long, value_name = "JSON", conflicts_with = "input")]
    pub(crate) inputs: Option<String>,

    /// The folder for what comes out of it, in a datastore: azureml://datastores/NAME/paths/PATH
    #[arg(long, value_name = "URI")]
    pub(crate) output_path: Option<String>,

    /// All outputs by name, as JSON or YAML: {"score": {"type": "uri_file", "path": "azureml://..."}}
    #[arg(long, value_name = "JSON", conflicts_with = "output_path")]
    pub(crate) outputs: Option<String>,

    /// The name of the job [default: Azure chooses one]
    #[arg(long, value_name = "NAME")]
    pub(crate) job_name: Option<String>,

    /// The deployment that answers [default: the endpoint's own]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) deployment_name: Option<String>,

    /// The experiment that the job belongs to
    #[arg(long, value_name = "NAME")]
    pub(crate) experiment_name: Option<String>,

    /// How many files a machine takes at once
    #[arg(short, long, value_name = "FILES")]
    pub(crate) mini_batch_size: Option<u64>,

    /// On how many machines
    #[arg(short = 'c', long, value_name = "MACHINES")]
    pub(crate) instance_count: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    #[command(flatten)]
    pub(crate) name: NameArgs<OnlineDeploymentKind>,

    /// At most so many lines
    #[arg(short, long, default_value_t = 5000)]
    pub(crate) lines: u32,

    /// The container
    #[arg(short, long, value_enum, default_value_t = LogContainer::InferenceServer)]
    pub(crate) container: LogContainer,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogContainer {
    InferenceServer,
    StorageInitializer,
}
