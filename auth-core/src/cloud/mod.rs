//! Clouds and their endpoints.

mod builder;
mod endpoint;
mod known;
pub mod metadata;
mod settings;

use std::fmt;
use std::sync::Arc;

use url::Url;

pub use self::builder::CloudBuilder;
#[cfg(feature = "http")]
pub(crate) use self::endpoint::is_trustworthy;
pub use self::settings::CloudSettings;

use self::endpoint::endpoint;
use self::known::{AUTHORITY_ALIASES, KNOWN, Known};
use crate::{Error, ErrorKind, Scope, Scopes};

/// A name lies in paths and in records.
const LONGEST_NAME: usize = 100;

/// An Azure cloud: its name and its endpoints. Clones share the same memory.
///
/// ```
/// use auth_core::Cloud;
/// let cloud = Cloud::named("azurechinacloud")?;
/// assert_eq!(cloud.name(), "AzureChinaCloud");
/// assert_eq!(cloud.arm_scope().as_str(), "https://management.core.chinacloudapi.cn//.default");
/// # Ok::<(), auth_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Cloud(Arc<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    name: String,
    authority: Url,
    resource_manager: Url,
    arm_scope: Scopes,
    graph: Option<Url>,
    graph_scope: Option<Scopes>,
    ml_scope: Option<Scopes>,
    ml_api_suffix: Option<String>,
    ml_registry_discovery: Option<Url>,
    portal: Option<Url>,
    storage_suffix: Option<String>,
    key_vault_suffix: Option<String>,
}

impl Cloud {
    /// The public cloud, `AzureCloud`.
    pub fn public() -> Self {
        Self::known(0)
    }

    /// Azure operated by 21Vianet, `AzureChinaCloud`.
    pub fn china() -> Self {
        Self::known(1)
    }

    /// Azure for the US government, `AzureUSGovernment`.
    pub fn us_government() -> Self {
        Self::known(2)
    }

    /// A known cloud by its name, without regard to case.
    ///
    /// The names are those of the Azure CLI. What others call the same clouds is understood, too:
    ///
    /// | cloud | Azure SDK for Go, autorest | azure-identity, MSAL | Terraform |
    /// |---|---|---|---|
    /// | `AzureCloud` | `AzurePublic`, `AzurePublicCloud` | `AZURE_PUBLIC_CLOUD`, `AzurePublic` | `public` |
    /// | `AzureChinaCloud` | `AzureChina`, `AzureChinaCloud` | `AZURE_CHINA`, `AzureChina` | `china` |
    /// | `AzureUSGovernment` | `AzureGovernment`, `AzureUSGovernmentCloud` | `AZURE_GOVERNMENT`, `AzureUsGovernment` | `usgovernment` |
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`], listing the right names.
    pub fn named(name: &str) -> Result<Self, Error> {
        let known = Self::canonical_name(name).and_then(|name| KNOWN.iter().position(|known| known.name == name));
        known.map(Self::known).ok_or_else(|| Self::unknown(name, &Self::known_names().collect::<Vec<_>>()))
    }

    /// The Azure CLI's name for what this name, or this alias, stands for: see [`Cloud::named`].
    pub fn canonical_name(name: &str) -> Option<&'static str> {
        let plain = |name: &str| name.trim().replace(['_', '-'], "").to_ascii_lowercase();
        let name = plain(name);
        let is_it = |known: &&Known| known.aliases.iter().chain([&known.name]).any(|alias| plain(alias) == name);
        KNOWN.iter().find(is_it).map(|known| known.name)
    }

    /// The names of the known clouds.
    pub fn known_names() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|known| known.name)
    }

    /// The error for a name that is none of the `right` ones.
    pub fn unknown(name: &str, right: &[&str]) -> Error {
        let shown: String = name.chars().take(60).collect();
        Error::new(ErrorKind::Configuration, format!("there is no cloud named {shown:?}"))
            .with_help(format!("the cloud must be one of {}", right.join(", ")))
    }

    /// Starts a cloud of one's own from the three endpoints that every cloud needs: the sign-in authority, Azure Resource
    /// Manager, and the audience of its tokens.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if an endpoint is neither https nor on the loopback interface, or carries user
    /// information, a query or a fragment.
    pub fn custom(
        name: &str,
        authority: &str,
        resource_manager: &str,
        arm_audience: &str,
    ) -> Result<CloudBuilder, Error> {
        if name.trim().is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            let message = format!("a cloud needs a name of at most {LONGEST_NAME} bytes, without control characters");
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        Ok(CloudBuilder(Inner {
            name: name.to_owned(),
            authority: endpoint(name, "authority", authority)?,
            resource_manager: endpoint(name, "resource manager", resource_manager)?,
            arm_scope: Scope::default_of(arm_audience)?.into(),
            graph: None,
            graph_scope: None,
            ml_scope: None,
            ml_api_suffix: None,
            ml_registry_discovery: None,
            portal: None,
            storage_suffix: None,
            key_vault_suffix: None,
        }))
    }

    /// Starts a cloud with this cloud's endpoints, to change some of them.
    pub fn to_builder(&self) -> CloudBuilder {
        CloudBuilder((*self.0).clone())
    }

    /// The cloud's name, such as `AzureCloud`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The sign-in authority, without a tenant.
    pub fn authority(&self) -> &Url {
        &self.0.authority
    }

    /// The authority's host without port, which names the cloud in the token caches of the MSAL libraries.
    pub fn authority_host(&self) -> &str {
        self.0.authority.host_str().unwrap_or_default()
    }

    /// Every host that stands for the same authority, this cloud's own first.
    pub fn authority_hosts(&self) -> impl Iterator<Item = &str> {
        let own = self.authority_host();
        let group = AUTHORITY_ALIASES.iter().find(|group| group.contains(&own)).copied().unwrap_or_default();
        std::iter::once(own).chain(group.iter().copied().filter(move |alias| *alias != own))
    }

    /// Azure Resource Manager.
    pub fn resource_manager(&self) -> &Url {
        &self.0.resource_manager
    }

    /// The scope of a token for Azure Resource Manager.
    pub fn arm_scope(&self) -> Scopes {
        self.0.arm_scope.clone()
    }

    /// Microsoft Graph, where the cloud has one.
    pub fn graph(&self) -> Option<&Url> {
        self.0.graph.as_ref()
    }

    /// The scope of a token for Microsoft Graph, where the cloud has one.
    pub fn graph_scope(&self) -> Option<Scopes> {
        self.0.graph_scope.clone()
    }

    /// The scope of a token for the Azure ML data plane, where the cloud has one.
    pub fn ml_scope(&self) -> Option<Scopes> {
        self.0.ml_scope.clone()
    }

    /// The suffix of the hosts of the Azure ML data plane, such as `api.azureml.ms`; in front of it stands the region, and a dot.
    /// A workspace names its own host (`discoveryUrl`), which may be another one.
    pub fn ml_api_suffix(&self) -> Option<&str> {
        self.0.ml_api_suffix.as_deref()
    }

    /// Where the registries of Azure ML are looked up, where that is known.
    pub fn ml_registry_discovery(&self) -> Option<&Url> {
        self.0.ml_registry_discovery.as_ref()
    }

    /// The Azure portal, where the cloud has one.
    pub fn portal(&self) -> Option<&Url> {
        self.0.portal.as_ref()
    }

    /// The suffix of storage hosts, such as `core.windows.net`.
    pub fn storage_suffix(&self) -> Option<&str> {
        self.0.storage_suffix.as_deref()
    }

    /// The suffix of key vault hosts, such as `.vault.azure.net`.
    pub fn key_vault_suffix(&self) -> Option<&str> {
        self.0.key_vault_suffix.as_deref()
    }

    fn known(index: usize) -> Self {
        let known = &KNOWN[index];
        // The table is checked by the test `every_known_cloud_is_well_formed`.
        Self::custom(known.name, known.authority, known.resource_manager, known.arm_audience)
            .and_then(|cloud| cloud.graph(known.graph)?.portal(known.portal))
            .and_then(|cloud| cloud.ml_audience(known.ml_audience)?.ml_api_suffix(known.ml_api_suffix))
            .and_then(|cloud| cloud.ml_registry_discovery(known.ml_registry_discovery))
            .and_then(|cloud| cloud.storage_suffix(known.storage_suffix)?.key_vault_suffix(known.key_vault_suffix))
            .map(CloudBuilder::build)
            .expect("the table of known clouds is well formed")
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud")
            .field("name", &self.0.name)
            .field("authority", &self.0.authority.as_str())
            .field("resource_manager", &self.0.resource_manager.as_str())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_cloud_is_well_formed() {
        for name in Cloud::known_names() {
            let cloud = Cloud::named(&name.to_lowercase()).unwrap();
            assert_eq!(cloud.name(), name);
            assert!(cloud.authority_hosts().count() >= 2);
            assert!(cloud.arm_scope().as_str().ends_with("//.default"));
            assert!(cloud.ml_scope().is_some() && cloud.portal().is_some());
        }
        assert_eq!((Cloud::public().name(), Cloud::china().name()), ("AzureCloud", "AzureChinaCloud"));
        assert_eq!(Cloud::us_government().name(), "AzureUSGovernment");
    }

    #[test]
    fn every_known_cloud_has_the_endpoints_of_the_cli_and_of_azure_ml() {
        let row = |cloud: Cloud| {
            let url = |url: Option<&Url>| url.map_or_else(String::new, ToString::to_string);
            let scope = |scopes: Option<Scopes>| scopes.map_or_else(String::new, |it| it.as_str().to_owned());
            [
                cloud.authority().to_string(),
                cloud.resource_manager().to_string(),
                scope(Some(cloud.arm_scope())),
                scope(cloud.graph_scope()),
                scope(cloud.ml_scope()),
                cloud.ml_api_suffix().unwrap_or_default().to_owned(),
                url(cloud.ml_registry_discovery()),
                url(cloud.portal()),
                cloud.storage_suffix().unwrap_or_default().to_owned(),
                cloud.key_vault_suffix().unwrap_or_default().to_owned(),
            ]
            .join("\n")
        };
        insta::assert_snapshot!(row(Cloud::public()), @r"
        https://login.microsoftonline.com/
        https://management.azure.com/
        https://management.core.windows.net//.default
        https://graph.microsoft.com//.default
        https://ml.azure.com/.default
        api.azureml.ms
        https://eastus.api.azureml.ms/
        https://portal.azure.com/
        core.windows.net
        .vault.azure.net
        ");
        insta::assert_snapshot!(row(Cloud::china()), @r"
        https://login.chinacloudapi.cn/
        https://management.chinacloudapi.cn/
        https://management.core.chinacloudapi.cn//.default
        https://microsoftgraph.chinacloudapi.cn/.default
        https://ml.azure.cn/.default
        api.ml.azure.cn
        https://chinaeast2.api.ml.azure.cn/
        https://portal.azure.cn/
        core.chinacloudapi.cn
        .vault.azure.cn
        ");
        insta::assert_snapshot!(row(Cloud::us_government()), @r"
        https://login.microsoftonline.us/
        https://management.usgovcloudapi.net/
        https://management.core.usgovcloudapi.net//.default
        https://graph.microsoft.us//.default
        https://ml.azure.us/.default
        api.ml.azure.us
        https://usgovarizona.api.ml.azure.us/
        https://portal.azure.us/
        core.usgovcloudapi.net
        .vault.usgovcloudapi.net
        ");
    }

    #[test]
    fn other_people_s_names_are_understood() {
        for (names, cloud) in [
            (["AzurePublicCloud", "AZURE_PUBLIC_CLOUD", "azurepublic", "public"], "AzureCloud"),
            (["AzureChina", "AZURE_CHINA", "azure-china-cloud", "china"], "AzureChinaCloud"),
            (["AzureUSGovernmentCloud", "AZURE_GOVERNMENT", "AzureUsGovernment", "usgovernment"], "AzureUSGovernment"),
        ] {
            for name in names {
                assert_eq!(Cloud::named(name).unwrap().name(), cloud, "{name}");
            }
        }
        assert_eq!(Cloud::canonical_name("AzureGermanCloud"), None);
    }

    #[test]
    fn a_wrong_name_is_an_error_that_lists_the_right_ones() {
        let error = Cloud::named("AzureClown").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert_eq!(error.help(), Some("the cloud must be one of AzureCloud, AzureChinaCloud, AzureUSGovernment"));
    }

    #[test]
    fn a_custom_cloud_must_be_https_or_on_this_machine() {
        let with_authority =
            |authority: &str| Cloud::custom("Rig", authority, "https://arm.rig.example", "https://arm.rig.example/");
        for good in ["https://login.rig.example", "http://localhost:1", "http://127.0.0.1:1/x", "http://[::1]:9"] {
            assert!(with_authority(good).is_ok(), "{good}");
        }
        for bad in [
            "http://login.rig.example",
            "ftp://localhost",
            "https://user@login.rig.example",
            "https://login.rig.example?x=1",
            "https://login.rig.example#x",
            "https://login.rig.example.",
            "http://localhost.evil.example",
            "login.rig.example",
            "",
        ] {
            assert!(with_authority(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_cloud_s_own_authority_comes_first_among_its_aliases() {
        assert_eq!(Cloud::public().authority_hosts().next(), Some("login.microsoftonline.com"));
        assert!(Cloud::public().authority_hosts().any(|host| host == "login.windows.net"));
        let rig = Cloud::custom("Rig", "https://login.rig.example", "https://a.example", "https://a.example")
            .unwrap()
            .build();
        assert_eq!(rig.authority_hosts().collect::<Vec<_>>(), ["login.rig.example"]);
    }
}
