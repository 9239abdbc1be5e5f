//! Where Entra ID is asked.

use url::Url;

use crate::{Cloud, Tenant};

/// The client id of the Azure CLI, a public client that every tenant knows (observed: az 2.91, azureml-core 1.61).
pub const AZURE_CLI_CLIENT_ID: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// An endpoint of the v2 protocol: `<authority>/<tenant>/oauth2/v2.0/<name>` (Microsoft identity platform, endpoints).
pub(super) fn endpoint(cloud: &Cloud, tenant: &Tenant, name: &str) -> Url {
    let mut url = cloud.authority().clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend([tenant.as_str(), "oauth2", "v2.0", name]);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_keeps_the_path_of_the_authority() {
        let tenant = Tenant::parse("contoso.example").unwrap();
        let url = |authority: &str| {
            let cloud = Cloud::custom("Rig", authority, "https://a.example", "https://a.example").unwrap().build();
            endpoint(&cloud, &tenant, "token").to_string()
        };
        assert_eq!(url("https://login.example"), "https://login.example/contoso.example/oauth2/v2.0/token");
        assert_eq!(url("https://login.example/adfs/"), "https://login.example/adfs/contoso.example/oauth2/v2.0/token");
    }
}
