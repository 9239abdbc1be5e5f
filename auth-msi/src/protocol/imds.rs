//! The Instance Metadata Service of virtual machines (Microsoft, how to use managed identities on a VM).

use std::path::Path;
use std::time::Duration;

use auth_core::{Env, Error};
use reqwest::{Client, RequestBuilder};
use url::Url;

use super::{Clue, Protocol, Question};
use crate::endpoint;

/// Names another address of the service (observed: azure-identity 1.27).
const HOST_VARIABLE: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
/// Marks an Azure ML notebook machine (observed: azureml-core 1.61).
const NOTEBOOK_MARKER: &str = "mnt/azmnt/.nbvm";
const PATH: &str = "/metadata/identity/oauth2/token";
/// How long the service may take to show that it is there.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

pub(crate) fn default_endpoint() -> Url {
    Url::parse("http://169.254.169.254").expect("it is a URL")
}

pub(super) fn find(env: &Env) -> Result<Clue, Error> {
    Ok(match env.var(HOST_VARIABLE) {
        Some(url) => Clue::Found(Protocol::Imds { endpoint: endpoint::https_or_near(HOST_VARIABLE, &url)? }),
        None => Clue::Absent,
    })
}

pub(super) fn find_notebook(root: &Path) -> Option<Protocol> {
    root.join(NOTEBOOK_MARKER).is_file().then(|| Protocol::Imds { endpoint: default_endpoint() })
}

pub(super) fn request(question: Question<'_>, endpoint: &Url) -> RequestBuilder {
    question
        .get(&token_url(endpoint), "2018-02-01")
        .query(question.identity.selector(["client_id", "object_id", "msi_res_id"]).as_slice())
        .header("Metadata", "true")
}

/// Whether the service is there: it refuses a question without its header, which asks for nothing, or says that it is busy. Other
/// answers come from networks that answer for every address, and from other clouds' metadata services.
pub(crate) async fn is_present(client: &Client, endpoint: &Url) -> bool {
    match client.get(token_url(endpoint)).timeout(PROBE_TIMEOUT).send().await {
        Ok(response) => matches!(response.status().as_u16(), 200..=299 | 400 | 410 | 429 | 500 | 503),
        Err(error) => {
            tracing::debug!(error = %error.without_url(), "no instance metadata service answers");
            false
        }
    }
}

fn token_url(endpoint: &Url) -> Url {
    let mut url = endpoint.clone();
    url.set_path(&format!("{}{PATH}", endpoint.path().trim_end_matches('/')));
    url
}
