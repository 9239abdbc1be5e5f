//! How a job is run: in how many processes, as whom, how soon.

use serde_json::{Value, json};

use crate::resources::open_enum::open_enum;

/// The processes of a job that know of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Distribution {
    /// The Message Passing Interface.
    Mpi {
        /// How many on each machine.
        processes_per_instance: u64,
    },
    /// That of `PyTorch`.
    PyTorch {
        /// How many on each machine.
        processes_per_instance: u64,
    },
    /// That of `TensorFlow`.
    TensorFlow {
        /// How many hold parameters.
        parameter_servers: u64,
        /// How many train.
        workers: u64,
    },
}

/// Who a job is while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobIdentity {
    /// A token of Azure ML for this job only.
    AmlToken,
    /// The managed identity of its compute: the one with this client id, or else its only one.
    Managed(Option<String>),
    /// Whoever submits it.
    User,
}

open_enum! {
    /// How soon machines are found for a job without a compute.
    JobTier {
        Basic = "Basic",
        Null = "Null",
        Premium = "Premium",
        Spot = "Spot",
        Standard = "Standard",
    }
}

impl Distribution {
    pub(super) fn described(&self) -> Value {
        match self {
            Self::Mpi { processes_per_instance: count } => {
                json!({"distributionType": "Mpi", "processCountPerInstance": count})
            }
            Self::PyTorch { processes_per_instance: count } => {
                json!({"distributionType": "PyTorch", "processCountPerInstance": count})
            }
            Self::TensorFlow { parameter_servers, workers } => {
                json!({"distributionType": "TensorFlow", "parameterServerCount": parameter_servers, "workerCount": workers})
            }
        }
    }
}

impl JobIdentity {
    pub(super) fn described(&self) -> Value {
        match self {
            Self::AmlToken => json!({"identityType": "AMLToken"}),
            Self::Managed(None) => json!({"identityType": "Managed"}),
            Self::Managed(Some(client_id)) => json!({"identityType": "Managed", "clientId": client_id}),
            Self::User => json!({"identityType": "UserIdentity"}),
        }
    }
}
