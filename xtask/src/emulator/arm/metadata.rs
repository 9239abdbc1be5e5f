//! The endpoints of the clouds, as `az cloud register` and Azure Machine Learning's own SDK look them up.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, Query};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::super::log::Origin;
use super::super::tls::AZURE_HOSTS;
use super::error::ArmError;

/// What differs between clouds.
struct Cloud<'a> {
    name: &'a str,
    login: &'a str,
    resource_manager: &'a str,
    /// The domain that the others are made of, such as `windows.net`.
    core: &'a str,
    graph: &'a str,
    portal: &'a str,
    registry: &'a str,
    vault: &'a str,
}

const CLOUDS: [Cloud<'_>; 3] = [
    Cloud {
        name: "AzureCloud",
        login: "https://login.microsoftonline.com/",
        resource_manager: "https://management.azure.com/",
        core: "windows.net",
        graph: "https://graph.microsoft.com/",
        portal: "https://portal.azure.com/",
        registry: "azurecr.io",
        vault: "vault.azure.net",
    },
    Cloud {
        name: "AzureChinaCloud",
        login: "https://login.chinacloudapi.cn/",
        resource_manager: "https://management.chinacloudapi.cn/",
        core: "chinacloudapi.cn",
        graph: "https://microsoftgraph.chinacloudapi.cn/",
        portal: "https://portal.azure.cn/",
        registry: "azurecr.cn",
        vault: "vault.azure.cn",
    },
    Cloud {
        name: "AzureUSGovernment",
        login: "https://login.microsoftonline.us/",
        resource_manager: "https://management.usgovcloudapi.net/",
        core: "usgovcloudapi.net",
        graph: "https://graph.microsoft.us/",
        portal: "https://portal.azure.us/",
        registry: "azurecr.us",
        vault: "vault.usgovcloudapi.net",
    },
];

/// `GET`: a list of clouds for the old versions, the cloud that was asked for the new ones.
pub(super) async fn endpoints(
    Extension(Origin(origin)): Extension<Origin>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let Some(version) = query.get("api-version") else {
        return ArmError::missing_api_version().into_response();
    };
    let own = format!("{origin}/");
    let custom = Cloud { name: "LoopbackAzure", login: &own, resource_manager: &own, ..CLOUDS[0] };
    let host = origin.split("//").nth(1).unwrap_or_default();
    let asked = if AZURE_HOSTS.contains(&host) {
        CLOUDS.iter().find(|cloud| cloud.resource_manager == own).unwrap_or(&CLOUDS[0])
    } else {
        &custom
    };
    if version.as_str() >= "2022-09-01" {
        return Json(asked.body()).into_response();
    }
    let mut clouds: Vec<Value> = CLOUDS.iter().map(Cloud::body).collect();
    if asked.name == custom.name {
        clouds.insert(0, custom.body());
    }
    Json(clouds).into_response()
}

impl Cloud<'_> {
    fn body(&self) -> Value {
        let core = self.core;
        json!({
            "name": self.name,
            "portal": self.portal,
            "authentication": {
                "loginEndpoint": self.login,
                "audiences": [format!("https://management.core.{core}/"), self.audience()],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "media": format!("https://rest.media.{core}"),
            "graphAudience": self.graph,
            "graph": self.graph,
            "microsoftGraphResourceId": self.graph,
            "suffixes": {
                "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
                "acrLoginServer": self.registry,
                "sqlServerHostname": format!("database.{core}"),
                "keyVaultDns": self.vault,
                "storage": format!("core.{core}"),
                "storageSyncEndpointSuffix": "afs.azure.net",
                "mhsmDns": "managedhsm.azure.net",
            },
            "batch": format!("https://batch.core.{core}/"),
            "resourceManager": self.resource_manager,
            "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main/arm-compute/quickstart-templates/aliases.json",
            "sqlManagement": format!("https://management.core.{core}:8443/"),
            "activeDirectoryDataLake": "https://datalake.azure.net/",
            "logAnalyticsResourceId": "https://api.loganalytics.io",
            "appInsightsResourceId": "https://api.applicationinsights.io",
        })
    }

    /// A custom cloud's own host is no audience that a token can be asked for.
    fn audience(&self) -> &str {
        if self.name == "LoopbackAzure" { "https://management.azure.com/" } else { self.resource_manager }
    }
}
