//! Azure ML compute instances and clusters (observed: azure-identity 1.27, MSAL Go 1.9).

use auth_core::{Error, Secret};
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::Identity;

/// Without a client id a compute instance answers with the token of the person who is signed in there, and a cluster not at
/// all; so the identity that Azure ML assigned is named, unless the variable holds its placeholder.
pub(crate) fn request(
    client: &Client,
    endpoint: &Url,
    secret: &Secret,
    default_client_id: Option<&str>,
    resource: &str,
    identity: &Identity,
) -> Result<RequestBuilder, Error> {
    let client_id = match identity {
        Identity::ClientId(id) => Some(id.as_str()),
        Identity::SystemAssigned => default_client_id.filter(|id| is_guid(id)),
        Identity::ObjectId(_) | Identity::ResourceId(_) => {
            return Err(identity.unsupported("Azure ML compute", "the identity's client id"));
        }
    };
    let selector = client_id.map(|id| ("clientid", id));
    Ok(client
        .get(endpoint.clone())
        .query(&[("api-version", "2017-09-01"), ("resource", resource)])
        .query(selector.as_slice())
        .header("secret", secret.expose()))
}

fn is_guid(text: &str) -> bool {
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}
