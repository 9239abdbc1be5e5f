//! Where this program runs.

use std::path::Path;

use auth_core::{Env, Error, ErrorKind, Secret};
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::{Identity, app_service, azure_ml, cloud_shell, endpoint, imds};

/// Marks an Azure ML notebook machine (observed: azureml-core 1.61).
const NOTEBOOK_MARKER: &str = "/mnt/azmnt/.nbvm";

/// A kind of machine that has an identity, with what is needed to ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Host {
    /// App Service, Functions or Container Apps.
    #[non_exhaustive]
    AppService {
        /// Where to ask.
        endpoint: Url,
        /// Proves that the question comes from this machine.
        secret: Secret,
    },
    /// An Azure ML compute instance or cluster.
    #[non_exhaustive]
    AzureMl {
        /// Where to ask.
        endpoint: Url,
        /// Proves that the question comes from this machine.
        secret: Secret,
        /// The identity that Azure ML assigned to the machine.
        default_client_id: Option<String>,
    },
    /// Cloud Shell, or a notebook that was connected to Azure. Its tokens are those of the person who signed in there.
    #[non_exhaustive]
    CloudShell {
        /// Where to ask.
        endpoint: Url,
    },
    /// A virtual machine, by the Instance Metadata Service.
    #[non_exhaustive]
    Imds {
        /// The service, without a path.
        endpoint: Url,
    },
}

impl Host {
    /// Finds out where this program runs, from the environment and from which files there are, without asking anybody. None if
    /// nothing tells; it may still be a virtual machine, see [`Host::imds`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if a variable does not name an acceptable endpoint, and [`ErrorKind::Unavailable`] for a host
    /// that is recognised but not supported.
    pub fn detect(env: &Env, is_file: impl Fn(&Path) -> bool) -> Result<Option<Self>, Error> {
        if let (Some(url), Some(secret)) = (env.var("IDENTITY_ENDPOINT"), env.var("IDENTITY_HEADER")) {
            if env.var("IDENTITY_SERVER_THUMBPRINT").is_some() {
                return Err(Error::new(ErrorKind::Unavailable, "managed identity in Service Fabric is not supported"));
            }
            let endpoint = endpoint::parse("IDENTITY_ENDPOINT", &url)?;
            return Ok(Some(Self::AppService { endpoint, secret: secret.into() }));
        }
        if let Some(url) = env.var("MSI_ENDPOINT") {
            let endpoint = endpoint::parse("MSI_ENDPOINT", &url)?;
            return Ok(Some(match env.var("MSI_SECRET") {
                Some(secret) => Self::AzureMl {
                    endpoint,
                    secret: secret.into(),
                    default_client_id: env.var("DEFAULT_IDENTITY_CLIENT_ID"),
                },
                None => Self::CloudShell { endpoint },
            }));
        }
        if let Some(url) = env.var(imds::HOST_VARIABLE) {
            return Ok(Some(Self::Imds { endpoint: endpoint::parse(imds::HOST_VARIABLE, &url)? }));
        }
        Ok(is_file(Path::new(NOTEBOOK_MARKER)).then(Self::imds))
    }

    /// A virtual machine, at the address that all of them share.
    pub fn imds() -> Self {
        Self::Imds { endpoint: imds::default_endpoint() }
    }

    /// A virtual machine whose metadata service is somewhere else, such as an emulator's.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if `url` is neither https, nor on this machine, nor link-local.
    pub fn imds_at(url: &str) -> Result<Self, Error> {
        Ok(Self::Imds { endpoint: endpoint::parse("the address", url)? })
    }

    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AppService { .. } => "App Service",
            Self::AzureMl { .. } => "Azure ML compute",
            Self::CloudShell { .. } => "Cloud Shell",
            Self::Imds { .. } => "the instance metadata service",
        }
    }

    /// The question that this kind of machine answers with a token.
    pub(crate) fn request(
        &self,
        client: &Client,
        resource: &str,
        identity: &Identity,
    ) -> Result<RequestBuilder, Error> {
        match self {
            Self::AppService { endpoint, secret } => {
                Ok(app_service::request(client, endpoint, secret, resource, identity))
            }
            Self::AzureMl { endpoint, secret, default_client_id } => {
                azure_ml::request(client, endpoint, secret, default_client_id.as_deref(), resource, identity)
            }
            Self::CloudShell { endpoint } => cloud_shell::request(client, endpoint, resource, identity),
            Self::Imds { endpoint } => Ok(imds::request(client, endpoint, resource, identity)),
        }
    }

    /// What must not be seen in a message.
    pub(crate) fn secret(&self) -> Option<&Secret> {
        match self {
            Self::AppService { secret, .. } | Self::AzureMl { secret, .. } => Some(secret),
            Self::CloudShell { .. } | Self::Imds { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:46808/MSI/auth";

    fn detect(variables: &[(&str, &str)], marker: bool) -> String {
        let env = Env::fake(variables.iter().copied());
        match Host::detect(&env, |path| marker && path == Path::new("/mnt/azmnt/.nbvm")) {
            Ok(host) => host.map_or("nothing", |host| host.name()).to_owned(),
            Err(error) => format!("{:?}", error.kind()),
        }
    }

    #[test]
    fn every_host_is_recognised_by_its_variables() {
        let identity = [("IDENTITY_ENDPOINT", URL), ("IDENTITY_HEADER", "h")];
        let msi = [("MSI_ENDPOINT", URL), ("MSI_SECRET", "s")];
        assert_eq!(detect(&[], false), "nothing");
        assert_eq!(detect(&[], true), "the instance metadata service");
        assert_eq!(detect(&identity, true), "App Service");
        assert_eq!(detect(&msi, true), "Azure ML compute");
        assert_eq!(detect(&msi[..1], true), "Cloud Shell");
        assert_eq!(detect(&[identity, msi].concat(), false), "App Service", "App Service sets both pairs");
        assert_eq!(detect(&[(imds::HOST_VARIABLE, "http://127.0.0.1")], false), "the instance metadata service");
        assert_eq!(detect(&[&identity[..], &[("IDENTITY_SERVER_THUMBPRINT", "ab")]].concat(), true), "Unavailable");
    }

    #[test]
    fn a_variable_that_is_empty_or_alone_does_not_mislead() {
        assert_eq!(detect(&[("IDENTITY_ENDPOINT", ""), ("IDENTITY_HEADER", "")], false), "nothing");
        assert_eq!(detect(&[("IDENTITY_ENDPOINT", URL)], true), "the instance metadata service");
        assert_eq!(detect(&[("IDENTITY_HEADER", "h"), ("MSI_SECRET", "s")], false), "nothing");
        assert_eq!(detect(&[("MSI_ENDPOINT", URL), ("MSI_SECRET", " ")], false), "Cloud Shell");
        assert_eq!(detect(&[("MSI_ENDPOINT", "http://identity.example/")], true), "Configuration");
    }

    #[test]
    fn debug_shows_no_secret() {
        let env = Env::fake([("MSI_ENDPOINT", URL), ("MSI_SECRET", "canary")]);
        assert!(!format!("{:?}", Host::detect(&env, |_| false)).contains("canary"));
    }
}
