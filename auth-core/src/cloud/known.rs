//! The clouds that everybody knows.

/// One row of the table of known clouds (observed: az 2.91; what is of Azure ML: azureml-core 1.61, azure-ai-ml 1.35).
pub(super) struct Known {
    pub(super) name: &'static str,
    /// What others call it: Azure SDK for Go and its predecessor autorest, azure-identity, MSAL, Terraform's provider.
    pub(super) aliases: &'static [&'static str],
    pub(super) authority: &'static str,
    pub(super) resource_manager: &'static str,
    pub(super) arm_audience: &'static str,
    pub(super) graph: &'static str,
    pub(super) ml_audience: &'static str,
    pub(super) ml_api_suffix: &'static str,
    pub(super) ml_registry_discovery: &'static str,
    pub(super) portal: &'static str,
    pub(super) storage_suffix: &'static str,
    pub(super) key_vault_suffix: &'static str,
}

pub(super) const KNOWN: [Known; 3] = [
    Known {
        name: "AzureCloud",
        aliases: &["AzurePublicCloud", "AzurePublic", "public"],
        authority: "https://login.microsoftonline.com",
        resource_manager: "https://management.azure.com/",
        arm_audience: "https://management.core.windows.net/",
        graph: "https://graph.microsoft.com/",
        ml_audience: "https://ml.azure.com",
        ml_api_suffix: "api.azureml.ms",
        ml_registry_discovery: "https://eastus.api.azureml.ms",
        portal: "https://portal.azure.com",
        storage_suffix: "core.windows.net",
        key_vault_suffix: ".vault.azure.net",
    },
    Known {
        name: "AzureChinaCloud",
        aliases: &["AzureChina", "china"],
        authority: "https://login.chinacloudapi.cn",
        resource_manager: "https://management.chinacloudapi.cn",
        arm_audience: "https://management.core.chinacloudapi.cn/",
        graph: "https://microsoftgraph.chinacloudapi.cn",
        ml_audience: "https://ml.azure.cn",
        ml_api_suffix: "api.ml.azure.cn",
        ml_registry_discovery: "https://chinaeast2.api.ml.azure.cn",
        portal: "https://portal.azure.cn",
        storage_suffix: "core.chinacloudapi.cn",
        key_vault_suffix: ".vault.azure.cn",
    },
    Known {
        name: "AzureUSGovernment",
        aliases: &["AzureUSGovernmentCloud", "AzureGovernment", "usgovernment"],
        authority: "https://login.microsoftonline.us",
        resource_manager: "https://management.usgovcloudapi.net/",
        arm_audience: "https://management.core.usgovcloudapi.net/",
        graph: "https://graph.microsoft.us/",
        ml_audience: "https://ml.azure.us",
        ml_api_suffix: "api.ml.azure.us",
        ml_registry_discovery: "https://usgovarizona.api.ml.azure.us",
        portal: "https://portal.azure.us",
        storage_suffix: "core.usgovcloudapi.net",
        key_vault_suffix: ".vault.usgovcloudapi.net",
    },
];

/// Authority hosts that are one and the same service (Microsoft, the instance discovery document shipped in msal-common).
pub(super) const AUTHORITY_ALIASES: [&[&str]; 3] = [
    &["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
    &["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
    &["login.microsoftonline.us", "login.usgovcloudapi.net"],
];
