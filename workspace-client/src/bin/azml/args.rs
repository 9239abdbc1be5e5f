//! The command line.
#![allow(rustdoc::bare_urls, reason = "these texts are help on a terminal first")]
#![allow(clippy::doc_markdown, reason = "these comments are the text of the help")]

mod compute;

use std::ffi::OsString;
use std::path::PathBuf;

use auth_cache::Protection;
use auth_core::{CloudSettings, Secret};
use auth_msi::Identity;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::commands::Bind;
use crate::output::Format;

pub(crate) use compute::{
    AttachComputeArgs, AttachedType, ComputeArgs, ComputeCommand, ComputeIdentityArgs, CreateComputeArgs, RegionArgs,
    RemoveComputeArgs, UpdateComputeArgs, WaitingComputeArgs,
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
    Account(AccountCommand),
    /// Choose the cloud, and describe clouds of your own
    #[command(subcommand)]
    Cloud(CloudCommand),
    /// Show Azure Machine Learning workspaces
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Manage the clusters and compute instances of a workspace
    ///
    /// Which workspace is said as with azml workspace show.
    #[command(subcommand)]
    Compute(ComputeCommand),
    /// Find out what is here, what would be used, and what is wrong
    ///
    /// Tells which ways of signing in there are and which one would be used, where the files lie and what protects them, and
    /// what the environment says about proxies and certificates. It shows no secret and changes nothing. It ends with 1 if
    /// something does not work. What it prints is text, or with -o a list of findings.
    Doctor(DoctorArgs),
    /// Give containers and other programs on this machine tokens of your login
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// Show and change where the key is that seals the saved logins
    #[command(subcommand)]
    Key(KeyCommand),
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// Sign in to this tenant: an id, or a domain such as contoso.onmicrosoft.com
    #[arg(short, long)]
    pub(crate) tenant: Option<String>,

    /// Sign in as this user, beside whoever has signed in before; who is signed in already is not asked again
    #[arg(short, long, value_name = "USER")]
    pub(crate) username: Option<String>,

    /// Sign in anew even if the old login is still valid
    #[arg(long)]
    pub(crate) force: bool,

    /// Sign in for these scopes, such as https://ml.azure.com/.default [default: those of Azure Resource Manager]
    #[arg(long, num_args = 1.., value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,

    /// The claims that a service demanded: the JSON object, or its base64 as an error message shows it
    #[arg(long, value_name = "CLAIMS", value_parser = crate::claims::parse)]
    pub(crate) claims_challenge: Option<String>,

    /// Print the URL to sign in at, without opening a browser; a browser on another machine serves as well
    #[arg(long)]
    pub(crate) no_browser: bool,

    /// Sign in with a code that is entered on any device
    #[arg(long, conflicts_with_all = ["no_browser", "service_principal"])]
    pub(crate) use_device_code: bool,

    /// How long to wait for the person [default: 300, or as long as the device code is valid]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: Option<u64>,

    #[command(flatten)]
    pub(crate) application: ServicePrincipalArgs,

    #[command(flatten)]
    pub(crate) machine: ManagedIdentityArgs,
}

/// Which identity of this machine signs in.
#[derive(Debug, Args)]
#[command(next_help_heading = "Managed identities")]
#[group(skip)]
pub(crate) struct ManagedIdentityArgs {
    /// Sign in with the identity of this machine, without a person: Azure ML compute, App Service, virtual machines, Azure Arc,
    /// AKS and others; without one of the ids it is the machine's own, or the one that its host answers with
    #[arg(long, conflicts_with_all = ["username", "service_principal", "use_device_code", "no_browser", "scope", "claims_challenge"])]
    pub(crate) identity: bool,

    /// The client id of a user-assigned identity
    #[arg(long, value_name = "ID", requires = "identity")]
    pub(crate) client_id: Option<String>,

    /// The object id of a user-assigned identity
    #[arg(long, value_name = "ID", requires = "identity", conflicts_with = "client_id")]
    pub(crate) object_id: Option<String>,

    /// The Azure resource id of a user-assigned identity
    #[arg(long, value_name = "ID", requires = "identity", conflicts_with_all = ["client_id", "object_id"])]
    pub(crate) resource_id: Option<String>,
}

impl ManagedIdentityArgs {
    /// The identity that the command line means, if it means one.
    pub(crate) fn selected(&self) -> Option<Identity> {
        let id = |id: &Option<String>| id.as_deref().map(|id| id.trim().to_owned());
        let selected = id(&self.client_id)
            .map(Identity::ClientId)
            .or_else(|| id(&self.object_id).map(Identity::ObjectId))
            .or_else(|| id(&self.resource_id).map(Identity::ResourceId));
        self.identity.then(|| selected.unwrap_or_default())
    }
}

/// With what an application signs in.
#[derive(Debug, Args)]
#[command(next_help_heading = "Service principals")]
#[group(skip)]
pub(crate) struct ServicePrincipalArgs {
    /// Sign in as an application, whose client id is given by --username; without another of these options its secret is
    /// taken from AZURE_CLIENT_SECRET, or asked for
    #[arg(long, requires_all = ["username", "tenant"], conflicts_with_all = ["scope", "claims_challenge"])]
    pub(crate) service_principal: bool,

    /// The client secret, or @ and the name of a file that holds it, which keeps it out of the list of processes
    #[arg(short, long, value_name = "SECRET", requires = "service_principal")]
    pub(crate) password: Option<Secret>,

    /// A PEM file with the private key and the certificate; it must stay there
    #[arg(long, value_name = "FILE", requires = "service_principal", conflicts_with = "password")]
    pub(crate) certificate: Option<PathBuf>,

    /// Send the certificate along (x5c), for a registration by subject name and issuer
    #[arg(long, requires = "certificate")]
    pub(crate) use_cert_sn_issuer: bool,

    /// A token of another issuer, or @ and the name of a file that holds it
    #[arg(long, value_name = "TOKEN", requires = "service_principal", conflicts_with_all = ["password", "certificate"])]
    pub(crate) federated_token: Option<Secret>,

    /// A file with such a token that somebody keeps renewing, such as AZURE_FEDERATED_TOKEN_FILE; it is read each time
    #[arg(long, value_name = "FILE", requires = "service_principal", conflicts_with_all = ["password", "certificate", "federated_token"])]
    pub(crate) federated_token_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Also ask the hosts of the cloud, and for a token
    #[arg(long)]
    pub(crate) online: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogoutArgs {
    /// Sign out this user
    #[arg(long, value_name = "USER", conflicts_with = "all")]
    pub(crate) username: Option<String>,

    /// Sign out everybody of this cloud
    #[arg(long)]
    pub(crate) all: bool,
}

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
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
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

#[derive(Debug, Subcommand)]
pub(crate) enum CloudCommand {
    /// List the clouds: the known ones, those that were registered here, and those of az cloud register
    List,
    /// Show a cloud and its endpoints, the one that is used unless another one is named
    Show {
        /// The cloud
        #[arg(short, long)]
        name: Option<String>,
    },
    /// Use this cloud from now on; the logins to other clouds stay
    Set {
        /// The cloud
        #[arg(short, long)]
        name: String,
    },
    /// Describe a cloud of your own
    ///
    /// --endpoint-resource-manager alone is enough where that host tells about its cloud. It is asked unless the sign-in authority
    /// and the audience are said, too. The files of the Azure CLI stay as they are.
    Register(Box<RegisterArgs>),
    /// Forget a cloud that was registered here; the logins to it stay
    Unregister {
        /// The cloud
        #[arg(short, long)]
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    /// The cloud's name
    #[arg(short, long)]
    pub(crate) name: String,

    /// A file, or JSON, in the shape of az cloud show or of az cloud register --cloud-config; a leading @ is passed over
    #[arg(long, value_name = "FILE")]
    pub(crate) cloud_config: Option<String>,

    /// Do not ask Azure Resource Manager for what is not said
    #[arg(long)]
    pub(crate) skip_endpoint_discovery: bool,

    /// Azure Resource Manager
    #[arg(long, value_name = "URL")]
    endpoint_resource_manager: Option<String>,

    /// The sign-in authority, without a tenant
    #[arg(long, value_name = "URL")]
    endpoint_active_directory: Option<String>,

    /// The audience of tokens for Azure Resource Manager
    #[arg(long, value_name = "RESOURCE")]
    endpoint_active_directory_resource_id: Option<String>,

    /// Microsoft Graph
    #[arg(long, value_name = "URL")]
    endpoint_microsoft_graph_resource_id: Option<String>,

    /// The Azure portal
    #[arg(long, value_name = "URL")]
    endpoint_portal: Option<String>,

    /// The audience of tokens for Azure Machine Learning [default: ml.azure.X where the portal is portal.azure.X]
    #[arg(long, value_name = "RESOURCE")]
    endpoint_machine_learning_resource_id: Option<String>,

    /// Where the registries of Azure Machine Learning are looked up
    #[arg(long, value_name = "URL")]
    endpoint_machine_learning_registry_discovery: Option<String>,

    /// What the hosts of Azure Machine Learning end in, behind the region
    #[arg(long, value_name = "SUFFIX")]
    suffix_machine_learning_api: Option<String>,

    /// What the hosts of storage accounts end in
    #[arg(long, value_name = "SUFFIX")]
    suffix_storage_endpoint: Option<String>,

    /// What the hosts of key vaults end in
    #[arg(long, value_name = "SUFFIX")]
    suffix_keyvault_dns: Option<String>,
}

impl RegisterArgs {
    /// What the command line says about the cloud.
    pub(crate) fn settings(&self) -> CloudSettings {
        let said = [
            ("endpoint_active_directory", &self.endpoint_active_directory),
            ("endpoint_active_directory_resource_id", &self.endpoint_active_directory_resource_id),
            ("endpoint_machine_learning_registry_discovery", &self.endpoint_machine_learning_registry_discovery),
            ("endpoint_machine_learning_resource_id", &self.endpoint_machine_learning_resource_id),
            ("endpoint_microsoft_graph_resource_id", &self.endpoint_microsoft_graph_resource_id),
            ("endpoint_portal", &self.endpoint_portal),
            ("endpoint_resource_manager", &self.endpoint_resource_manager),
            ("suffix_keyvault_dns", &self.suffix_keyvault_dns),
            ("suffix_machine_learning_api", &self.suffix_machine_learning_api),
            ("suffix_storage_endpoint", &self.suffix_storage_endpoint),
        ];
        said.into_iter().fold(CloudSettings::default(), |settings, (name, value)| {
            settings.with(name, value.as_deref().unwrap_or_default())
        })
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// Serve tokens of your login, as App Service does those of a managed identity, until Ctrl-C
    ///
    /// The Azure SDKs ask such an endpoint where two variables are set. A command that follows after -- gets them in its
    /// environment, and the endpoint ends with it and with its exit code. Without one they are printed, to be pasted into a shell.
    ///
    /// Nobody is asked to sign in. Each request and its answer is told on stderr, without the token; where nobody can
    /// read that any more, it ends.
    Serve(ServeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Listen at this address of this machine, with port 0 at any free port, or at a socket (unix:PATH) that only you reach
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) bind: Bind,

    /// Answer to this name of the address, too, such as host.docker.internal
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    pub(crate) host: Vec<String>,

    /// Give tokens for this resource, too, such as https://storage.azure.com, or for any: '*' [always: Azure Resource Manager
    /// and Azure Machine Learning]
    #[arg(long, value_name = "RESOURCE")]
    pub(crate) allow: Vec<String>,

    /// Give at most so many tokens in a minute
    #[arg(long, value_name = "NUMBER", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) rate: u32,

    #[command(flatten)]
    pub(crate) identity: IdentityArgs,

    /// Run this command with the variables in its environment
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// A bare name, without a scheme and a port.
fn host_name(text: &str) -> Result<String, String> {
    match url::Host::parse(text) {
        Ok(url::Host::Domain(name)) if !name.contains('*') => Ok(text.to_owned()),
        Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => Ok(text.to_owned()),
        _ => Err("it is not the name of a host; give it without a scheme and a port".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Show where the key is, how long it lasts there, and where it may be
    ///
    /// It changes nothing. It ends with 1 if a login cannot be opened. What it prints is text, or with -o a list of findings.
    Show,
    /// Seal every login with the key of the first place that can be reached, from wherever its key is now
    ///
    /// No login is lost if this is interrupted: run it again. Nothing is printed on stdout unless --output is given.
    Move {
        /// The places, in order of preference, separated by commas: keyring, keyutils, passphrase, key-file [default: what
        /// AZML_PROTECTION says]
        ///
        /// The passphrase is taken from AZML_PASSPHRASE.
        #[arg(long, value_name = "PLACES", value_parser = workspace_client::storage::parse_protection)]
        to: Option<Protection>,
    },
    /// Seal every login with a new key in the same place
    ///
    /// A passphrase stays the same, and makes another key. To change it, move the key to another place, and back with the new
    /// passphrase. Nothing is printed on stdout unless --output is given.
    Rotate,
}

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
    List(PlaceArgs),
}

/// Which workspace, for what lies in it.
#[derive(Debug, Args)]
pub(crate) struct WorkspaceArgs {
    /// The workspace
    #[arg(short = 'w', long)]
    pub(crate) workspace_name: Option<String>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

/// Where workspaces lie.
#[derive(Debug, Args)]
pub(crate) struct PlaceArgs {
    /// The resource group
    #[arg(short = 'g', long)]
    pub(crate) resource_group: Option<String>,

    /// The subscription, by name or id
    #[arg(short, long)]
    pub(crate) subscription: Option<String>,
}
