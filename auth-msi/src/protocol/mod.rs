//! How each host is recognised and asked, one file a host.

mod app_service;
mod app_service_2017;
pub(crate) mod arc;
mod azure_ml;
mod cloud_shell;
pub(crate) mod imds;
mod service_fabric;
pub(crate) mod workload_identity;

use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_core::{Env, Error, ErrorKind, Secret, Tenant};
use reqwest::header::HeaderValue;
use reqwest::{Client, RequestBuilder};
use url::Url;

pub(crate) use self::service_fabric::Revocation;
use crate::{HostKind, Identity};

/// A host, with what is needed to ask it. Whatever is called a secret proves that the question comes from the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    AppService { endpoint: Url, secret: Secret },
    AppService2017 { endpoint: Url, secret: Secret },
    Arc { endpoint: Url, keys: PathBuf },
    AzureMl { endpoint: Url, secret: Secret, default_client_id: Option<String> },
    CloudShell { endpoint: Url },
    Imds { endpoint: Url },
    ServiceFabric { endpoint: Url, secret: Secret, thumbprint: [u8; 20] },
    WorkloadIdentity { tenant: Tenant, client_id: Option<String>, token_file: PathBuf },
}

/// What a host's variables say.
pub(crate) enum Clue {
    Absent,
    Found(Protocol),
    /// Some are there, but not all.
    Partial(String),
}

/// What is asked of an identity endpoint, and how long one answer may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) client: &'a Client,
    pub(crate) resource: &'a str,
    pub(crate) identity: &'a Identity,
    pub(crate) revocation: Revocation<'a>,
    pub(crate) timeout: Duration,
}

impl Protocol {
    pub(crate) fn by_variables(kind: HostKind, env: &Env, root: &Path) -> Result<Clue, Error> {
        match kind {
            HostKind::AppService => app_service::find(env),
            HostKind::AppService2017 => app_service_2017::find(env),
            HostKind::Arc => arc::find(env, root),
            HostKind::AzureMl => azure_ml::find(env),
            HostKind::CloudShell => cloud_shell::find(env),
            HostKind::Imds => imds::find(env),
            HostKind::ServiceFabric => service_fabric::find(env),
            HostKind::WorkloadIdentity => workload_identity::find(env),
        }
    }

    pub(crate) fn by_files(kind: HostKind, env: &Env, root: &Path) -> Result<Option<Self>, Error> {
        match kind {
            HostKind::Arc => arc::find_agent(env, root),
            HostKind::Imds => Ok(imds::find_notebook(root)),
            _ => Ok(None),
        }
    }

    pub(crate) fn kind(&self) -> HostKind {
        match self {
            Self::AppService { .. } => HostKind::AppService,
            Self::AppService2017 { .. } => HostKind::AppService2017,
            Self::Arc { .. } => HostKind::Arc,
            Self::AzureMl { .. } => HostKind::AzureMl,
            Self::CloudShell { .. } => HostKind::CloudShell,
            Self::Imds { .. } => HostKind::Imds,
            Self::ServiceFabric { .. } => HostKind::ServiceFabric,
            Self::WorkloadIdentity { .. } => HostKind::WorkloadIdentity,
        }
    }

    /// The request that puts the question.
    pub(crate) fn request(&self, question: Question<'_>) -> Result<RequestBuilder, Error> {
        let request = match self {
            Self::AppService { endpoint, secret } => app_service::request(question, endpoint, secret),
            Self::AppService2017 { endpoint, secret } => app_service_2017::request(question, endpoint, secret),
            Self::Arc { endpoint, .. } => Ok(arc::request(question, endpoint)),
            Self::AzureMl { endpoint, secret, default_client_id } => {
                azure_ml::request(question, endpoint, secret, default_client_id.as_deref())
            }
            Self::CloudShell { endpoint } => cloud_shell::request(question, endpoint),
            Self::Imds { endpoint } => Ok(imds::request(question, endpoint)),
            Self::ServiceFabric { endpoint, secret, .. } => service_fabric::request(question, endpoint, secret),
            Self::WorkloadIdentity { .. } => {
                Err(Error::new(ErrorKind::Configuration, "a pod has no identity endpoint that could be asked"))
            }
        };
        request.map(|request| request.timeout(question.timeout))
    }

    /// Whether it is asked without TLS.
    pub(crate) fn is_plain(&self) -> bool {
        match self {
            Self::AppService { endpoint, .. }
            | Self::AppService2017 { endpoint, .. }
            | Self::Arc { endpoint, .. }
            | Self::AzureMl { endpoint, .. }
            | Self::CloudShell { endpoint }
            | Self::Imds { endpoint }
            | Self::ServiceFabric { endpoint, .. } => endpoint.scheme() == "http",
            Self::WorkloadIdentity { .. } => false,
        }
    }

    /// What must not be seen in a message.
    pub(crate) fn secret(&self) -> Option<&Secret> {
        match self {
            Self::AppService { secret, .. }
            | Self::AppService2017 { secret, .. }
            | Self::AzureMl { secret, .. }
            | Self::ServiceFabric { secret, .. } => Some(secret),
            Self::Arc { .. } | Self::CloudShell { .. } | Self::Imds { .. } | Self::WorkloadIdentity { .. } => None,
        }
    }

    /// What to do where it does not answer, or refuses whoever asks.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Arc { .. } => "restart its agent: sudo systemctl restart himdsd",
            Self::Imds { .. } => {
                "ask on a virtual machine of Azure; if this is one, see that no proxy and no firewall answers for its service"
            }
            _ => "start this program anew, so that it gets the variables that the host sets now",
        }
    }
}

impl Question<'_> {
    fn get(&self, endpoint: &Url, api_version: &str) -> RequestBuilder {
        self.client.get(endpoint.clone()).query(&[("api-version", api_version), ("resource", self.resource)])
    }
}

/// The value of a variable as a secret that a header can carry.
fn secret(variable: &str, text: &str) -> Result<Secret, Error> {
    let text = text.trim();
    if text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Ok(Secret::new(text));
    }
    Err(Error::new(ErrorKind::Configuration, format!("{variable} holds characters that a header cannot carry"))
        .with_help(format!("{variable} is set by Azure; leave it as it is")))
}

/// The value of a header that no log shows.
fn header(secret: &Secret) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(secret.expose())
        .map_err(|_| Error::new(ErrorKind::Configuration, "the endpoint's secret cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_what_a_header_can_carry_without_the_end_of_its_line() {
        assert_eq!(secret("V", " canary word\r\n").unwrap().expose(), "canary word");
        for bad in ["canary\nX: y", "can\u{e4}ry", "canary\0"] {
            let error = secret("V", bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
        assert!(header(&Secret::new("canary")).unwrap().is_sensitive());
    }
}
