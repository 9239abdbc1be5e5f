//! Runs.

use auth_core::Error;
use serde_json::{Value, json};

use super::Metric;
use super::server::odd;
use crate::resources::Json;
use crate::resources::open_enum::open_enum;

/// A run, and what it has logged last.
#[derive(Clone, Debug, PartialEq)]
pub struct Run(Json);

open_enum! {
    /// What a run is doing.
    RunStatus {
        Failed = "FAILED",
        Finished = "FINISHED",
        Killed = "KILLED",
        Running = "RUNNING",
        Scheduled = "SCHEDULED",
    }
}

impl Run {
    pub(super) fn new(raw: Value) -> Result<Self, Error> {
        let json = Json(raw);
        if json.text("/info/run_id").is_none() { Err(odd("the id of a run")) } else { Ok(Self(json)) }
    }

    pub(super) fn in_answer(answer: &Value) -> Result<Self, Error> {
        Self::new(answer["run"].clone())
    }

    /// The id.
    pub fn id(&self) -> &str {
        self.0.text("/info/run_id").unwrap_or_default()
    }

    /// The name.
    pub fn name(&self) -> Option<&str> {
        self.0.text("/info/run_name")
    }

    /// The experiment's id.
    pub fn experiment_id(&self) -> Option<&str> {
        self.0.text("/info/experiment_id")
    }

    /// What it is doing.
    pub fn status(&self) -> Option<RunStatus> {
        self.0.one_of("/info/status")
    }

    /// When it began, in milliseconds since 1970.
    pub fn started_at(&self) -> Option<u64> {
        self.0.number("/info/start_time")
    }

    /// When it ended, in milliseconds since 1970.
    pub fn ended_at(&self) -> Option<u64> {
        self.0.number("/info/end_time")
    }

    /// Where it keeps files.
    pub fn artifact_uri(&self) -> Option<&str> {
        self.0.text("/info/artifact_uri")
    }

    /// The last value of each metric.
    pub fn metrics(&self) -> impl Iterator<Item = Metric> {
        self.0.items("/data/metrics").filter_map(|metric| Metric::read(metric.clone()).ok())
    }

    /// The parameters.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs("/data/params")
    }

    /// The tags.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs("/data/tags")
    }

    /// Everything that the server said.
    pub fn raw(&self) -> &Value {
        &self.0.0
    }

    fn pairs(&self, path: &str) -> impl Iterator<Item = (&str, &str)> {
        self.0.items(path).filter_map(|pair| Some((pair["key"].as_str()?, pair["value"].as_str()?)))
    }
}

/// A run that is to be started.
#[derive(Clone, Debug, Default)]
pub struct NewRun {
    name: Option<String>,
    tags: Vec<(String, String)>,
}

impl NewRun {
    /// One whose name the server chooses.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this name.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    pub(super) fn body(&self, experiment_id: &str, now: u128) -> Value {
        let tags: Vec<_> = self.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        json!({"experiment_id": experiment_id, "run_name": self.name, "start_time": now, "tags": tags})
    }
}
