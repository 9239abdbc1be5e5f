//! The runs that the world has from the beginning, each of which follows from its number: a listing of them costs no memory.

use serde_json::json;

use super::life::{Life, Status};
use super::run::Run;

/// 2029-01-15T09:30:00Z.
const EPOCH: i64 = 1_863_163_800;
/// How many experiments they lie in.
pub(super) const EXPERIMENTS: u64 = 10;
const COMMAND: &str = "python train.py";
const ENVIRONMENT: &str = "azureml://registries/azureml/environments/sklearn-1.5/versions/1";
const TYPES: [&str; 4] = ["Command", "Command", "Command", "Sweep"];
const ENDINGS: [Status; 5] =
    [Status::Completed, Status::Completed, Status::Completed, Status::Failed, Status::Canceled];

/// The number in a name such as `job_00042`.
pub(super) fn number(name: &str) -> Option<u64> {
    let number = name.to_lowercase().strip_prefix("job_")?.parse().ok()?;
    (self::name(number) == name.to_lowercase()).then_some(number)
}

pub(super) fn run(number: u64) -> Run {
    let pick = |from: usize| usize::try_from(number).unwrap_or_default() % from;
    let born = EPOCH + i64::try_from(number).unwrap_or_default() * 60;
    let mut properties = json!({
        "jobType": TYPES[pick(TYPES.len())],
        "displayName": format!("train {number}"),
        "experimentName": format!("experiment-{}", number % EXPERIMENTS),
        "isArchived": number % 20 == 19,
        "tags": {"team": if number.is_multiple_of(2) { "forecasting" } else { "vision" }},
        "properties": {"round": (number % 3).to_string()},
    });
    // A client takes what a sweep must have for granted (observed: azure-ai-ml 1.35).
    if properties["jobType"] == "Sweep" {
        properties["objective"] = json!({"goal": "Maximize", "primaryMetric": "accuracy"});
        properties["samplingAlgorithm"] = json!({"samplingAlgorithmType": "Random"});
        properties["searchSpace"] = json!({"rate": ["uniform", [0.001, 0.1]]});
        properties["trial"] = json!({"command": COMMAND, "environmentId": ENVIRONMENT});
    } else {
        properties["command"] = COMMAND.into();
        properties["environmentId"] = ENVIRONMENT.into();
    }
    let life = Life::past(born, ENDINGS[pick(ENDINGS.len())]);
    let mut run = Run::new(&name(number), "ada@contoso.example", properties, life, born);
    run.number = number;
    run
}

fn name(number: u64) -> String {
    format!("job_{number:05}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_by_its_name() {
        assert_eq!(
            (number("job_00042"), number("JOB_123456"), number("job_42"), number("job_x")),
            (Some(42), Some(123_456), None, None)
        );
        assert_eq!(run(42).name, "job_00042");
    }
}
