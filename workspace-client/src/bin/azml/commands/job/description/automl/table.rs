//! What is said of a search for a table.

use std::collections::BTreeMap;
use std::time::Duration;

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use workspace_client::resources::duration;

use super::names::{self, api_name, one_of};
use crate::description::members;

/// A number that Azure may choose.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum AutoOr {
    Number(u64),
    Numbers(Vec<u64>),
    Text(String),
}

/// What is made of columns.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Featurization {
    blocked_transformers: Option<Vec<String>>,
    column_name_and_types: Option<Map<String, Value>>,
    dataset_language: Option<String>,
    #[serde(rename = "enable_dnn_featurization")]
    deep: Option<bool>,
    mode: Option<String>,
    transformer_params: Option<BTreeMap<String, Value>>,
}

/// Which models are tried.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Training {
    allowed_training_algorithms: Option<Vec<String>>,
    blocked_training_algorithms: Option<Vec<String>>,
    #[serde(rename = "enable_dnn_training")]
    deep: Option<bool>,
    enable_model_explainability: Option<bool>,
    enable_onnx_compatible_models: Option<bool>,
    enable_stack_ensemble: Option<bool>,
    enable_vote_ensemble: Option<bool>,
    ensemble_model_download_timeout_minutes: Option<u64>,
    stack_ensemble_settings: Option<StackEnsemble>,
    #[serde(rename = "training_mode")]
    mode: Option<String>,
}

/// A model that is made of others.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StackEnsemble {
    #[serde(rename = "stack_meta_learner_kwargs")]
    arguments: Option<Value>,
    #[serde(rename = "stack_meta_learner_train_percentage")]
    share: Option<f64>,
    #[serde(rename = "stack_meta_learner_type")]
    kind: Option<String>,
}

/// How times to come are told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Forecasting {
    country_or_region_for_holidays: Option<String>,
    cv_step_size: Option<u64>,
    feature_lags: Option<String>,
    features_unknown_at_forecast_time: Option<Vec<String>>,
    forecast_horizon: Option<AutoOr>,
    frequency: Option<String>,
    seasonality: Option<AutoOr>,
    short_series_handling_config: Option<String>,
    target_aggregate_function: Option<String>,
    target_lags: Option<AutoOr>,
    target_rolling_window_size: Option<AutoOr>,
    time_column_name: String,
    time_series_id_column_names: Option<Vec<String>>,
    use_stl: Option<String>,
}

const TRANSFORMERS: [&str; 11] = [
    "TextTargetEncoder",
    "OneHotEncoder",
    "CatTargetEncoder",
    "TfIdf",
    "WoETargetEncoder",
    "LabelEncoder",
    "WordEmbedding",
    "NaiveBayes",
    "CountVectorizer",
    "HashOneHotEncoder",
    "Imputer",
];
const META_LEARNERS: [&str; 8] = [
    "None",
    "LogisticRegression",
    "LogisticRegressionCV",
    "LightGBMClassifier",
    "ElasticNet",
    "ElasticNetCV",
    "LightGBMRegressor",
    "LinearRegression",
];

impl AutoOr {
    pub(super) fn build(&self) -> Result<Value, Error> {
        Ok(match self {
            Self::Number(value) => json!({"mode": "Custom", "value": value}),
            Self::Numbers(values) => json!({"mode": "Custom", "values": values}),
            Self::Text(mode) => json!({"mode": one_of("number or mode", mode, &["Auto"])?}),
        })
    }

    /// Where the API wants a list.
    fn listed(&self) -> Result<Value, Error> {
        match self {
            Self::Number(value) => Ok(json!({"mode": "Custom", "values": [value]})),
            other => other.build(),
        }
    }
}

impl Featurization {
    pub(super) fn build(&self) -> Result<Value, Error> {
        let transformer = |said: &String| one_of("transformer", said, &TRANSFORMERS).map(Value::from);
        let blocked = self.blocked_transformers.as_ref().map(|all| all.iter().map(transformer).collect());
        let parameters = self.transformer_params.as_ref().map(|all| {
            let named = |(name, value): (&String, &Value)| {
                (api_name(name, &TRANSFORMERS).unwrap_or(name).to_owned(), value.clone())
            };
            Value::Object(all.iter().map(named).collect())
        });
        let mode = self.mode.as_deref().map(|mode| one_of("featurization.mode", mode, &["Auto", "Custom", "Off"]));
        Ok(members([
            ("blockedTransformers", blocked.transpose()?),
            ("columnNameAndTypes", self.column_name_and_types.clone().map(Value::from)),
            ("datasetLanguage", self.dataset_language.clone().map(Value::from)),
            ("enableDnnFeaturization", self.deep.map(Value::from)),
            ("mode", mode.transpose()?.map(Value::from)),
            ("transformerParams", parameters),
        ]))
    }
}

impl Training {
    pub(super) fn build(&self, task: &str) -> Result<Value, Error> {
        let algorithms = |said: &Option<Vec<String>>| -> Result<Option<Value>, Error> {
            let all =
                said.as_ref().map(|all| all.iter().map(|said| names::algorithm(task, said).map(Value::from)).collect());
            all.transpose()
        };
        let timeout = self.ensemble_model_download_timeout_minutes;
        let timeout = timeout.map(|minutes| duration::write(Duration::from_secs(60 * minutes)));
        let mode = self.mode.as_deref();
        let mode = mode.map(|mode| one_of("training.training_mode", mode, &["Auto", "Distributed", "NonDistributed"]));
        Ok(members([
            ("allowedTrainingAlgorithms", algorithms(&self.allowed_training_algorithms)?),
            ("blockedTrainingAlgorithms", algorithms(&self.blocked_training_algorithms)?),
            ("enableDnnTraining", self.deep.map(Value::from)),
            ("enableModelExplainability", self.enable_model_explainability.map(Value::from)),
            ("enableOnnxCompatibleModels", self.enable_onnx_compatible_models.map(Value::from)),
            ("enableStackEnsemble", self.enable_stack_ensemble.map(Value::from)),
            ("enableVoteEnsemble", self.enable_vote_ensemble.map(Value::from)),
            ("ensembleModelDownloadTimeout", timeout.map(Value::from)),
            ("stackEnsembleSettings", self.stack_ensemble_settings.as_ref().map(StackEnsemble::build).transpose()?),
            ("trainingMode", mode.transpose()?.map(Value::from)),
        ]))
    }
}

impl StackEnsemble {
    fn build(&self) -> Result<Value, Error> {
        let learner = self.kind.as_deref();
        let learner = learner.map(|said| one_of("stack_meta_learner_type", said, &META_LEARNERS));
        Ok(members([
            ("stackMetaLearnerKWargs", self.arguments.clone()),
            ("stackMetaLearnerTrainPercentage", self.share.map(Value::from)),
            ("stackMetaLearnerType", learner.transpose()?.map(Value::from)),
        ]))
    }
}

impl Forecasting {
    pub(super) fn build(&self) -> Result<Value, Error> {
        let one = |member: &str, said: &Option<String>, known: &[&'static str]| -> Result<Option<Value>, Error> {
            said.as_deref().map(|said| one_of(member, said, known).map(Value::from)).transpose()
        };
        let series =
            one("short_series_handling_config", &self.short_series_handling_config, &["None", "Auto", "Pad", "Drop"])?;
        let sums = ["None", "Sum", "Max", "Min", "Mean"];
        Ok(members([
            ("countryOrRegionForHolidays", self.country_or_region_for_holidays.clone().map(Value::from)),
            ("cvStepSize", self.cv_step_size.map(Value::from)),
            ("featureLags", one("feature_lags", &self.feature_lags, &["None", "Auto"])?),
            ("featuresUnknownAtForecastTime", self.features_unknown_at_forecast_time.clone().map(Value::from)),
            ("forecastHorizon", self.forecast_horizon.as_ref().map(AutoOr::build).transpose()?),
            ("frequency", self.frequency.clone().map(Value::from)),
            ("seasonality", self.seasonality.as_ref().map(AutoOr::build).transpose()?),
            ("shortSeriesHandlingConfig", series),
            ("targetAggregateFunction", one("target_aggregate_function", &self.target_aggregate_function, &sums)?),
            ("targetLags", self.target_lags.as_ref().map(AutoOr::listed).transpose()?),
            ("targetRollingWindowSize", self.target_rolling_window_size.as_ref().map(AutoOr::build).transpose()?),
            ("timeColumnName", Some(self.time_column_name.as_str().into())),
            ("timeSeriesIdColumnNames", self.time_series_id_column_names.clone().map(Value::from)),
            ("useStl", one("use_stl", &self.use_stl, &["None", "Season", "SeasonTrend"])?),
        ]))
    }
}
