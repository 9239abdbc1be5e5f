//! `azml account`.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Show a subscription, the default one unless it is named
    Show {
        /// The subscription, by name or id
        #[arg(short, long, short_alias = 'n', alias = "name")]
        subscription: Option<String>,
    },
    /// List the subscriptions of every account, as they were seen at its last login
    List {
        /// Also those that are not enabled, and those of other clouds
        #[arg(long)]
        all: bool,
    },
    /// Make a subscription the default one: its tenant and its user are taken from then on
    Set {
        /// The subscription, by name or id
        #[arg(short, long, short_alias = 'n', alias = "name")]
        subscription: String,

        /// Make it the Azure CLI's default one, too
        #[arg(long)]
        update_azure_cli: bool,
    },
    /// Look at the tenants of the account
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Print an access token
    GetAccessToken(TokenArgs),
    /// Print the Authorization header for Azure Resource Manager
    GetAuthenticationHeader(IdentityArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// List the tenants where the account exists, as Azure knows them now
    List,
}

#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// The resource that the token is for, such as https://ml.azure.com
    #[arg(long, conflicts_with_all = ["resource_type", "scope"])]
    pub(crate) resource: Option<String>,

    /// A well-known resource
    #[arg(long, value_enum, conflicts_with = "scope")]
    pub(crate) resource_type: Option<ResourceType>,

    /// The scopes that the token is for, such as https://ml.azure.com/.default
    #[arg(long, num_args = 1..)]
    pub(crate) scope: Vec<String>,

    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
}

/// Which tenant a token is of.
#[derive(Debug, Args)]
pub(crate) struct IdentityArgs {
    /// Of this tenant: an id or a domain
    #[arg(short, long, conflicts_with = "subscription")]
    pub(crate) tenant: Option<String>,

    /// Of the tenant of this subscription, by name or id
    #[arg(short, long, short_alias = 'n', alias = "name")]
    pub(crate) subscription: Option<String>,
}

/// The resources that the Azure CLI knows by name, and Azure ML's data plane.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ResourceType {
    AadGraph,
    Arm,
    Batch,
    DataLake,
    Media,
    Ml,
    MsGraph,
    OssRdbms,
}
