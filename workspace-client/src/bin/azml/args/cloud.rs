//! `azml cloud`.

use auth_core::CloudSettings;
use clap::{Args, Subcommand};

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
