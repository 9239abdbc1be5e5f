//! Azure ML compute instances and clusters (observed: azure-identity 1.27, MSAL Go 1.9).

use auth_core::{Env, Error, Secret};
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::identity::is_guid;
use crate::machine::Clue;
use crate::{Host, HostKind, Identity, endpoint};

pub(crate) const ENDPOINT: &str = "MSI_ENDPOINT";
pub(crate) const SECRET: &str = "MSI_SECRET";
const DEFAULT_CLIENT_ID: &str = "DEFAULT_IDENTITY_CLIENT_ID";

pub(crate) fn find(env: &Env) -> Result<Clue, Error> {
    Ok(match (env.var(ENDPOINT), env.var(SECRET)) {
        (Some(url), Some(secret)) => Clue::Found(Host::AzureMl {
            endpoint: endpoint::near(ENDPOINT, &url)?,
            secret: secret.into(),
            default_client_id: env.var(DEFAULT_CLIENT_ID),
        }),
        (None, Some(_)) => Clue::Partial(format!("{SECRET} is set, but {ENDPOINT} is not")),
        _ => Clue::Absent,
    })
}

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
        Identity::SystemAssigned => default_client_id.map(str::trim).filter(|id| is_guid(id)),
        Identity::ObjectId(_) | Identity::ResourceId(_) => {
            return Err(identity.unsupported(HostKind::AzureMl, "the identity's client id"));
        }
    };
    Ok(question(client, endpoint, secret, resource, client_id))
}

/// The protocol of 2017, which Azure ML took from App Service.
pub(crate) fn question(
    client: &Client,
    endpoint: &Url,
    secret: &Secret,
    resource: &str,
    client_id: Option<&str>,
) -> RequestBuilder {
    client
        .get(endpoint.clone())
        .query(&[("api-version", "2017-09-01"), ("resource", resource)])
        .query(client_id.map(|id| ("clientid", id)).as_slice())
        .header("secret", secret.expose())
}
