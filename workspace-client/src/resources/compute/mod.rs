//! Computes: what jobs and notebooks run on.

mod aml_compute;
mod compute_instance;
mod keys;
mod limits;
mod node;
mod quota;

use std::time::Duration;

use auth_core::Error;
use serde::Serialize;
use serde_json::{Value, json};

use super::open_enum::open_enum;
use super::verb::to_json;
use super::{Collection, Resource, Verb, duration, kind};
use crate::Workspace;
use crate::arm::{Pager, Poller};

pub use aml_compute::AmlCompute;
pub use compute_instance::ComputeInstance;
pub use keys::{ComputeKeys, SshAccount};
pub use limits::{Usage, VmSize};
pub use node::{ComputeNode, NodeState};
pub use quota::{NewQuota, Quota, QuotaOutcome, QuotaStatus};

/// The version of the API that resizes compute instances, which no stable one does (observed: @azure/arm-machinelearning; what is sent:
/// azure-ai-ml 1.20).
const RESIZE_VERSION: &str = "2026-03-15-preview";
/// The version that lets people into compute instances without another sign-in (observed: azure-ai-ml 1.35).
const SSO_VERSION: &str = "2024-04-01-preview";

kind! {
    /// The kind of [`Compute`].
    pub tracked ComputeKind: "compute" in "computes" at "2025-12-01"
}

/// A compute, of any type.
pub type Compute = Resource<ComputeKind>;
/// The computes of a workspace.
pub type Computes = Collection<ComputeKind>;

impl Workspace {
    /// The computes of the workspace.
    pub fn computes(&self) -> Computes {
        Computes::of(self)
    }
}

open_enum! {
    /// What a compute is.
    ComputeType {
        Aks = "AKS",
        AmlCompute = "AmlCompute",
        ComputeInstance = "ComputeInstance",
        DataFactory = "DataFactory",
        DataLakeAnalytics = "DataLakeAnalytics",
        Databricks = "Databricks",
        HdInsight = "HDInsight",
        Kubernetes = "Kubernetes",
        SynapseSpark = "SynapseSpark",
        VirtualMachine = "VirtualMachine",
    }
}

open_enum! {
    /// What a compute instance is doing.
    ComputeState {
        CreateFailed = "CreateFailed",
        Creating = "Creating",
        Deleting = "Deleting",
        JobRunning = "JobRunning",
        Resizing = "Resizing",
        Restarting = "Restarting",
        Running = "Running",
        SettingUp = "SettingUp",
        SetupFailed = "SetupFailed",
        Starting = "Starting",
        Stopped = "Stopped",
        Stopping = "Stopping",
        Unknown = "Unknown",
        Unusable = "Unusable",
        UserSettingUp = "UserSettingUp",
        UserSetupFailed = "UserSetupFailed",
    }
}

/// What becomes of the machines of a compute that leaves the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnderlyingResource {
    /// They are deleted with it.
    Delete,
    /// They stay, as those of an attached compute may.
    Detach,
}

/// Between how many nodes a cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// It never has fewer.
    pub min_nodes: u64,
    /// It never has more.
    pub max_nodes: u64,
    /// A node without work is given back after this.
    pub idle_time: Option<Duration>,
}

impl Compute {
    /// What it is.
    pub fn compute_type(&self) -> Option<ComputeType> {
        self.json().one_of("/properties/computeType")
    }

    /// When it was created, as Azure writes it.
    pub fn created_on(&self) -> Option<&str> {
        self.json().text("/properties/createdOn")
    }

    /// The region of its machines, where that is not the one of the workspace.
    pub fn compute_location(&self) -> Option<&str> {
        self.json().text("/properties/computeLocation")
    }

    /// The resource that is attached.
    pub fn resource_id(&self) -> Option<&str> {
        self.json().text("/properties/resourceId")
    }

    /// Whether it exists without the workspace.
    pub fn is_attached(&self) -> Option<bool> {
        self.json().boolean("/properties/isAttachedCompute")
    }

    /// Why its creation or last change failed: code and message.
    pub fn provisioning_errors(&self) -> impl Iterator<Item = (&str, &str)> {
        self.json().items("/properties/provisioningErrors").map(|item| {
            let text = |name: &str| item.pointer(name).and_then(Value::as_str).unwrap_or_default();
            (text("/error/code"), text("/error/message"))
        })
    }

    /// The size of its machines, such as `Standard_DS3_v2`.
    pub fn vm_size(&self) -> Option<&str> {
        self.json().text("/properties/properties/vmSize")
    }

    /// What a compute instance is doing.
    pub fn state(&self) -> Option<ComputeState> {
        self.json().one_of("/properties/properties/state")
    }

    /// Between how many nodes a cluster has.
    pub fn scale(&self) -> Option<Scale> {
        let settings = "/properties/properties/scaleSettings";
        Some(Scale {
            min_nodes: self.json().number(&format!("{settings}/minNodeCount")).unwrap_or_default(),
            max_nodes: self.json().number(&format!("{settings}/maxNodeCount"))?,
            idle_time: self.json().duration(&format!("{settings}/nodeIdleTimeBeforeScaleDown")),
        })
    }

    /// Who signs in to a compute instance with SSH.
    pub fn ssh_user(&self) -> Option<&str> {
        self.json().text("/properties/properties/sshSettings/adminUserName")
    }

    /// The address and the port of the SSH server of a compute instance, if it is open to the internet.
    pub fn public_ssh(&self) -> Option<(&str, u64)> {
        let access = self.json().text("/properties/properties/sshSettings/sshPublicAccess")?;
        let address = self.json().text("/properties/properties/connectivityEndpoints/publicIpAddress")?;
        let port = self.json().number("/properties/properties/sshSettings/sshPort")?;
        (access == "Enabled").then_some((address, port))
    }

    /// When a compute instance that nobody uses is stopped.
    pub fn idle_time_before_shutdown(&self) -> Option<Duration> {
        self.json().duration("/properties/properties/idleTimeBeforeShutdown")
    }

    /// How many nodes a cluster has now.
    pub fn node_count(&self) -> Option<u64> {
        self.json().number("/properties/properties/currentNodeCount")
    }

    /// `Dedicated` or `LowPriority`, of a cluster.
    pub fn vm_priority(&self) -> Option<&str> {
        self.json().text("/properties/properties/vmPriority")
    }
}

impl Computes {
    /// Creates a compute, or replaces the one of this name. [`AmlCompute`] and [`ComputeInstance`] describe those that people
    /// create; JSON in the API's shape describes any other. Where no `location` is given, it is that of the workspace.
    ///
    /// # Errors
    /// As [`Collection::get`], and [`ArmError`](crate::arm::ArmError) as the source where the description is refused.
    pub async fn create_or_update(&self, name: &str, compute: &impl Serialize) -> Result<Poller<Compute>, Error> {
        let body = self.place().located(to_json(compute)?).await?;
        self.place().begin(Verb::put(&[name], &body)?).await
    }

    /// Changes between how many nodes a cluster has; the API changes nothing else of a compute.
    ///
    /// # Errors
    /// As [`Computes::create_or_update`].
    pub async fn update(&self, name: &str, scale: &Scale) -> Result<Poller<Compute>, Error> {
        let mut settings = json!({"minNodeCount": scale.min_nodes, "maxNodeCount": scale.max_nodes});
        if let Some(idle_time) = scale.idle_time {
            settings["nodeIdleTimeBeforeScaleDown"] = duration::write(idle_time).into();
        }
        let body = json!({"properties": {"properties": {"scaleSettings": settings}}});
        self.place().begin(Verb::patch(&[name], &body)?).await
    }

    /// Removes a compute from the workspace. That there is none is no error.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn delete(&self, name: &str, underlying: UnderlyingResource) -> Result<Poller<()>, Error> {
        let action = match underlying {
            UnderlyingResource::Delete => "Delete",
            UnderlyingResource::Detach => "Detach",
        };
        self.place().begin(Verb::delete(&[name]).query("underlyingResourceAction", action)).await
    }

    /// Starts a compute instance.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn start(&self, name: &str) -> Result<Poller<()>, Error> {
        self.place().begin(Verb::post(&[name, "start"]).without_result()).await
    }

    /// Stops a compute instance.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn stop(&self, name: &str) -> Result<Poller<()>, Error> {
        self.place().begin(Verb::post(&[name, "stop"]).without_result()).await
    }

    /// Restarts a compute instance.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn restart(&self, name: &str) -> Result<Poller<()>, Error> {
        self.place().begin(Verb::post(&[name, "restart"]).without_result()).await
    }

    /// Gives a compute instance machines of another size, in a preview of the API.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn resize(&self, name: &str, vm_size: &str) -> Result<Poller<()>, Error> {
        let verb = Verb::post(&[name, "resize"]).body(&json!({"targetVMSize": vm_size}))?;
        self.place().clone().at_version(RESIZE_VERSION).begin(verb.without_result()).await
    }

    /// Says whether people who have signed in to Azure use a compute instance without signing in again, in a preview of the API.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn enable_sso(&self, name: &str, enabled: bool) -> Result<(), Error> {
        let verb = Verb::post(&[name, "enableSso"]).body(&json!({"enableSSO": enabled}))?;
        self.place().clone().at_version(SSO_VERSION).fetch(verb.without_result()).await
    }

    /// The nodes of a cluster.
    pub fn nodes(&self, name: &str) -> Pager<ComputeNode> {
        self.place().pager(Verb::ask(&[name, "listNodes"]).items("nodes"))
    }

    /// The keys of an attached AKS cluster, Databricks workspace or virtual machine.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn keys(&self, name: &str) -> Result<ComputeKeys, Error> {
        self.place().fetch(Verb::ask(&[name, "listKeys"])).await
    }
}
