//! Azure ML compute instances and clusters (observed: azure-identity 1.27, MSAL Go 1.9).

use auth_core::{Env, Error, Secret};
use reqwest::RequestBuilder;
use url::Url;

use super::{Clue, Protocol, Question, header, secret};
use crate::identity::is_guid;
use crate::{HostKind, Identity, endpoint};

pub(super) const ENDPOINT: &str = "MSI_ENDPOINT";
pub(super) const SECRET: &str = "MSI_SECRET";
const DEFAULT_CLIENT_ID: &str = "DEFAULT_IDENTITY_CLIENT_ID";

pub(super) fn find(env: &Env) -> Result<Clue, Error> {
    Ok(match (env.var(ENDPOINT), env.var(SECRET)) {
        (Some(url), Some(text)) => Clue::Found(Protocol::AzureMl {
            endpoint: endpoint::near(ENDPOINT, &url)?,
            secret: secret(SECRET, &text)?,
            default_client_id: env.var(DEFAULT_CLIENT_ID),
        }),
        (None, Some(_)) => Clue::Partial(format!("{SECRET} is set, but {ENDPOINT} is not")),
        _ => Clue::Absent,
    })
}

/// Without a client id a compute instance answers with the token of the person who is signed in there, and a cluster not at
/// all; so the identity that Azure ML assigned is named, unless the variable holds its placeholder.
pub(super) fn request(
    question: Question<'_>,
    endpoint: &Url,
    secret: &Secret,
    default_client_id: Option<&str>,
) -> Result<RequestBuilder, Error> {
    let client_id = match question.identity {
        Identity::ClientId(id) => Some(id.as_str()),
        Identity::SystemAssigned => default_client_id.map(str::trim).filter(|id| is_guid(id)),
        other => return Err(other.unsupported(HostKind::AzureMl, "the identity's client id")),
    };
    version_2017(question, endpoint, secret, client_id)
}

/// The protocol of 2017, which Azure ML took from App Service.
pub(super) fn version_2017(
    question: Question<'_>,
    endpoint: &Url,
    secret: &Secret,
    client_id: Option<&str>,
) -> Result<RequestBuilder, Error> {
    let request = question.get(endpoint, "2017-09-01").query(client_id.map(|id| ("clientid", id)).as_slice());
    Ok(request.header("secret", header(secret)?))
}
