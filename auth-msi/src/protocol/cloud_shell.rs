//! Cloud Shell, and notebooks that were connected to Azure (observed: azure-identity 1.27, msrestazure 0.6).

use auth_core::{Env, Error};
use reqwest::RequestBuilder;
use url::Url;

use super::{Clue, Protocol, Question, azure_ml};
use crate::{HostKind, Identity, endpoint};

pub(super) fn find(env: &Env) -> Result<Clue, Error> {
    Ok(match (env.var(azure_ml::ENDPOINT), env.var(azure_ml::SECRET)) {
        (Some(url), None) => Clue::Found(Protocol::CloudShell { endpoint: endpoint::near(azure_ml::ENDPOINT, &url)? }),
        _ => Clue::Absent,
    })
}

pub(super) fn request(question: Question<'_>, endpoint: &Url) -> Result<RequestBuilder, Error> {
    if *question.identity != Identity::SystemAssigned {
        let supported = "no identity: its tokens are those of the person signed in";
        return Err(question.identity.unsupported(HostKind::CloudShell, supported));
    }
    let form = [("resource", question.resource)];
    Ok(question.client.post(endpoint.clone()).header("Metadata", "true").form(&form))
}
