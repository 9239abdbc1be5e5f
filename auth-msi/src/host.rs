//! Where this program runs.

use std::path::PathBuf;

use auth_core::{Error, Secret, Tenant};
use url::Url;

use crate::{endpoint, imds};

/// A kind of machine that has an identity, with what is needed to ask for it. [`crate::Machine`] finds out which one this is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Host {
    /// App Service, Functions, Container Apps or Automation.
    #[non_exhaustive]
    AppService {
        /// Where to ask.
        endpoint: Url,
        /// Proves that the question comes from this machine.
        secret: Secret,
    },
    /// App Service with the protocol of 2017.
    #[non_exhaustive]
    AppService2017 {
        /// Where to ask.
        endpoint: Url,
        /// Proves that the question comes from this machine.
        secret: Secret,
    },
    /// A server that is connected by Azure Arc.
    #[non_exhaustive]
    Arc {
        /// Where to ask.
        endpoint: Url,
        /// The one folder where key files may be.
        keys: PathBuf,
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
    /// A node of Service Fabric.
    #[non_exhaustive]
    ServiceFabric {
        /// Where to ask.
        endpoint: Url,
        /// Proves that the question comes from this node.
        secret: Secret,
        /// The SHA-1 of the one certificate that the endpoint may have.
        thumbprint: [u8; 20],
    },
    /// A pod whose service account is federated with an identity.
    #[non_exhaustive]
    WorkloadIdentity {
        /// The tenant of the identity.
        tenant: Tenant,
        /// The identity, unless another one is named.
        client_id: Option<String>,
        /// Holds the token of the service account, which the cluster renews.
        token_file: PathBuf,
    },
}

/// The kinds of [`Host`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostKind {
    /// [`Host::AppService`].
    AppService,
    /// [`Host::AppService2017`].
    AppService2017,
    /// [`Host::Arc`].
    Arc,
    /// [`Host::AzureMl`].
    AzureMl,
    /// [`Host::CloudShell`].
    CloudShell,
    /// [`Host::Imds`].
    Imds,
    /// [`Host::ServiceFabric`].
    ServiceFabric,
    /// [`Host::WorkloadIdentity`].
    WorkloadIdentity,
}

impl Host {
    /// A virtual machine, at the address that all of them share.
    pub fn imds() -> Self {
        Self::Imds { endpoint: imds::default_endpoint() }
    }

    /// A virtual machine whose metadata service is somewhere else, such as an emulator's.
    ///
    /// # Errors
    /// [`auth_core::ErrorKind::Configuration`] if `url` is neither https nor near.
    pub fn imds_at(url: &str) -> Result<Self, Error> {
        Ok(Self::Imds { endpoint: endpoint::of_imds("the address", url)? })
    }

    /// What kind it is.
    pub fn kind(&self) -> HostKind {
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

    /// What people call it.
    pub fn name(&self) -> &'static str {
        self.kind().name()
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
}

impl HostKind {
    /// The order in which a machine is examined. App Service sets both pairs of variables, so that the newer one goes first;
    /// IMDS is last, as nothing says that it is not there.
    pub const ORDER: [Self; 8] = [
        Self::ServiceFabric,
        Self::AppService,
        Self::Arc,
        Self::AppService2017,
        Self::AzureMl,
        Self::CloudShell,
        Self::WorkloadIdentity,
        Self::Imds,
    ];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AppService => "App Service",
            Self::AppService2017 => "App Service (2017)",
            Self::Arc => "Azure Arc",
            Self::AzureMl => "Azure ML compute",
            Self::CloudShell => "Cloud Shell",
            Self::Imds => "the instance metadata service",
            Self::ServiceFabric => "Service Fabric",
            Self::WorkloadIdentity => "AKS workload identity",
        }
    }
}
