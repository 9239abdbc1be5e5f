//! What is said of a search for images or texts: how each model is trained, and what is tried.

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Family;
use super::names::{api_name, one_of};
use crate::commands::job::description::sweep::{self, EarlyTermination};
use crate::description::{members, python_float};
use crate::output::python;

/// In which order combinations are tried, and when a trial is given up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sweep {
    early_termination: Option<EarlyTermination>,
    sampling_algorithm: String,
}

/// How a model for images is trained.
const OF_IMAGES: [&str; 49] = [
    "advancedSettings",
    "amsGradient",
    "beta1",
    "beta2",
    "boxDetectionsPerImage",
    "boxScoreThreshold",
    "checkpointFrequency",
    "checkpointRunId",
    "distributed",
    "earlyStopping",
    "earlyStoppingDelay",
    "earlyStoppingPatience",
    "enableOnnxNormalization",
    "evaluationFrequency",
    "gradientAccumulationStep",
    "imageSize",
    "layersToFreeze",
    "learningRate",
    "learningRateScheduler",
    "logTrainingMetrics",
    "logValidationLoss",
    "maxSize",
    "minSize",
    "modelName",
    "modelSize",
    "momentum",
    "multiScale",
    "nesterov",
    "nmsIouThreshold",
    "numberOfEpochs",
    "numberOfWorkers",
    "optimizer",
    "randomSeed",
    "stepLRGamma",
    "stepLRStepSize",
    "tileGridSize",
    "tileOverlapRatio",
    "tilePredictionsNmsThreshold",
    "trainingBatchSize",
    "trainingCropSize",
    "validationBatchSize",
    "validationCropSize",
    "validationIouThreshold",
    "validationMetricType",
    "validationResizeSize",
    "warmupCosineLRCycles",
    "warmupCosineLRWarmupEpochs",
    "weightDecay",
    "weightedLoss",
];
/// How a model for texts is trained.
const OF_TEXTS: [&str; 9] = [
    "gradientAccumulationSteps",
    "learningRate",
    "learningRateScheduler",
    "modelName",
    "numberOfEpochs",
    "trainingBatchSize",
    "validationBatchSize",
    "warmupRatio",
    "weightDecay",
];
/// Settings whose values the API spells another way.
const SPELLED: [(&str, &[&str]); 4] = [
    (
        "learningRateScheduler",
        &[
            "None",
            "WarmupCosine",
            "Step",
            "Linear",
            "Cosine",
            "CosineWithRestarts",
            "Polynomial",
            "Constant",
            "ConstantWithWarmup",
        ],
    ),
    ("modelSize", &["None", "Small", "Medium", "Large", "ExtraLarge"]),
    ("optimizer", &["None", "Sgd", "Adam", "Adamw"]),
    ("validationMetricType", &["None", "Coco", "Voc", "CocoVoc"]),
];

impl Sweep {
    pub(super) fn build(&self) -> Result<Value, Error> {
        let algorithm = one_of("sweep.sampling_algorithm", &self.sampling_algorithm, &["Random", "Grid", "Bayesian"])?;
        Ok(members([
            ("earlyTermination", self.early_termination.as_ref().map(EarlyTermination::of_job)),
            ("samplingAlgorithm", Some(algorithm.into())),
        ]))
    }
}

/// How each model is trained.
pub(super) fn parameters(family: Family, said: &Map<String, Value>) -> Result<Value, Error> {
    let read = said.iter().map(|(name, value)| {
        let name = setting(family, "training_parameters", name)?;
        let known = SPELLED.iter().find(|(spelled, _)| *spelled == name);
        let value = match (known, value.as_str()) {
            (Some((_, known)), Some(text)) => one_of(&format!("training_parameters.{name}"), text, known)?.into(),
            _ => value.clone(),
        };
        Ok((name.to_owned(), value))
    });
    read.collect::<Result<Map<_, _>, Error>>().map(Value::Object)
}

/// The combinations that are tried.
pub(super) fn space(family: Family, said: &[Map<String, Value>]) -> Result<Value, Error> {
    let one = |one: &Map<String, Value>| {
        let read = one
            .iter()
            .map(|(name, value)| Ok((setting(family, "search_space", name)?.to_owned(), as_text(name, value)?.into())));
        read.collect::<Result<Map<_, _>, Error>>().map(Value::Object)
    };
    said.iter().map(one).collect()
}

/// A value, or the distribution of values, such as `uniform(0.001,0.01)` and `choice('a','b')`.
pub(super) fn as_text(name: &str, said: &Value) -> Result<String, Error> {
    let Value::Object(distribution) = said else { return Ok(literal(said, "")) };
    let [kind, arguments] = &sweep::distribution(&format!("search_space.{name}"), distribution)?;
    let arguments = arguments.as_array().into_iter().flatten();
    let arguments: Vec<_> = arguments
        .flat_map(|argument| match argument {
            Value::Array(values) => values.iter().collect(),
            other => vec![other],
        })
        .map(|value| literal(value, "'"))
        .collect();
    Ok(format!("{}({})", kind.as_str().unwrap_or_default(), arguments.join(",")))
}

/// As Python writes it, but for numbers that are never written with an exponent.
fn literal(value: &Value, quote: &str) -> String {
    match value {
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or_default();
            if number.fract() == 0.0 { python_float(number) } else { number.to_string() }
        }
        Value::String(text) => format!("{quote}{text}{quote}"),
        other => python(other),
    }
}

fn setting(family: Family, member: &str, said: &str) -> Result<&'static str, Error> {
    let known = if family == Family::Texts { &OF_TEXTS[..] } else { &OF_IMAGES };
    api_name(said, known).ok_or_else(|| {
        let known: Vec<_> = known.iter().map(|name| crate::entity::to_snake_case(name)).collect();
        Error::new(ErrorKind::Configuration, format!("{member} has no member {said}"))
            .with_help(format!("it has {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn distributions_are_written_as_the_python_sdk_writes_them() {
        for (said, expected) in [
            (json!("seresnext"), "seresnext"),
            (json!(3), "3"),
            (json!(true), "True"),
            (json!({"type": "choice", "values": ["a", 2, true]}), "choice('a',2,True)"),
            (json!({"type": "uniform", "min_value": 0.000_005, "max_value": 1.0}), "uniform(0.000005,1.0)"),
            (json!({"type": "randint", "upper": 5}), "randint(5)"),
        ] {
            assert_eq!(as_text("x", &said).unwrap(), expected);
        }
        assert!(as_text("x", &json!({"type": "dice"})).is_err());
    }
}
