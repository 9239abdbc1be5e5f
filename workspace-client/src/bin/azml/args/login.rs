//! `azml login` and `azml logout`.

use std::path::PathBuf;

use auth_core::Secret;
use auth_msi::Identity;
use clap::Args;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
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

    /// Sign the Azure CLI in, too, which keeps the login unencrypted
    #[arg(long, conflicts_with_all = ["identity", "federated_token_file"])]
    pub(crate) update_azure_cli: bool,

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
pub(crate) struct LogoutArgs {
    /// Sign out this user
    #[arg(long, value_name = "USER", conflicts_with = "all")]
    pub(crate) username: Option<String>,

    /// Sign out everybody of this cloud
    #[arg(long)]
    pub(crate) all: bool,

    /// Sign the same users out of the Azure CLI, too; its own current user where azml has no login
    #[arg(long)]
    pub(crate) update_azure_cli: bool,
}
