//! Cloud Shell, and notebooks that were connected to Azure (observed: azure-identity 1.27, msrestazure 0.6).

use auth_core::Error;
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::Identity;

pub(crate) fn request(
    client: &Client,
    endpoint: &Url,
    resource: &str,
    identity: &Identity,
) -> Result<RequestBuilder, Error> {
    if *identity != Identity::SystemAssigned {
        return Err(identity.unsupported("Cloud Shell", "no identity: its tokens are those of the person signed in"));
    }
    Ok(client.post(endpoint.clone()).header("Metadata", "true").form(&[("resource", resource)]))
}
