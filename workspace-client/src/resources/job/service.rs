//! What else answers where a job runs, such as Jupyter or SSH (observed: azure-ai-ml 1.35).

use std::collections::BTreeMap;

use auth_core::Error;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::Jobs;
use super::history::run_history;
use crate::resources::Json;

/// A service of a job on one of its nodes.
#[derive(Clone, Debug)]
pub struct JobService {
    name: String,
    json: Json,
    node: u32,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    instances: Option<BTreeMap<String, Json>>,
}

impl Jobs {
    /// The services of a job on this node of its, of which the first is 0.
    ///
    /// # Errors
    /// As [`Collection::get`](crate::resources::Collection::get).
    pub async fn services(&self, name: &str, node: u32) -> Result<Vec<JobService>, Error> {
        let place = format!("runs/{name}/serviceinstances/{node}");
        let (client, request) = run_history(self.workspace()?, Method::GET, &place).await?;
        let answer: Answer = client.fetch(&request).await?;
        let found = answer.instances.into_iter().flatten();
        Ok(found.map(|(name, json)| JobService { name, json, node }).collect())
    }
}

impl JobService {
    /// The name that the job gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is, such as `SSH`.
    pub fn service_type(&self) -> Option<&str> {
        self.json.text("/type")
    }

    /// What it is doing, such as `Running`.
    pub fn status(&self) -> Option<&str> {
        self.json.text("/status")
    }

    /// The port on the node.
    pub fn port(&self) -> Option<u64> {
        self.json.number("/port")
    }

    /// Where it answers.
    pub fn endpoint(&self) -> Option<String> {
        self.json.text("/endpoint").map(|endpoint| endpoint.replace("<nodeIndex>", &self.node.to_string()))
    }

    /// Why it does not run.
    pub fn error(&self) -> Option<&str> {
        self.json.text("/error/error/message")
    }

    /// Everything that run history said.
    pub fn raw(&self) -> &Value {
        &self.json.0
    }
}
