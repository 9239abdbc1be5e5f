//! An automated ML job: a search for the best model for a table, a text or images.

mod names;
mod search;
mod table;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use workspace_client::resources::duration;

use super::Common;
use super::data::{self, Input, Inputs, Outputs, Spelling, is_binding};
use super::setup::{QueueSettings, Resources};
use crate::commands::resource::Resolver;
use crate::description::{TextOr, members};
use names::one_of;
use search::Sweep;
use table::{AutoOr, Featurization, Forecasting, Training};

/// What an automated ML job has beside what every job has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AutoMlJob {
    cv_split_column_names: Option<Vec<String>>,
    featurization: Option<Featurization>,
    forecasting: Option<Forecasting>,
    limits: Option<Limits>,
    log_verbosity: Option<String>,
    n_cross_validations: Option<AutoOr>,
    #[serde(default)]
    outputs: Outputs,
    positive_label: Option<String>,
    primary_metric: Option<String>,
    queue_settings: Option<QueueSettings>,
    resources: Option<Resources>,
    search_space: Option<Vec<Map<String, Value>>>,
    sweep: Option<Sweep>,
    target_column_name: Option<String>,
    task: String,
    test_data: Option<TextOr<Input>>,
    test_data_size: Option<f64>,
    training: Option<Training>,
    training_data: TextOr<Input>,
    training_parameters: Option<Map<String, Value>>,
    validation_data: Option<TextOr<Input>>,
    validation_data_size: Option<f64>,
    weight_column_name: Option<String>,
}

/// When the search ends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    enable_early_termination: Option<bool>,
    exit_score: Option<f64>,
    max_concurrent_trials: Option<u64>,
    max_cores_per_trial: Option<i64>,
    max_nodes: Option<u64>,
    max_trials: Option<u64>,
    timeout_minutes: Option<u64>,
    trial_timeout_minutes: Option<u64>,
}

/// What a model is to do, in the order of the API.
const TASKS: [&str; 10] = [
    "Classification",
    "Regression",
    "Forecasting",
    "ImageClassification",
    "ImageClassificationMultilabel",
    "ImageObjectDetection",
    "ImageInstanceSegmentation",
    "TextClassification",
    "TextClassificationMultilabel",
    "TextNER",
];

/// What a model learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Images,
    Table,
    Texts,
}

impl AutoMlJob {
    pub(super) async fn build(&self, common: &Common, resolver: &Resolver) -> Result<Value, Error> {
        let mut body = common.body("AutoML", resolver)?;
        body["outputs"] = data::outputs(&self.outputs, Spelling::Job);
        body["taskDetails"] = self.details(resolver).await?;
        let more = [
            ("queueSettings", self.queue_settings.as_ref().map(QueueSettings::of_job)),
            ("resources", self.resources.as_ref().map(Resources::of_job)),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                body[name] = value;
            }
        }
        Ok(body)
    }

    /// As the step of a pipeline has it: in the words of the YAML file, and with data that the pipeline reads (observed: azure-ai-ml
    /// 1.35). What is wrong is found all the same.
    pub(super) fn check_step(&self, step: &str) -> Result<(), Error> {
        self.check()?;
        let all = [Some(&self.training_data), self.validation_data.as_ref(), self.test_data.as_ref()];
        for data in all.into_iter().flatten() {
            if !matches!(data, TextOr::Text(text) if is_binding(text)) {
                let message = format!("jobs.{step} reads data that its pipeline does not");
                return Err(Error::new(ErrorKind::Configuration, message)
                    .with_help("make it an input of the pipeline, and write ${{parent.inputs.NAME}} here"));
            }
        }
        Ok(())
    }

    /// The combinations that are tried, as a step has them.
    pub(super) fn step_search_space(&self) -> Result<Option<Value>, Error> {
        let Some(space) = &self.search_space else { return Ok(None) };
        let all = space.iter().map(|one| {
            let one = one.iter().map(|(name, value)| Ok((name.clone(), search::as_text(name, value)?.into())));
            one.collect::<Result<Map<_, _>, Error>>().map(Value::Object)
        });
        all.collect::<Result<Vec<_>, _>>().map(|all| Some(all.into()))
    }

    fn check(&self) -> Result<(&'static str, Family), Error> {
        let task = one_of("task", &self.task, &TASKS)?;
        let family = match task {
            task if task.starts_with("Image") => Family::Images,
            task if task.starts_with("Text") => Family::Texts,
            _ => Family::Table,
        };
        let of_tables = [
            ("cv_split_column_names", self.cv_split_column_names.is_some()),
            ("n_cross_validations", self.n_cross_validations.is_some()),
            ("test_data", self.test_data.is_some()),
            ("training", self.training.is_some()),
            ("weight_column_name", self.weight_column_name.is_some()),
        ];
        let of_others = [
            ("search_space", self.search_space.is_some()),
            ("sweep", self.sweep.is_some()),
            ("training_parameters", self.training_parameters.is_some()),
        ];
        let foreign = if family == Family::Table { &of_others[..] } else { &of_tables[..] };
        if let Some((member, _)) = foreign.iter().find(|(_, is_said)| *is_said) {
            return Err(Error::new(ErrorKind::Configuration, format!("the task {} has no {member}", self.task))
                .with_help("leave it out, or choose another task"));
        }
        if (task == "Forecasting") != self.forecasting.is_some() {
            let message = "the task forecasting needs forecasting with time_column_name, and no other task has it";
            return Err(Error::new(ErrorKind::Configuration, message).with_help("see the file's line of task"));
        }
        Ok((task, family))
    }

    async fn details(&self, resolver: &Resolver) -> Result<Value, Error> {
        let (task, family) = self.check()?;
        let metric = self.primary_metric.as_deref().map(|metric| names::metric(task, metric)).transpose()?;
        let verbosity = self.log_verbosity.as_deref().unwrap_or("info");
        let verbosity = one_of("log_verbosity", verbosity, &names::LOG_VERBOSITIES)?;
        let search = self.search_space.as_deref().map(|space| search::space(family, space)).transpose()?;
        let parameters = self.training_parameters.as_ref().map(|said| search::parameters(family, said)).transpose()?;
        let (settings, fixed) = if family == Family::Texts { (None, parameters) } else { (parameters, None) };
        let training = self.training.as_ref().map(|training| training.build(task)).transpose()?;
        let (test, validation) = (
            some_table(self.test_data.as_ref(), resolver).await?,
            some_table(self.validation_data.as_ref(), resolver).await?,
        );
        Ok(members([
            ("cvSplitColumnNames", self.cv_split_column_names.clone().map(Value::from)),
            ("featurizationSettings", self.featurization.as_ref().map(Featurization::build).transpose()?),
            ("fixedParameters", fixed),
            ("forecastingSettings", self.forecasting.as_ref().map(Forecasting::build).transpose()?),
            ("limitSettings", self.limits.as_ref().map(Limits::build)),
            ("logVerbosity", Some(verbosity.into())),
            ("modelSettings", settings),
            ("nCrossValidations", self.n_cross_validations.as_ref().map(AutoOr::build).transpose()?),
            ("positiveLabel", self.positive_label.clone().map(Value::from)),
            ("primaryMetric", metric.or_else(|| names::default_metric(task)).map(Value::from)),
            ("searchSpace", search),
            ("sweepSettings", self.sweep.as_ref().map(Sweep::build).transpose()?),
            ("targetColumnName", self.target_column_name.clone().map(Value::from)),
            ("taskType", Some(task.into())),
            ("testData", test),
            ("testDataSize", self.test_data_size.map(Value::from)),
            ("trainingData", Some(table(&self.training_data, resolver).await?)),
            ("trainingSettings", training),
            ("validationData", validation),
            ("validationDataSize", self.validation_data_size.map(Value::from)),
            ("weightColumnName", self.weight_column_name.clone().map(Value::from)),
        ]))
    }
}

impl Limits {
    fn build(&self) -> Value {
        let minutes = |minutes: u64| duration::write(std::time::Duration::from_secs(60 * minutes)).into();
        members([
            ("enableEarlyTermination", self.enable_early_termination.map(Value::from)),
            ("exitScore", self.exit_score.map(Value::from)),
            ("maxConcurrentTrials", self.max_concurrent_trials.map(Value::from)),
            ("maxCoresPerTrial", self.max_cores_per_trial.map(Value::from)),
            ("maxNodes", self.max_nodes.map(Value::from)),
            ("maxTrials", self.max_trials.map(Value::from)),
            ("timeout", self.timeout_minutes.map(minutes)),
            ("trialTimeout", self.trial_timeout_minutes.map(minutes)),
        ])
    }
}

async fn some_table(said: Option<&TextOr<Input>>, resolver: &Resolver) -> Result<Option<Value>, Error> {
    match said {
        Some(said) => table(said, resolver).await.map(Some),
        None => Ok(None),
    }
}

/// Data, which are a table where a text alone says where they are.
async fn table(said: &TextOr<Input>, resolver: &Resolver) -> Result<Value, Error> {
    if let TextOr::Text(path) = said {
        return Ok(json!({"jobInputType": "mltable", "uri": resolver.data(path, "mltable").await?}));
    }
    let all = Inputs::from([("data".to_owned(), said.clone())]);
    Ok(data::inputs(&all, Spelling::Job, resolver).await?["data"].take())
}
