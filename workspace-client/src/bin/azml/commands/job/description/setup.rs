//! How a job runs, in the words of `az ml` (observed: azure-ai-ml 1.35).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::description::members;
use crate::entity::to_snake_case;

/// What a job runs on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Resources {
    docker_args: Option<OneOrMany>,
    instance_count: Option<u64>,
    instance_type: Option<String>,
    locations: Option<Vec<String>>,
    max_instance_count: Option<u64>,
    properties: Map<String, Value>,
    shm_size: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<String>),
    One(String),
}

/// The processes of a job that know of each other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Distribution {
    address: Option<String>,
    dashboard_port: Option<u64>,
    head_node_additional_args: Option<String>,
    include_dashboard: Option<bool>,
    parameter_server_count: Option<u64>,
    port: Option<u64>,
    process_count_per_instance: Option<u64>,
    #[serde(rename = "type")]
    kind: DistributionKind,
    worker_count: Option<u64>,
    worker_node_additional_args: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum DistributionKind {
    #[serde(rename = "mpi", alias = "Mpi", alias = "MPI")]
    Mpi,
    #[serde(rename = "pytorch", alias = "PyTorch")]
    PyTorch,
    #[serde(rename = "ray", alias = "Ray")]
    Ray,
    #[serde(rename = "tensorflow", alias = "TensorFlow")]
    TensorFlow,
}

/// Who a job is while it runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    client_id: Option<String>,
    msi_resource_id: Option<String>,
    object_id: Option<String>,
    #[serde(rename = "type")]
    kind: IdentityKind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum IdentityKind {
    #[serde(rename = "aml_token", alias = "AMLToken")]
    AmlToken,
    #[serde(rename = "managed", alias = "managed_identity", alias = "Managed")]
    Managed,
    #[serde(rename = "user_identity", alias = "UserIdentity")]
    User,
}

/// How soon machines are found.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct QueueSettings {
    job_tier: Option<Tier>,
    priority: Option<Priority>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tier {
    #[serde(alias = "Basic")]
    Basic,
    #[serde(alias = "Null")]
    Null,
    #[serde(alias = "Premium")]
    Premium,
    #[serde(alias = "Spot")]
    Spot,
    #[serde(alias = "Standard")]
    Standard,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Priority {
    #[serde(alias = "High")]
    High,
    #[serde(alias = "Low")]
    Low,
    #[serde(alias = "Medium")]
    Medium,
}

/// What else answers where a job runs, by name.
pub(crate) type Services = BTreeMap<String, Service>;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    log_dir: Option<String>,
    nodes: Option<Nodes>,
    port: Option<u64>,
    #[serde(default)]
    properties: Map<String, Value>,
    ssh_public_keys: Option<String>,
    #[serde(rename = "type")]
    kind: ServiceKind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Nodes {
    All,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ServiceKind {
    Custom,
    JupyterLab,
    Ssh,
    TensorBoard,
    VsCode,
}

impl Resources {
    /// As the API takes it of a job.
    pub(crate) fn of_job(&self) -> Value {
        let (one, many) = self.docker_args();
        members([
            ("dockerArgs", one),
            ("dockerArgsList", many),
            ("instanceCount", self.instance_count.map(Value::from)),
            ("instanceType", self.instance_type.clone().map(Value::from)),
            ("locations", self.locations.clone().map(Value::from)),
            ("maxInstanceCount", self.max_instance_count.map(Value::from)),
            ("properties", Some(self.properties.clone().into())),
            ("shmSize", self.shm_size.clone().map(Value::from)),
        ])
    }

    /// As the API takes it of the step of a pipeline.
    pub(crate) fn of_step(&self) -> Value {
        let (one, many) = self.docker_args();
        let properties = (!self.properties.is_empty()).then(|| self.properties.clone().into());
        members([
            ("docker_args", one),
            ("docker_args_list", many),
            ("instance_count", self.instance_count.map(Value::from)),
            ("instance_type", self.instance_type.clone().map(Value::from)),
            ("locations", self.locations.clone().map(Value::from)),
            ("max_instance_count", self.max_instance_count.map(Value::from)),
            ("properties", properties),
            ("shm_size", self.shm_size.clone().map(Value::from)),
        ])
    }

    fn docker_args(&self) -> (Option<Value>, Option<Value>) {
        match &self.docker_args {
            None => (None, None),
            Some(OneOrMany::One(text)) => (Some(text.as_str().into()), None),
            Some(OneOrMany::Many(texts)) => (None, Some(texts.clone().into())),
        }
    }
}

impl Distribution {
    pub(crate) fn of_job(&self) -> Value {
        match self.kind {
            DistributionKind::Mpi => json!({
                "distributionType": "Mpi",
                "processCountPerInstance": self.process_count_per_instance,
            }),
            DistributionKind::PyTorch => json!({
                "distributionType": "PyTorch",
                "processCountPerInstance": self.process_count_per_instance,
            }),
            DistributionKind::TensorFlow => json!({
                "distributionType": "TensorFlow",
                "parameterServerCount": self.parameter_server_count.unwrap_or(0),
                "workerCount": self.worker_count,
            }),
            DistributionKind::Ray => {
                let mut ray = members([
                    ("address", self.address.clone().map(Value::from)),
                    ("dashboardPort", self.dashboard_port.map(Value::from)),
                    ("headNodeAdditionalArgs", self.head_node_additional_args.clone().map(Value::from)),
                    ("includeDashboard", self.include_dashboard.map(Value::from)),
                    ("port", self.port.map(Value::from)),
                    ("workerNodeAdditionalArgs", self.worker_node_additional_args.clone().map(Value::from)),
                ]);
                ray["distributionType"] = "Ray".into();
                ray
            }
        }
    }
}

impl Distribution {
    /// As components declare it, which is as it was said.
    pub(crate) fn of_component(&self) -> Value {
        let mut members = in_snake_case(&self.of_job());
        if let Some(kind) = members.as_object_mut().and_then(|members| members.remove("distribution_type")) {
            members["type"] = kind.as_str().unwrap_or_default().to_lowercase().into();
        }
        members
    }
}

impl Identity {
    pub(crate) fn of_job(&self) -> Value {
        let kind = match self.kind {
            IdentityKind::AmlToken => "AMLToken",
            IdentityKind::Managed => "Managed",
            IdentityKind::User => "UserIdentity",
        };
        members([
            ("clientId", self.client_id.clone().map(Value::from)),
            ("identityType", Some(kind.into())),
            ("objectId", self.object_id.clone().map(Value::from)),
            ("resourceId", self.msi_resource_id.clone().map(Value::from)),
        ])
    }
}

impl QueueSettings {
    pub(crate) fn of_job(&self) -> Value {
        let tier = self.job_tier.map(|tier| match tier {
            Tier::Basic => "Basic",
            Tier::Null => "Null",
            Tier::Premium => "Premium",
            Tier::Spot => "Spot",
            Tier::Standard => "Standard",
        });
        let priority = self.priority.map(|priority| match priority {
            Priority::Low => 1,
            Priority::Medium => 2,
            Priority::High => 3,
        });
        members([("jobTier", tier.map(Value::from)), ("priority", priority.map(Value::from))])
    }
}

impl QueueSettings {
    /// As the steps of pipelines have it that try values: as it was said.
    pub(crate) fn of_sweep_step(&self) -> Value {
        let priority = self.priority.map(|priority| match priority {
            Priority::Low => "low",
            Priority::Medium => "medium",
            Priority::High => "high",
        });
        let tier = self.of_job()["jobTier"].as_str().map(str::to_lowercase);
        members([("job_tier", tier.map(Value::from)), ("priority", priority.map(Value::from))])
    }
}

impl Service {
    fn of_job(&self) -> Value {
        let kind = match self.kind {
            ServiceKind::Custom => "Custom",
            ServiceKind::JupyterLab => "JupyterLab",
            ServiceKind::Ssh => "SSH",
            ServiceKind::TensorBoard => "TensorBoard",
            ServiceKind::VsCode => "VSCode",
        };
        let mut properties = self.properties.clone();
        let own = [("sshPublicKeys", &self.ssh_public_keys), ("logDir", &self.log_dir)];
        properties.extend(own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into()))));
        members([
            ("jobServiceType", Some(kind.into())),
            ("nodes", self.nodes.map(|Nodes::All| json!({"nodesValueType": "All"}))),
            ("port", self.port.map(Value::from)),
            ("properties", (!properties.is_empty()).then(|| properties.into())),
        ])
    }
}

/// As the API takes them.
pub(crate) fn services(said: &Services) -> Value {
    Value::Object(said.iter().map(|(name, service)| (name.clone(), service.of_job())).collect())
}

/// As the steps of pipelines have them.
pub(crate) fn services_of_step(said: &Services) -> Value {
    Value::Object(said.iter().map(|(name, service)| (name.clone(), in_snake_case(&service.of_job()))).collect())
}

/// Members as the API takes them in the steps of pipelines.
pub(crate) fn in_snake_case(value: &Value) -> Value {
    let members = value.as_object().into_iter().flatten();
    Value::Object(members.map(|(name, value)| (to_snake_case(name), value.clone())).collect())
}
