//! App Service, Functions, Container Apps and Automation (Microsoft, App Service REST endpoint reference).

use auth_core::{Env, Error, Secret};
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::machine::Clue;
use crate::{Host, Identity, endpoint};

pub(crate) const ENDPOINT: &str = "IDENTITY_ENDPOINT";
pub(crate) const HEADER: &str = "IDENTITY_HEADER";

pub(crate) fn find(env: &Env) -> Result<Clue, Error> {
    Ok(match (env.var(ENDPOINT), env.var(HEADER)) {
        (Some(url), Some(secret)) => {
            Clue::Found(Host::AppService { endpoint: endpoint::near(ENDPOINT, &url)?, secret: secret.into() })
        }
        // azure-identity gives up here; its siblings go on (observed: MSAL for Python, Go and Node).
        (Some(_), None) => Clue::Partial(format!("{ENDPOINT} is set, but neither {HEADER} nor IMDS_ENDPOINT is")),
        (None, Some(_)) => Clue::Partial(format!("{HEADER} is set, but {ENDPOINT} is not")),
        (None, None) => Clue::Absent,
    })
}

pub(crate) fn request(
    client: &Client,
    endpoint: &Url,
    secret: &Secret,
    resource: &str,
    identity: &Identity,
) -> RequestBuilder {
    client
        .get(endpoint.clone())
        .query(&[("api-version", "2019-08-01"), ("resource", resource)])
        .query(identity.selector(["client_id", "object_id", "mi_res_id"]).as_slice())
        .header("X-IDENTITY-HEADER", secret.expose())
        .header("Metadata", "true") // Automation wants it, the others ignore it
}
