//! App Service with the protocol of 2017 (Microsoft, App Service REST endpoint reference; observed: msrestazure 0.6).

use auth_core::{Env, Error, Secret};
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::machine::Clue;
use crate::{Host, HostKind, Identity, azure_ml, endpoint};

/// Azure ML sets the same two variables, but not this one.
const SITE: &str = "APPSETTING_WEBSITE_SITE_NAME";

pub(crate) fn find(env: &Env) -> Result<Clue, Error> {
    Ok(match (env.var(azure_ml::ENDPOINT), env.var(azure_ml::SECRET), env.var(SITE)) {
        (Some(url), Some(secret), Some(_)) => Clue::Found(Host::AppService2017 {
            endpoint: endpoint::near(azure_ml::ENDPOINT, &url)?,
            secret: secret.into(),
        }),
        _ => Clue::Absent,
    })
}

pub(crate) fn request(
    client: &Client,
    endpoint: &Url,
    secret: &Secret,
    resource: &str,
    identity: &Identity,
) -> Result<RequestBuilder, Error> {
    let client_id = match identity {
        Identity::ClientId(id) => Some(id.as_str()),
        Identity::SystemAssigned => None,
        Identity::ObjectId(_) | Identity::ResourceId(_) => {
            return Err(identity.unsupported(HostKind::AppService2017, "the identity's client id"));
        }
    };
    Ok(azure_ml::question(client, endpoint, secret, resource, client_id))
}
