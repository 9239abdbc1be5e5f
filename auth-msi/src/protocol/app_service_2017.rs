//! App Service with the protocol of 2017 (Microsoft, App Service REST endpoint reference; observed: msrestazure 0.6).

use auth_core::{Env, Error, Secret};
use reqwest::RequestBuilder;
use url::Url;

use super::{Clue, Protocol, Question, azure_ml, secret};
use crate::{HostKind, Identity, endpoint};

/// Azure ML sets the same two variables, but not this one.
const SITE: &str = "APPSETTING_WEBSITE_SITE_NAME";

pub(super) fn find(env: &Env) -> Result<Clue, Error> {
    let (Some(url), Some(text), Some(_)) = (env.var(azure_ml::ENDPOINT), env.var(azure_ml::SECRET), env.var(SITE))
    else {
        return Ok(Clue::Absent);
    };
    let (endpoint, secret) = (endpoint::near(azure_ml::ENDPOINT, &url)?, secret(azure_ml::SECRET, &text)?);
    Ok(Clue::Found(Protocol::AppService2017 { endpoint, secret }))
}

pub(super) fn request(question: Question<'_>, endpoint: &Url, secret: &Secret) -> Result<RequestBuilder, Error> {
    let client_id = match question.identity {
        Identity::ClientId(id) => Some(id.as_str()),
        Identity::SystemAssigned => None,
        other => return Err(other.unsupported(HostKind::AppService2017, "the identity's client id")),
    };
    azure_ml::version_2017(question, endpoint, secret, client_id)
}
