//! The nodes of a cluster.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::resources::Json;
use crate::resources::open_enum::open_enum;

/// A node of a cluster.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ComputeNode(Json);

open_enum! {
    /// What a node is doing.
    NodeState {
        Idle = "idle",
        Leaving = "leaving",
        Preempted = "preempted",
        Preparing = "preparing",
        Running = "running",
        Unusable = "unusable",
    }
}

impl ComputeNode {
    /// The node's id.
    pub fn id(&self) -> Option<&str> {
        self.0.text("/nodeId")
    }

    /// What it is doing.
    pub fn state(&self) -> Option<NodeState> {
        self.0.one_of("/nodeState")
    }

    /// The run that it works on.
    pub fn run_id(&self) -> Option<&str> {
        self.0.text("/runId")
    }

    /// The address within the network.
    pub fn private_ip_address(&self) -> Option<&str> {
        self.0.text("/privateIpAddress")
    }

    /// The address in the internet, if it has one.
    pub fn public_ip_address(&self) -> Option<&str> {
        self.0.text("/publicIpAddress")
    }

    /// The port for SSH.
    pub fn port(&self) -> Option<u64> {
        self.0.number("/port")
    }

    /// Everything that Azure said.
    pub fn raw(&self) -> &Value {
        &self.0.0
    }
}

impl fmt::Debug for ComputeNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComputeNode").field("id", &self.id()).field("state", &self.state()).finish_non_exhaustive()
    }
}
