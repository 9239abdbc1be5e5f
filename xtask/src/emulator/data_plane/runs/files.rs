//! What a run has written so far: logs that grow while it works, and outputs at its end.

use std::fmt::Write as _;

use super::life::WORKING;
use super::run::Run;

/// How a run's own container of artifacts is called.
const CONTAINER: &str = "dcid.";

impl Run {
    /// `dcid.` and its name.
    pub(in super::super::super) fn container(&self) -> String {
        format!("{CONTAINER}{}", self.name)
    }

    /// The files in its own container, by their path.
    pub(in super::super::super) fn artifacts(&self, now: i64) -> Vec<(String, Vec<u8>)> {
        let mut files = self.logs(now);
        if self.life.is_finalizing(now) {
            files.push(("outputs/model.txt".into(), format!("a model of {}\n", self.name).into_bytes()));
            files.push(("outputs/metrics.json".into(), br#"{"loss":0.2}"#.to_vec()));
        }
        files
    }

    /// The logs, by their path. Those of a part that has not begun are not there.
    pub(in super::super::super) fn logs(&self, now: i64) -> Vec<(String, Vec<u8>)> {
        let (step, worked) = (self.life.step(now), self.life.worked(now));
        let mut logs = Vec::new();
        if self.life.is_told() {
            return logs;
        }
        if step >= 2 {
            let mut text = String::new();
            for (at, line) in ["preparing the node", "mounting inputs", "starting the command"].iter().enumerate() {
                if step >= 2 + u32::try_from(at).unwrap_or_default() {
                    let _ = writeln!(text, "{line} of {}", self.name);
                }
            }
            logs.push(("system_logs/lifecycler/lifecycler.log".into(), text.into_bytes()));
        }
        if worked > 0 {
            logs.extend(self.log_names().into_iter().map(|name| (name, self.written(worked).into_bytes())));
        }
        logs
    }

    /// The names of its outputs other than the container of its own.
    pub(in super::super::super) fn output_names(&self) -> Vec<&str> {
        let outputs = self.properties["outputs"].as_object();
        outputs.into_iter().flatten().map(|(name, _)| name.as_str()).filter(|name| *name != "default").collect()
    }

    /// The files of its outputs, by their path in the default datastore.
    pub(in super::super::super) fn outputs(&self, now: i64) -> Vec<(String, Vec<u8>)> {
        let names = if self.life.is_finalizing(now) { self.output_names() } else { Vec::new() };
        let file = |name: &str| {
            (format!("{}part-0.txt", self.output_path(name)), format!("{name} of {}\n", self.name).into_bytes())
        };
        names.into_iter().map(file).collect()
    }

    /// Where an output lies in the default datastore.
    pub(in super::super::super) fn output_path(&self, name: &str) -> String {
        format!("azureml/{}/{name}/", self.name)
    }

    /// One log a process of a distributed job; a pipeline and a sweep have their own.
    fn log_names(&self) -> Vec<String> {
        match self.job_type() {
            "Pipeline" => vec!["logs/azureml/executionlogs.txt".into()],
            "Sweep" => vec!["azureml-logs/hyperdrive.txt".into()],
            _ => match self.properties["distribution"]["processCountPerInstance"].as_u64() {
                Some(processes) => (0..processes).map(|rank| format!("user_logs/std_log_process_{rank}.txt")).collect(),
                None => vec!["user_logs/std_log.txt".into()],
            },
        }
    }

    /// What the command says, then a line a step. Until the end the last line is half written.
    fn written(&self, worked: u32) -> String {
        let command = self.text("command");
        let mut lines: Vec<String> = command.split(['\n', ';', '&']).filter_map(echo).collect();
        lines.extend((0..WORKING).map(|step| format!("epoch {step}: loss {:.4}", 1.0 / f64::from(step + 1))));
        let share = |part: u32| lines.len() * part as usize / WORKING as usize;
        let mut text: String = lines[..share(worked)].iter().flat_map(|line| [line, "\n"]).collect();
        if let Some(next) = lines.get(share(worked)) {
            text.extend(next.chars().take(next.chars().count() / 2));
        }
        text
    }
}

/// What `echo "hello"` says.
fn echo(part: &str) -> Option<String> {
    let said = part.trim().strip_prefix("echo ")?.trim();
    Some(said.trim_matches(['"', '\'']).to_owned())
}
