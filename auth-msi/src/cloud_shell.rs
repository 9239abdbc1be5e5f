//! Cloud Shell, and notebooks that were connected to Azure (observed: azure-identity 1.27, msrestazure 0.6).

use auth_core::{Env, Error};
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::machine::Clue;
use crate::{Host, HostKind, Identity, azure_ml, endpoint};

pub(crate) fn find(env: &Env) -> Result<Clue, Error> {
    Ok(match (env.var(azure_ml::ENDPOINT), env.var(azure_ml::SECRET)) {
        (Some(url), None) => Clue::Found(Host::CloudShell { endpoint: endpoint::near(azure_ml::ENDPOINT, &url)? }),
        _ => Clue::Absent,
    })
}

pub(crate) fn request(
    client: &Client,
    endpoint: &Url,
    resource: &str,
    identity: &Identity,
) -> Result<RequestBuilder, Error> {
    if *identity != Identity::SystemAssigned {
        let supported = "no identity: its tokens are those of the person signed in";
        return Err(identity.unsupported(HostKind::CloudShell, supported));
    }
    Ok(client.post(endpoint.clone()).header("Metadata", "true").form(&[("resource", resource)]))
}
