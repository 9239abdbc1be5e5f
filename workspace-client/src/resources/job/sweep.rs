//! The description of a sweep job.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::common::any_job;
use crate::resources::open_enum::open_enum;
use crate::resources::{Json, duration, escaped};

/// A command to be run again and again with other values, in search of the best.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct SweepJob(Json);

any_job!(SweepJob);

open_enum! {
    /// What is best.
    Goal {
        Maximize = "Maximize",
        Minimize = "Minimize",
    }
}

open_enum! {
    /// How the next values are chosen.
    Sampling {
        Bayesian = "Bayesian",
        Grid = "Grid",
        Random = "Random",
    }
}

impl SweepJob {
    /// This command, which may hold `${{search_space.name}}`, in the environment of this id; and which of its metrics is to be how.
    pub fn new(command: impl Into<String>, environment: impl Into<String>, goal: &Goal, metric: &str) -> Self {
        Self(Json(json!({"properties": {
            "jobType": "Sweep",
            "inputs": {},
            "isArchived": false,
            "limits": {"jobLimitsType": "Sweep"},
            "objective": {"goal": goal, "primaryMetric": metric},
            "outputs": {},
            "properties": {},
            "samplingAlgorithm": {"samplingAlgorithmType": Sampling::Random},
            "searchSpace": {},
            "tags": {},
            "trial": {"command": command.into(), "environmentId": environment.into(), "environmentVariables": {}},
        }})))
    }

    /// Beside the code of this id.
    pub fn code(self, id: impl Into<String>) -> Self {
        self.member("trial/codeId", id.into())
    }

    /// Sets an environment variable.
    pub fn environment_variable(self, name: &str, value: impl Into<String>) -> Self {
        self.member(&format!("trial/environmentVariables/{}", escaped(name)), value.into())
    }

    /// Tries each of these values.
    pub fn choice(self, name: &str, values: &[Value]) -> Self {
        self.distributed(name, "choice", &[values.into()])
    }

    /// Tries values between these.
    pub fn uniform(self, name: &str, min: f64, max: f64) -> Self {
        self.distributed(name, "uniform", &[min.into(), max.into()])
    }

    /// Tries values of another distribution, with its arguments in Azure ML's order: `("normal", [mu, sigma])`.
    pub fn distributed(self, name: &str, distribution: &str, arguments: &[Value]) -> Self {
        self.member(&format!("searchSpace/{}", escaped(name)), json!([distribution, arguments]))
    }

    /// How the next values are chosen; at random unless this says otherwise.
    pub fn sampling(self, sampling: &Sampling) -> Self {
        self.member("samplingAlgorithm/samplingAlgorithmType", sampling.as_str())
    }

    /// This many trials in all, and so many at once.
    pub fn trials(self, total: u64, at_once: u64) -> Self {
        self.member("limits/maxTotalTrials", total).member("limits/maxConcurrentTrials", at_once)
    }

    /// Ends it after this time.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.member("limits/timeout", duration::write(timeout))
    }

    /// Ends each trial after this time.
    pub fn trial_timeout(self, timeout: Duration) -> Self {
        self.member("limits/trialTimeout", duration::write(timeout))
    }

    /// Ends trials without prospects, as the API describes it: `{"policyType": "MedianStopping"}`.
    pub fn early_termination(self, policy: Value) -> Self {
        self.member("earlyTermination", policy)
    }
}
