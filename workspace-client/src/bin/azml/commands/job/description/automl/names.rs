//! What the API calls what YAML files write in words with underscores (Microsoft's API of 2024-04-01).

use auth_core::{Error, ErrorKind};

pub(super) const LOG_VERBOSITIES: [&str; 6] = ["NotSet", "Debug", "Info", "Warning", "Error", "Critical"];

const OF_CLASSIFICATION: [&str; 6] =
    ["AUCWeighted", "Accuracy", "NormMacroRecall", "AveragePrecisionScoreWeighted", "PrecisionScoreWeighted", "IOU"];
const OF_REGRESSION: [&str; 4] =
    ["SpearmanCorrelation", "NormalizedRootMeanSquaredError", "R2Score", "NormalizedMeanAbsoluteError"];
const OF_DETECTION: [&str; 1] = ["MeanAveragePrecision"];

const CLASSIFIERS: [&str; 13] = [
    "LogisticRegression",
    "SGD",
    "MultinomialNaiveBayes",
    "BernoulliNaiveBayes",
    "SVM",
    "LinearSVM",
    "KNN",
    "DecisionTree",
    "RandomForest",
    "ExtremeRandomTrees",
    "LightGBM",
    "GradientBoosting",
    "XGBoostClassifier",
];
const REGRESSORS: [&str; 10] = [
    "ElasticNet",
    "GradientBoosting",
    "DecisionTree",
    "KNN",
    "LassoLars",
    "SGD",
    "RandomForest",
    "ExtremeRandomTrees",
    "LightGBM",
    "XGBoostRegressor",
];
const FORECASTERS: [&str; 9] = [
    "AutoArima",
    "Prophet",
    "Naive",
    "SeasonalNaive",
    "Average",
    "SeasonalAverage",
    "ExponentialSmoothing",
    "Arimax",
    "TCNForecaster",
];

/// The name of the API that is meant.
pub(super) fn api_name(said: &str, known: &[&'static str]) -> Option<&'static str> {
    let plain = said.replace('_', "").to_lowercase();
    known.iter().find(|name| name.to_lowercase() == plain).copied()
}

/// The same, where it must be one of these.
pub(super) fn one_of(member: &str, said: &str, known: &[&'static str]) -> Result<&'static str, Error> {
    api_name(said, known).ok_or_else(|| {
        let known: Vec<_> = known.iter().map(|name| crate::entity::to_snake_case(name)).collect();
        Error::new(ErrorKind::Configuration, format!("there is no such {member}"))
            .with_help(format!("it is one of {}", known.join(", ")))
    })
}

/// A metric by which models of a task are judged.
pub(super) fn metric(task: &str, said: &str) -> Result<&'static str, Error> {
    one_of("primary_metric", said, metrics(task))
}

/// The metric where none is said; the API wants none where there is only one (observed: azure-ai-ml 1.35).
pub(super) fn default_metric(task: &str) -> Option<&'static str> {
    match task {
        "Classification" => Some("AUCWeighted"),
        "Regression" | "Forecasting" => Some("NormalizedRootMeanSquaredError"),
        "ImageClassification" | "TextClassification" => Some("Accuracy"),
        "ImageClassificationMultilabel" => Some("IOU"),
        "ImageInstanceSegmentation" | "ImageObjectDetection" => Some("MeanAveragePrecision"),
        _ => None,
    }
}

/// An algorithm that a task can be solved with.
pub(super) fn algorithm(task: &str, said: &str) -> Result<&'static str, Error> {
    let known = match task {
        "Classification" => CLASSIFIERS.to_vec(),
        "Forecasting" => [&FORECASTERS[..], &REGRESSORS].concat(),
        _ => REGRESSORS.to_vec(),
    };
    one_of("training algorithm", said, &known)
}

fn metrics(task: &str) -> &'static [&'static str] {
    match task {
        "Regression" | "Forecasting" => &OF_REGRESSION,
        "ImageInstanceSegmentation" | "ImageObjectDetection" => &OF_DETECTION,
        _ => &OF_CLASSIFICATION,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_api_are_found_by_those_of_the_files() {
        let found = |said| algorithm("Classification", said).unwrap();
        assert_eq!(
            ["light_gbm", "xg_boost_classifier", "svm", "LightGBM"].map(found),
            ["LightGBM", "XGBoostClassifier", "SVM", "LightGBM"]
        );
        assert_eq!(algorithm("Forecasting", "tcn_forecaster").unwrap(), "TCNForecaster");
        assert!(algorithm("Regression", "prophet").is_err());
        assert_eq!(metric("Classification", "auc_weighted").unwrap(), "AUCWeighted");
        assert!(metric("Regression", "accuracy").is_err());
    }
}
