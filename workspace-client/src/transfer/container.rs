//! Where blobs lie.

use std::sync::Arc;
use std::time::Duration;

use auth_core::http::{self, HttpClient};
use auth_core::{Authentication, Env, Error, ErrorKind, Secret};
use object_store::azure::{MicrosoftAzure, MicrosoftAzureBuilder};
use object_store::{BackoffConfig, RetryConfig};
use url::Url;

use super::access::Access;
use super::refusal;
use super::service::Service;
use super::{Download, Snapshot, Upload};

/// After this long a request is not tried again.
const PATIENCE: Duration = Duration::from_secs(300);
const RETRIES: u8 = 6;

/// A container of Blob Storage, and with what it lets us in. Clones share connections.
///
/// Proxies and certificate authorities are those of [`HttpClient`]. One attempt at a request takes five minutes at most; one that may
/// pass is repeated up to six times within five minutes.
#[derive(Clone, Debug)]
pub struct Container {
    endpoint: Url,
    name: String,
    access: Access,
    http: HttpClient,
    retries: u8,
}

impl Container {
    /// The container at this URL, such as `https://account.blob.core.windows.net/container`, which lets everybody in.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if it is not the URL of a container, or neither https nor on this machine.
    pub fn new(url: &str) -> Result<Self, Error> {
        let refuse = |shown: &str, why: &str| {
            Err(Error::new(ErrorKind::Configuration, format!("{shown} is not the URL of a container: {why}"))
                .with_help("such a URL is https://account.blob.core.windows.net/container"))
        };
        let Ok(mut endpoint) = Url::parse(url) else { return refuse("what was given", "it cannot be read") };
        let shown = format!("{}{}", endpoint.host_str().unwrap_or_default(), endpoint.path());
        if endpoint.query().is_some() || endpoint.fragment().is_some() || endpoint.password().is_some() {
            return refuse(&shown, "something follows it; a SAS is given apart");
        }
        if !http::may_carry_tokens(&endpoint) {
            return refuse(&shown, "it is neither https nor on this machine");
        }
        let path = endpoint.path().trim_matches('/').to_owned();
        let (place, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if name.is_empty() || name.contains('%') {
            return refuse(&shown, "it names no container");
        }
        endpoint.set_path(place);
        Ok(Self {
            endpoint,
            name: name.to_owned(),
            access: Access::Anonymous,
            http: HttpClient::for_files(Env::process()),
            retries: RETRIES,
        })
    }

    /// The container at this URL with a SAS, as Azure ML hands it out for a pending upload.
    ///
    /// # Errors
    /// As [`Container::new`]; the SAS is not shown.
    pub fn from_sas_uri(uri: &Secret) -> Result<Self, Error> {
        match uri.expose().split_once('?') {
            Some((url, sas)) => Ok(Self::new(url)?.sas(&Secret::new(sas))),
            None => Self::new(uri.expose()),
        }
    }

    /// Comes with a SAS: the part of its URL after the question mark.
    pub fn sas(mut self, sas: &Secret) -> Self {
        let text = sas.expose().trim_start_matches('?').to_owned();
        self.access = Access::Sas(Secret::new(text));
        self
    }

    /// Comes with tokens of this identity, for the audience of Blob Storage. A person is never asked.
    pub fn auth(mut self, auth: Arc<dyn Authentication>) -> Self {
        self.access = Access::Identity(auth);
        self
    }

    /// Shares an HTTP client, which should be [`HttpClient::for_files`].
    pub fn http(mut self, http: HttpClient) -> Self {
        self.http = http;
        self
    }

    /// Says how often a request is repeated that fails in a way that may pass, instead of six times.
    pub fn retries(mut self, retries: u8) -> Self {
        self.retries = retries;
        self
    }

    /// Its URL, without a SAS.
    pub fn url(&self) -> Url {
        let mut url = self.endpoint.clone();
        let path = format!("{}/{}", url.path().trim_end_matches('/'), self.name);
        url.set_path(&path);
        url
    }

    /// Uploads a snapshot below a prefix, which may be empty: a file `a.py` of the folder `src` becomes the blob `prefix/src/a.py`, the
    /// file `x.csv` alone becomes `prefix/x.csv`. Nothing is done until it is awaited.
    pub fn upload(&self, snapshot: &Snapshot, prefix: &str) -> Upload {
        Upload::new(self.clone(), snapshot.clone(), prefix)
    }

    /// Downloads what lies below a prefix, or the blob of that name, to a folder. Nothing is done until it is awaited.
    pub fn download(&self, prefix: &str, to: impl Into<std::path::PathBuf>) -> Download {
        Download::new(self.clone(), prefix, to.into())
    }

    pub(super) fn host(&self) -> &str {
        self.endpoint.host_str().unwrap_or_default()
    }

    /// An error of the library, as one about this blob.
    pub(super) fn explained(&self, error: &object_store::Error, blob: &str) -> Error {
        refusal::explained(error, self.host(), blob)
    }

    pub(super) fn store(&self) -> Result<MicrosoftAzure, Error> {
        let service = Service::new(self.access.clone(), self.http.clone(), self.host().to_owned());
        let backoff =
            BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(15), base: 2.5 };
        let store = MicrosoftAzureBuilder::new()
            // For signatures with its key only, of which there are none.
            .with_account("account")
            .with_bearer_token_authorization("")
            .with_skip_signature(true)
            .with_endpoint(self.endpoint.as_str().trim_end_matches('/').to_owned())
            .with_container_name(&self.name)
            .with_retry(RetryConfig { backoff, max_retries: self.retries.into(), retry_timeout: PATIENCE })
            .with_http_connector(service)
            .build();
        store.map_err(|error| {
            let what = format!("{} cannot be used as a container", self.url());
            Error::new(ErrorKind::Configuration, what).with_source(error)
        })
    }
}
