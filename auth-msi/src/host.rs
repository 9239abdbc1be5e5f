//! Where this program runs.

use auth_core::Error;

use crate::endpoint;
use crate::protocol::{Protocol, imds};

/// A machine that has an identity, with what is needed to ask for it. [`crate::Machine`] finds out which one this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(pub(crate) Protocol);

/// The kinds of [`Host`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostKind {
    /// App Service, Functions, Container Apps or Automation.
    AppService,
    /// App Service with the protocol of 2017.
    AppService2017,
    /// A server that is connected by Azure Arc.
    Arc,
    /// An Azure ML compute instance or cluster.
    AzureMl,
    /// Cloud Shell, or a notebook that was connected to Azure. Its tokens are those of the person who signed in there.
    CloudShell,
    /// A virtual machine, by the Instance Metadata Service.
    Imds,
    /// A node of Service Fabric.
    ServiceFabric,
    /// A pod whose service account is federated with an identity.
    WorkloadIdentity,
}

impl Host {
    /// A virtual machine, at the address that all of them share.
    pub fn imds() -> Self {
        Self(Protocol::Imds { endpoint: imds::default_endpoint() })
    }

    /// A virtual machine whose metadata service is somewhere else, such as an emulator's.
    ///
    /// # Errors
    /// [`auth_core::ErrorKind::Configuration`] if `url` is neither https nor near.
    pub fn imds_at(url: &str) -> Result<Self, Error> {
        Ok(Self(Protocol::Imds { endpoint: endpoint::https_or_near("the address", url)? }))
    }

    /// What kind it is.
    pub fn kind(&self) -> HostKind {
        self.0.kind()
    }

    /// What people call it.
    pub fn name(&self) -> &'static str {
        self.kind().name()
    }
}

impl HostKind {
    /// The order in which a machine is examined. App Service sets the variables of 2017, too, so that it goes before those; a
    /// virtual machine goes last, as it need not have any sign.
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
