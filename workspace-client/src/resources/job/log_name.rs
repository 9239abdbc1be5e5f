//! Which of a job's logs a person wants to see (observed: azure-ai-ml 1.35).

use super::JobType;

/// The logs to show, in their order: what the program itself wrote, or else what the service of its type wrote.
pub(super) fn shown<'a>(names: impl Iterator<Item = &'a str> + Clone, job_type: Option<&JobType>) -> Vec<&'a str> {
    let mut shown: Vec<_> = names.clone().filter(|name| is_of_program(name)).collect();
    if shown.is_empty() {
        shown = names.filter(|name| is_of_service(name, job_type)).collect();
    }
    shown.sort_unstable();
    shown
}

/// `user_logs/std_log*.txt` of the first process of a distributed job.
fn is_of_program(name: &str) -> bool {
    let rest = name.strip_prefix("user_logs/std_log").and_then(|rest| rest.strip_suffix(".txt"));
    let Some(rest) = rest.map(|rest| rest.strip_suffix("_ps").unwrap_or(rest)) else { return false };
    rest.trim_start_matches(|letter: char| !letter.is_ascii_digit()).bytes().all(|digit| digit == b'0')
}

fn is_of_service(name: &str, job_type: Option<&JobType>) -> bool {
    match job_type {
        Some(JobType::Pipeline) => name == "logs/azureml/executionlogs.txt",
        Some(JobType::Sweep) => name == "azureml-logs/hyperdrive.txt",
        _ => name
            .strip_prefix("azureml-logs/")
            .and_then(|rest| rest.strip_suffix(".txt"))
            .is_some_and(|rest| rest.len() > 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_digit())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_s_own_log_goes_before_that_of_the_service() {
        let shown = |names: &[&'static str], job_type| shown(names.iter().copied(), job_type);
        let own = ["user_logs/std_log.txt", "azureml-logs/70_driver_log.txt", "system_logs/x.txt"];
        assert_eq!(shown(&own, None), ["user_logs/std_log.txt"]);
        let distributed =
            ["user_logs/std_log_process_01.txt", "user_logs/std_log_process_00.txt", "user_logs/std_log_0_ps.txt"];
        assert_eq!(shown(&distributed, None), ["user_logs/std_log_0_ps.txt", "user_logs/std_log_process_00.txt"]);
        let old = [
            "azureml-logs/70_driver_log.txt",
            "azureml-logs/20_image.txt",
            "azureml-logs/x.txt",
            "azureml-logs/hyperdrive.txt",
        ];
        assert_eq!(
            shown(&old, Some(&JobType::Command)),
            ["azureml-logs/20_image.txt", "azureml-logs/70_driver_log.txt"]
        );
        assert_eq!(shown(&old, Some(&JobType::Sweep)), ["azureml-logs/hyperdrive.txt"]);
        assert!(shown(&["user_logs/std_log_1.txt", "x"], None).is_empty());
    }
}
