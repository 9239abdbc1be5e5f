//! Online deployments: the machines and models behind an online endpoint.

use auth_core::Error;
use serde_json::{Value, json};

use crate::arm::{Pager, Poller};
use crate::resources::open_enum::open_enum;
use crate::resources::{Collection, Kind as _, LongRunning, Patched, Resource, Verb, item, kind};

kind! {
    /// The kind of [`OnlineDeployment`].
    pub tracked OnlineDeploymentKind: "online deployment" in "deployments" at "2025-12-01" by "$top"
}

impl LongRunning for OnlineDeploymentKind {}
impl Patched for OnlineDeploymentKind {}

/// A deployment of an online endpoint.
pub type OnlineDeployment = Resource<OnlineDeploymentKind>;
/// The deployments of an online endpoint.
pub type OnlineDeployments = Collection<OnlineDeploymentKind>;

open_enum! {
    /// Whose logs are wanted.
    ContainerType {
        InferenceServer = "InferenceServer",
        StorageInitializer = "StorageInitializer",
    }
}

item! {
    /// A size that a deployment can have.
    DeploymentSku shows name
}

impl OnlineDeployment {
    /// `Managed` or `Kubernetes`.
    pub fn compute_type(&self) -> Option<&str> {
        self.json().text("/properties/endpointComputeType")
    }

    /// The model that answers.
    pub fn model(&self) -> Option<&str> {
        self.json().text("/properties/model")
    }

    /// The environment that it runs in.
    pub fn environment_id(&self) -> Option<&str> {
        self.json().text("/properties/environmentId")
    }

    /// The code that it runs, by its id.
    pub fn code_id(&self) -> Option<&str> {
        self.json().text("/properties/codeConfiguration/codeId")
    }

    /// The script that answers.
    pub fn scoring_script(&self) -> Option<&str> {
        self.json().text("/properties/codeConfiguration/scoringScript")
    }

    /// The size of its machines, such as `Standard_DS3_v2`.
    pub fn instance_type(&self) -> Option<&str> {
        self.json().text("/properties/instanceType")
    }

    /// How many machines it has.
    pub fn instance_count(&self) -> Option<u64> {
        self.json().number("/sku/capacity")
    }

    /// How the number of its machines is chosen, `Default` or `TargetUtilization`.
    pub fn scale_type(&self) -> Option<&str> {
        self.json().text("/properties/scaleSettings/scaleType")
    }

    /// Whether Application Insights sees it.
    pub fn app_insights_enabled(&self) -> Option<bool> {
        self.json().boolean("/properties/appInsightsEnabled")
    }
}

impl OnlineDeployments {
    /// All of them, in this order, such as `createdtime desc`.
    pub fn list_ordered(&self, order: &str) -> Pager<OnlineDeployment> {
        self.place().pager(Verb::get(&[]).page_size(OnlineDeploymentKind::PAGE_SIZE).query("$orderBy", order))
    }

    /// Gives a deployment so many machines.
    ///
    /// # Errors
    /// As [`Collection::create_or_update`].
    pub async fn scale(&self, name: &str, instances: u64) -> Result<Poller<OnlineDeployment>, Error> {
        self.update(name, &json!({"sku": {"capacity": instances}})).await
    }

    /// The last lines of what a container of a deployment has logged, as many as are wanted.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn logs(&self, name: &str, container: &ContainerType, lines: u32) -> Result<String, Error> {
        let verb = Verb::ask(&[name, "getLogs"]).body(&json!({"containerType": container.as_str(), "tail": lines}))?;
        let logs: Value = self.place().fetch(verb).await?;
        Ok(logs["content"].as_str().unwrap_or_default().to_owned())
    }

    /// The sizes that a deployment can have.
    pub fn skus(&self, name: &str) -> Pager<DeploymentSku> {
        self.place().pager(Verb::get(&[name, "skus"]).page_size("count"))
    }
}

impl DeploymentSku {
    /// The name.
    pub fn name(&self) -> Option<&str> {
        self.0.text("/sku/name")
    }

    /// The fewest machines.
    pub fn minimum(&self) -> Option<u64> {
        self.0.number("/capacity/minimum")
    }

    /// The most machines.
    pub fn maximum(&self) -> Option<u64> {
        self.0.number("/capacity/maximum")
    }
}
