//! App Service, Functions, Container Apps and Automation (Microsoft, App Service REST endpoint reference).

use auth_core::{Env, Error, Secret};
use reqwest::RequestBuilder;
use url::Url;

use super::{Clue, Protocol, Question, header, secret, service_fabric};
use crate::endpoint;

pub(super) const ENDPOINT: &str = "IDENTITY_ENDPOINT";
pub(super) const HEADER: &str = "IDENTITY_HEADER";

pub(super) fn find(env: &Env) -> Result<Clue, Error> {
    Ok(match (env.var(ENDPOINT), env.var(HEADER)) {
        // Its secret must not be sent without the pin, whatever is looked for.
        (Some(_), Some(_)) if env.var(service_fabric::THUMBPRINT).is_some() => Clue::Absent,
        (Some(url), Some(text)) => {
            let (endpoint, secret) = (endpoint::near(ENDPOINT, &url)?, secret(HEADER, &text)?);
            Clue::Found(Protocol::AppService { endpoint, secret })
        }
        // azure-identity gives up here; its siblings go on (observed: MSAL for Python, Go and Node).
        (Some(_), None) => Clue::Partial(format!("{ENDPOINT} is set, but {HEADER} is not")),
        (None, Some(_)) => Clue::Partial(format!("{HEADER} is set, but {ENDPOINT} is not")),
        (None, None) => Clue::Absent,
    })
}

pub(super) fn request(question: Question<'_>, endpoint: &Url, secret: &Secret) -> Result<RequestBuilder, Error> {
    Ok(question
        .get(endpoint, "2019-08-01")
        .query(question.identity.selector(["client_id", "object_id", "mi_res_id"]).as_slice())
        .header("X-IDENTITY-HEADER", header(secret)?)
        .header("Metadata", "true")) // Automation wants it, the others ignore it
}
