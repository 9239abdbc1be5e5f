//! One run: a job, a part of one, or what a client of MLflow tells about.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::life::{self, Life, Status};

/// A run.
#[derive(Clone, Debug)]
pub(in super::super::super) struct Run {
    pub(in super::super::super) number: u64,
    pub(in super::super::super) name: String,
    /// The run that it lies in.
    pub(in super::super::super) parent: Option<String>,
    pub(in super::super::super) author: String,
    /// The properties of the job, as Resource Manager tells them, without its status.
    pub(in super::super::super) properties: Value,
    pub(in super::super::super) born: i64,
    pub(in super::super::super) life: Life,
    pub(in super::super::super) parameters: BTreeMap<String, String>,
    /// What its client measured.
    pub(in super::super::super) measured: Vec<Measurement>,
}

/// A value of a metric.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super::super) struct Measurement {
    pub(in super::super::super) name: String,
    pub(in super::super::super) value: f64,
    pub(in super::super::super) step: i64,
    /// In milliseconds.
    pub(in super::super::super) time: i64,
}

impl Run {
    /// The run of a job; `must_fail` is the world's word.
    pub(super) fn of_job(
        name: &str,
        author: &str,
        properties: Value,
        (pace, now, must_fail): (u32, i64, bool),
    ) -> Self {
        let life = Life::new(pace, now, life::ending(&properties, must_fail));
        let mut run = Self::new(name, author, properties, life, now);
        run.life.observe(now);
        run
    }

    /// A run whose client tells about it.
    pub(in super::super::super) fn told(name: &str, author: &str, experiment: &str, now: i64) -> Self {
        let properties = json!({"jobType": "Command", "command": "", "experimentName": experiment});
        Self::new(name, author, properties, Life::told(now), now)
    }

    pub(super) fn new(name: &str, author: &str, mut properties: Value, life: Life, born: i64) -> Self {
        let defaults = json!({
            "displayName": name,
            "description": null,
            "experimentName": "Default",
            "isArchived": false,
            "properties": {},
            "tags": {},
            "inputs": {},
            "outputs": {},
        });
        complete(&mut properties, defaults);
        let (name, author) = (name.to_owned(), author.to_owned());
        let (parameters, measured) = (BTreeMap::new(), Vec::new());
        Self { number: 0, name, parent: None, author, properties, born, life, parameters, measured }
    }

    /// Whether its client tells how far it is.
    pub(in super::super::super) fn is_told(&self) -> bool {
        self.life.is_told()
    }

    pub(in super::super::super) fn status(&self, now: i64) -> Status {
        self.life.status(now)
    }

    /// When it began to work and when it ended.
    pub(in super::super::super) fn times(&self) -> (Option<i64>, Option<i64>) {
        (self.life.began, self.life.ended)
    }

    pub(in super::super::super) fn text(&self, member: &str) -> &str {
        self.properties[member].as_str().unwrap_or_default()
    }

    pub(in super::super::super) fn experiment(&self) -> &str {
        self.text("experimentName")
    }

    /// `Command`, `Pipeline` and so on.
    pub(in super::super::super) fn job_type(&self) -> &str {
        self.text("jobType")
    }

    pub(in super::super::super) fn is_archived(&self) -> bool {
        self.properties["isArchived"] == true
    }

    /// Why it failed, if it did.
    pub(in super::super::super) fn error(&self, now: i64) -> Option<Value> {
        let message = match self.status(now) {
            Status::Failed => match life::exit_code(&self.properties) {
                Some(code) => format!(
                    "Execution failed. User process '/bin/bash' exited with status code {code}. Please check log file 'user_logs/std_log.txt' for error details."
                ),
                None => "The run was told to fail.".to_owned(),
            },
            Status::NotResponding => "The node of the run does not answer any more.".to_owned(),
            _ => return None,
        };
        let error = json!({
            "code": "UserError",
            "severity": null,
            "message": message,
            "messageFormat": "{Message}",
            "messageParameters": {"Message": message},
            "referenceCode": null,
            "detailsUri": null,
            "target": null,
            "details": [],
            "innerError": {"code": "BadArgument", "innerError": {"code": "CommandFailed", "innerError": null}},
            "debugInfo": null,
            "additionalInfo": null,
        });
        Some(
            json!({"error": error, "correlation": {}, "environment": "emulator", "location": "loopback", "time": "0001-01-01T00:00:00+00:00", "componentName": "execution-worker"}),
        )
    }

    /// What was measured so far: by its client, or a loss that falls while it works.
    pub(in super::super::super) fn measurements(&self, now: i64) -> Vec<Measurement> {
        let is_at_work = !self.life.is_told() && matches!(self.job_type(), "AutoML" | "Command" | "Spark");
        let steps = if is_at_work { self.life.worked(now) } else { 0 };
        let loss = |step: u32| Measurement {
            name: "loss".into(),
            value: 1.0 / f64::from(step + 1),
            step: i64::from(step),
            time: (self.times().0.unwrap_or(self.born) + i64::from(step)) * 1000,
        };
        (0..steps).map(loss).chain(self.measured.iter().cloned()).collect()
    }
}

/// Adds the members that are missing, and those of objects in them.
fn complete(target: &mut Value, defaults: Value) {
    match (target, defaults) {
        (Value::Object(target), Value::Object(defaults)) => {
            for (name, default) in defaults {
                complete(target.entry(name).or_insert(Value::Null), default);
            }
        }
        (target @ Value::Null, default) => *target = default,
        _ => {}
    }
}
