//! Tracking: experiments, runs, and what they log, in MLflow's protocol.
//!
//! A workspace is an MLflow server whose requests carry our token; a plain server gets none.
//!
//! ```no_run
//! # async fn example() -> Result<(), workspace_client::Error> {
//! # let ws = workspace_client::Workspace::from_config()?;
//! use workspace_client::tracking::{Metric, NewRun, RunStatus};
//! let tracking = ws.tracking();
//! let experiment = tracking.experiment("credit").await?;
//! let run = tracking.start_run(experiment.id(), NewRun::new().name("first")).await?;
//! tracking.log_parameter(run.id(), "alpha", "0.1").await?;
//! tracking.log_metrics(run.id(), &[Metric::new("loss", 0.5).step(1)]).await?;
//! tracking.log_artifact(run.id(), "notes/plan.txt", b"more layers").await?;
//! tracking.end_run(run.id(), RunStatus::Finished).await?;
//! # Ok(()) }
//! ```

mod artifact;
mod experiment;
mod metric;
mod registered_model;
mod run;
mod server;

use std::fmt;

use auth_core::Error;
use serde_json::{Value, json};

use crate::arm::Pager;

pub use artifact::Artifact;
pub use experiment::Experiment;
pub use metric::Metric;
pub use registered_model::{ModelVersion, RegisteredModel};
pub use run::{NewRun, Run, RunStatus};
pub use server::Tracking;
pub(crate) use server::in_version_2;

/// How many of a kind a batch holds: MLflow takes a thousand metrics, Azure ML 250 (Microsoft, service limits), MLflow a hundred
/// parameters or tags.
const MOST_METRICS: usize = 250;
const MOST_PAIRS: usize = 100;

impl Tracking {
    /// The experiment of this name; it is created if there is none.
    ///
    /// # Errors
    /// As [`Workspace::get`](crate::Workspace::get).
    pub async fn experiment(&self, name: &str) -> Result<Experiment, Error> {
        if let Some(experiment) = self.find_experiment(name).await? {
            return Ok(experiment);
        }
        let created = self.change("experiments/create", &json!({"name": name})).await;
        // Somebody else may have been faster.
        match (self.find_experiment(name).await?, created) {
            (Some(experiment), _) => Ok(experiment),
            (None, created) => Err(created.err().unwrap_or_else(|| server::odd("the experiment that was created"))),
        }
    }

    /// The experiment of this name, if there is one.
    ///
    /// # Errors
    /// As [`Tracking::experiment`].
    pub async fn find_experiment(&self, name: &str) -> Result<Option<Experiment>, Error> {
        let found = self.ask("experiments/get-by-name", &[("experiment_name", name)]).await;
        server::if_there(found)?.map(|answer| Experiment::in_answer(&answer)).transpose()
    }

    /// The experiments.
    pub fn experiments(&self) -> Pager<Experiment> {
        self.pager("experiments/search", json!({}), "experiments", Experiment::new)
    }

    /// Starts a run in the experiment of this id.
    ///
    /// # Errors
    /// As [`Tracking::experiment`].
    pub async fn start_run(&self, experiment_id: &str, run: NewRun) -> Result<Run, Error> {
        let now = self.now();
        Run::in_answer(&self.change("runs/create", &run.body(experiment_id, now)).await?)
    }

    /// A run.
    ///
    /// # Errors
    /// As [`Tracking::experiment`].
    pub async fn run(&self, run_id: &str) -> Result<Run, Error> {
        Run::in_answer(&self.ask("runs/get", &[("run_id", run_id)]).await?)
    }

    /// The runs of these experiments that a filter such as `metrics.loss < 1 and params.alpha = '0.1'` lets through; an empty one
    /// lets all of them through.
    pub fn runs(&self, experiment_ids: &[&str], filter: &str) -> Pager<Run> {
        self.pager("runs/search", json!({"experiment_ids": experiment_ids, "filter": filter}), "runs", Run::new)
    }

    /// Ends a run.
    ///
    /// # Errors
    /// As [`Tracking::experiment`].
    pub async fn end_run(&self, run_id: &str, status: RunStatus) -> Result<(), Error> {
        let now = self.now();
        let body = json!({"run_id": run_id, "status": status.as_str(), "end_time": now});
        self.change("runs/update", &body).await.map(drop)
    }

    /// Logs values of metrics, in as many requests as they need.
    ///
    /// # Errors
    /// As [`Tracking::experiment`]. What was logged before the error stays.
    pub async fn log_metrics(&self, run_id: &str, metrics: &[Metric]) -> Result<(), Error> {
        let now = self.now();
        for batch in metrics.chunks(MOST_METRICS) {
            let batch: Vec<_> = batch.iter().map(|metric| metric.body(now)).collect();
            self.change("runs/log-batch", &json!({"run_id": run_id, "metrics": batch})).await?;
        }
        Ok(())
    }

    /// Logs a parameter. It cannot be changed later.
    ///
    /// # Errors
    /// As [`Tracking::experiment`].
    pub async fn log_parameter(&self, run_id: &str, key: &str, value: &str) -> Result<(), Error> {
        self.log_parameters(run_id, &[(key, value)]).await
    }

    /// Logs parameters, in as many requests as they need. They cannot be changed later.
    ///
    /// # Errors
    /// As [`Tracking::log_metrics`].
    pub async fn log_parameters(&self, run_id: &str, parameters: &[(&str, &str)]) -> Result<(), Error> {
        for batch in parameters.chunks(MOST_PAIRS) {
            self.change("runs/log-batch", &json!({"run_id": run_id, "params": pairs(batch)})).await?;
        }
        Ok(())
    }

    /// Sets a tag of a run.
    ///
    /// # Errors
    /// As [`Tracking::experiment`].
    pub async fn set_tag(&self, run_id: &str, key: &str, value: &str) -> Result<(), Error> {
        self.change("runs/set-tag", &json!({"run_id": run_id, "key": key, "value": value})).await.map(drop)
    }

    /// All values that a metric of a run has had.
    pub fn metric_history(&self, run_id: &str, key: &str) -> Pager<Metric> {
        self.question("metrics/get-history", &[("run_id", run_id), ("metric_key", key)], "metrics", Metric::read)
    }

    /// The models that are registered.
    pub fn registered_models(&self) -> Pager<RegisteredModel> {
        self.question("registered-models/search", &[], "registered_models", RegisteredModel::new)
    }

    /// Registers a model of this name; it has no version yet.
    ///
    /// # Errors
    /// As [`Tracking::experiment`].
    pub async fn register_model(&self, name: &str) -> Result<RegisteredModel, Error> {
        let answer = self.change("registered-models/create", &json!({"name": name})).await?;
        RegisteredModel::new(answer["registered_model"].clone())
    }

    /// Makes what a run has kept there the next version of a model.
    ///
    /// # Errors
    /// As [`Tracking::experiment`].
    pub async fn create_model_version(&self, name: &str, source: &str, run_id: &str) -> Result<ModelVersion, Error> {
        let body = json!({"name": name, "source": source, "run_id": run_id});
        ModelVersion::new(self.change("model-versions/create", &body).await?["model_version"].clone())
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<Value> {
    pairs.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

impl fmt::Debug for Tracking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracking").finish_non_exhaustive()
    }
}
