//! The Instance Metadata Service of virtual machines (Microsoft, how to use managed identities on a VM).

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};
use url::Url;

use crate::Identity;

/// Names another address of the service (observed: azure-identity 1.27).
pub(crate) const HOST_VARIABLE: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
const PATH: &str = "/metadata/identity/oauth2/token";
/// How long the service may take to show that it is there.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

pub(crate) fn default_endpoint() -> Url {
    Url::parse("http://169.254.169.254").expect("it is a URL")
}

pub(crate) fn request(client: &Client, endpoint: &Url, resource: &str, identity: &Identity) -> RequestBuilder {
    let selector = match identity {
        Identity::ClientId(id) => Some(("client_id", id)),
        Identity::ObjectId(id) => Some(("object_id", id)),
        Identity::ResourceId(id) => Some(("msi_res_id", id)),
        Identity::SystemAssigned => None,
    };
    client
        .get(token_url(endpoint))
        .query(&[("api-version", "2018-02-01"), ("resource", resource)])
        .query(selector.as_slice())
        .header("Metadata", "true")
}

/// Whether the service is there: it refuses a question without its header, which asks for nothing. Other answers come from
/// networks that answer for every address.
pub(crate) async fn is_present(client: &Client, endpoint: &Url) -> bool {
    match client.get(token_url(endpoint)).timeout(PROBE_TIMEOUT).send().await {
        Ok(response) => response.status() == StatusCode::BAD_REQUEST || response.status().is_success(),
        Err(error) => {
            tracing::debug!(error = %error.without_url(), "no instance metadata service answers");
            false
        }
    }
}

fn token_url(endpoint: &Url) -> Url {
    let mut url = endpoint.clone();
    url.set_path(PATH);
    url
}
