//! `azml workspace outbound-rule`.

use clap::{Args, Subcommand, ValueEnum};

use super::{LimitArgs, WorkspaceArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum OutboundRuleCommand {
    /// List where the managed network of a workspace lets traffic out to
    List {
        #[command(flatten)]
        limit: LimitArgs,
        #[command(flatten)]
        workspace: WorkspaceArgs,
    },
    /// Show a rule
    Show(RuleArgs),
    /// Create a rule, or replace it
    Set(Box<SetRuleArgs>),
    /// Remove a rule
    Remove {
        #[command(flatten)]
        rule: RuleArgs,
        /// Do not wait for the end
        #[arg(long)]
        no_wait: bool,
        /// Do not ask whether that is meant
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// The rule
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: String,
    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SetRuleArgs {
    #[command(flatten)]
    pub(crate) rule: RuleArgs,

    /// What it names
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub(crate) kind: RuleKind,

    /// The domain, such as *.pypi.org
    #[arg(long, value_name = "DOMAIN", required_if_eq("kind", "fqdn"))]
    pub(crate) destination: Option<String>,

    /// The resource behind a private endpoint
    #[arg(long, value_name = "ID", required_if_eq("kind", "private_endpoint"))]
    pub(crate) service_resource_id: Option<String>,

    /// The part of that resource, such as blob
    #[arg(long, value_name = "PART", required_if_eq("kind", "private_endpoint"))]
    pub(crate) subresource_target: Option<String>,

    /// Let jobs with Spark use the private endpoint, too
    #[arg(long)]
    pub(crate) spark_enabled: bool,

    /// The service tag, such as AzureMachineLearning
    #[arg(long, value_name = "TAG", required_if_eq("kind", "service_tag"))]
    pub(crate) service_tag: Option<String>,

    /// The protocol of a service tag
    #[arg(long, default_value = "TCP")]
    pub(crate) protocol: String,

    /// The ports of a service tag, such as "80, 443"
    #[arg(long, default_value = "443")]
    pub(crate) port_ranges: String,

    /// Addresses in the place of those of the service tag, such as 10.0.0.0/24
    #[arg(long, value_name = "ADDRESS", num_args = 1.., value_delimiter = ',')]
    pub(crate) address_prefixes: Vec<String>,

    /// The domains that the private endpoint answers for
    #[arg(long, value_name = "DOMAIN", num_args = 1.., value_delimiter = ',')]
    pub(crate) fqdns: Vec<String>,

    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum RuleKind {
    Fqdn,
    PrivateEndpoint,
    ServiceTag,
}
