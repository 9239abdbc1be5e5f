//! App Service, Functions, Container Apps and Automation (Microsoft, App Service REST endpoint reference).

use auth_core::Secret;
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::Identity;

pub(crate) fn request(
    client: &Client,
    endpoint: &Url,
    secret: &Secret,
    resource: &str,
    identity: &Identity,
) -> RequestBuilder {
    let selector = match identity {
        Identity::ClientId(id) => Some(("client_id", id)),
        Identity::ObjectId(id) => Some(("object_id", id)),
        Identity::ResourceId(id) => Some(("mi_res_id", id)),
        Identity::SystemAssigned => None,
    };
    client
        .get(endpoint.clone())
        .query(&[("api-version", "2019-08-01"), ("resource", resource)])
        .query(selector.as_slice())
        .header("X-IDENTITY-HEADER", secret.expose())
        .header("Metadata", "true") // Automation wants it, the others ignore it
}
