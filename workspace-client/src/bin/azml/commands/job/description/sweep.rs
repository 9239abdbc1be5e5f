//! A sweep job: a command that is tried with many values.

use std::collections::BTreeMap;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Common;
use super::command::seconds;
use super::data::{self, Inputs, Outputs, Spelling};
use super::setup::{Distribution, QueueSettings, Resources, in_snake_case};
use crate::commands::asset::Environment;
use crate::commands::resource::Resolver;
use crate::description::{TextOr, members};

/// What a sweep job has beside what every job has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SweepJob {
    early_termination: Option<EarlyTermination>,
    #[serde(default)]
    inputs: Inputs,
    limits: Option<Limits>,
    objective: Objective,
    #[serde(default)]
    outputs: Outputs,
    queue_settings: Option<QueueSettings>,
    resources: Option<Resources>,
    #[serde(default = "random")]
    sampling_algorithm: TextOr<Sampling>,
    search_space: BTreeMap<String, Map<String, Value>>,
    trial: Trial,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trial {
    code: Option<String>,
    command: String,
    distribution: Option<Distribution>,
    environment: TextOr<Environment>,
    #[serde(default)]
    environment_variables: BTreeMap<String, String>,
    resources: Option<Resources>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Objective {
    goal: Goal,
    primary_metric: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Goal {
    #[serde(alias = "Maximize")]
    Maximize,
    #[serde(alias = "Minimize")]
    Minimize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    max_concurrent_trials: Option<u64>,
    max_total_trials: Option<u64>,
    timeout: Option<u64>,
    trial_timeout: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sampling {
    logbase: Option<Value>,
    rule: Option<String>,
    seed: Option<u64>,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EarlyTermination {
    #[serde(default)]
    delay_evaluation: u64,
    #[serde(default)]
    evaluation_interval: u64,
    slack_amount: Option<f64>,
    slack_factor: Option<f64>,
    truncation_percentage: Option<u64>,
    #[serde(rename = "type")]
    kind: Policy,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Policy {
    Bandit,
    MedianStopping,
    TruncationSelection,
}

fn random() -> TextOr<Sampling> {
    TextOr::Text("random".to_owned())
}

/// The distributions, and the members that say more of each, in the order of the API.
const DISTRIBUTIONS: [(&str, &[&str]); 10] = [
    ("choice", &["values"]),
    ("lognormal", &["mu", "sigma"]),
    ("loguniform", &["min_value", "max_value"]),
    ("normal", &["mu", "sigma"]),
    ("qlognormal", &["mu", "sigma", "q"]),
    ("qloguniform", &["min_value", "max_value", "q"]),
    ("qnormal", &["mu", "sigma", "q"]),
    ("quniform", &["min_value", "max_value", "q"]),
    ("randint", &["upper"]),
    ("uniform", &["min_value", "max_value"]),
];

impl SweepJob {
    pub(super) fn code(&self) -> Option<&str> {
        self.trial.code.as_deref()
    }

    pub(super) async fn build(&self, common: &Common, resolver: &Resolver) -> Result<Value, Error> {
        let mut body = common.body("Sweep", resolver)?;
        body["objective"] = self.objective.of_job();
        body["outputs"] = data::outputs(&self.outputs, Spelling::Job);
        body["samplingAlgorithm"] = Sampling::of_job(&self.sampling_algorithm)?;
        body["searchSpace"] = search_space(&self.search_space)?;
        body["trial"] = self.trial.build(resolver).await?;
        body["inputs"] = data::inputs(&self.inputs, Spelling::Job, resolver).await?;
        let resources = self.resources.as_ref().or(self.trial.resources.as_ref());
        let more = [
            ("earlyTermination", self.early_termination.as_ref().map(EarlyTermination::of_job)),
            ("limits", self.limits.as_ref().map(Limits::of_job)),
            ("queueSettings", self.queue_settings.as_ref().map(QueueSettings::of_job)),
            ("resources", resources.map(Resources::of_job)),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                body[name] = value;
            }
        }
        Ok(body)
    }
}

impl Trial {
    async fn build(&self, resolver: &Resolver) -> Result<Value, Error> {
        let code = match &self.code {
            Some(code) => Some(resolver.code(code).await?.into()),
            None => None,
        };
        Ok(members([
            ("codeId", code),
            ("command", Some(self.command.as_str().into())),
            ("distribution", self.distribution.as_ref().map(Distribution::of_job)),
            ("environmentId", Some(Environment::id(&self.environment, resolver).await?.into())),
            ("environmentVariables", Some(json!(self.environment_variables))),
            ("resources", self.resources.as_ref().map(Resources::of_job)),
        ]))
    }
}

impl Objective {
    fn of_job(&self) -> Value {
        json!({"goal": self.goal.as_str(), "primaryMetric": self.primary_metric})
    }

    pub(super) fn of_step(&self) -> Value {
        in_snake_case(&self.of_job())
    }
}

impl Goal {
    fn as_str(self) -> &'static str {
        match self {
            Self::Maximize => "maximize",
            Self::Minimize => "minimize",
        }
    }
}

impl Limits {
    fn of_job(&self) -> Value {
        members([
            ("jobLimitsType", Some("Sweep".into())),
            ("maxConcurrentTrials", self.max_concurrent_trials.map(Value::from)),
            ("maxTotalTrials", self.max_total_trials.map(Value::from)),
            ("timeout", self.timeout.map(seconds)),
            ("trialTimeout", self.trial_timeout.map(seconds)),
        ])
    }
}

impl Limits {
    /// In seconds, as they were said.
    pub(super) fn of_step(&self) -> Value {
        members([
            ("max_concurrent_trials", self.max_concurrent_trials.map(Value::from)),
            ("max_total_trials", self.max_total_trials.map(Value::from)),
            ("timeout", self.timeout.map(Value::from)),
            ("trial_timeout", self.trial_timeout.map(Value::from)),
        ])
    }
}

impl Sampling {
    fn of_job(said: &TextOr<Self>) -> Result<Value, Error> {
        let (kind, more) = match said {
            TextOr::Map(sampling) => (sampling.kind.as_str(), Some(sampling)),
            TextOr::Text(kind) => (kind.as_str(), None),
        };
        let kind = match kind.to_lowercase().as_str() {
            "bayesian" => "Bayesian",
            "grid" => "Grid",
            "random" => "Random",
            _ => {
                return Err(Error::new(ErrorKind::Configuration, "there is no such sampling_algorithm")
                    .with_help("it is random, grid or bayesian"));
            }
        };
        Ok(members([
            ("logbase", more.and_then(|more| more.logbase.clone())),
            ("rule", more.and_then(|more| more.rule.clone()).map(Value::from)),
            ("samplingAlgorithmType", Some(kind.into())),
            ("seed", more.and_then(|more| more.seed).map(Value::from)),
        ]))
    }

    /// As it was said.
    pub(super) fn of_step(said: &TextOr<Self>) -> Result<Value, Error> {
        let mut sampling = Self::of_job(said)?;
        let kind = sampling.as_object_mut().and_then(|members| members.remove("samplingAlgorithmType"));
        let kind = kind.and_then(|kind| kind.as_str().map(str::to_lowercase));
        if let TextOr::Text(_) = said {
            return Ok(kind.into());
        }
        sampling["type"] = kind.into();
        Ok(sampling)
    }
}

impl EarlyTermination {
    /// Without what nobody said.
    pub(super) fn of_step(&self) -> Value {
        let mut policy = in_snake_case(&self.of_job());
        let said = [("slack_amount", self.slack_amount.is_some()), ("slack_factor", self.slack_factor.is_some())];
        for (name, _) in said.into_iter().filter(|(_, is_said)| !is_said) {
            policy.as_object_mut().and_then(|policy| policy.remove(name));
        }
        policy
    }

    pub(super) fn of_job(&self) -> Value {
        let mut policy =
            json!({"delayEvaluation": self.delay_evaluation, "evaluationInterval": self.evaluation_interval});
        match self.kind {
            Policy::Bandit => {
                policy["policyType"] = "Bandit".into();
                policy["slackAmount"] = self.slack_amount.map_or_else(|| 0.into(), Value::from);
                policy["slackFactor"] = self.slack_factor.map_or_else(|| 0.into(), Value::from);
            }
            Policy::MedianStopping => policy["policyType"] = "MedianStopping".into(),
            Policy::TruncationSelection => {
                policy["policyType"] = "TruncationSelection".into();
                policy["truncationPercentage"] = self.truncation_percentage.unwrap_or(0).into();
            }
        }
        policy
    }
}

/// The values that are tried, as the API takes them of a job.
pub(super) fn search_space(said: &BTreeMap<String, Map<String, Value>>) -> Result<Value, Error> {
    let read = |(name, said): (&String, &Map<String, Value>)| {
        Ok((name.clone(), json!(distribution(&format!("search_space.{name}"), said)?)))
    };
    said.iter().map(read).collect::<Result<Map<_, _>, Error>>().map(Value::Object)
}

/// The kind of a distribution, and its arguments in the order of the API; `place` says where it is.
pub(super) fn distribution(place: &str, said: &Map<String, Value>) -> Result<[Value; 2], Error> {
    let refuse = |why: String| Error::new(ErrorKind::Configuration, format!("{place} {why}"));
    let kind = said.get("type").and_then(Value::as_str).unwrap_or_default();
    let Some((_, wanted)) = DISTRIBUTIONS.iter().find(|(known, _)| *known == kind) else {
        let known = DISTRIBUTIONS.iter().map(|(known, _)| *known);
        return Err(refuse("has no distribution of that type".to_owned())
            .with_help(format!("type is one of {}", known.collect::<Vec<_>>().join(", "))));
    };
    if let Some(odd) = said.keys().find(|member| *member != "type" && !wanted.contains(&member.as_str())) {
        return Err(refuse(format!("has no member {odd}: {kind} has {}", wanted.join(", "))));
    }
    let arguments = wanted.iter().map(|member| said.get(*member).cloned().ok_or(member));
    let arguments: Result<Vec<_>, _> = arguments.collect();
    let arguments = arguments.map_err(|member| refuse(format!("needs {member}")))?;
    Ok([kind.into(), arguments.into()])
}
