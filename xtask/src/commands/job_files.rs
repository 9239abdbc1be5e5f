//! `cargo xtask job-files`: what azml sends for the job files of its tests, beside what Microsoft's own client sends for them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use xtask::emulator::{Emulator, defaults};

use super::demo::{self, Azml};
use super::repository::{output_of, root};
use super::{ml_client, packages};

const CASES: &str = "workspace-client/tests/it/job_files";
/// Why they differ where they do: by the case, and by the beginning of the place.
const REASONS: &str = "differs.json";
const WORKSPACE: [&str; 3] = [defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE];

/// The value at each place, of all that was sent for a case.
type Sent = BTreeMap<String, String>;
type Reasons = BTreeMap<String, BTreeMap<String, String>>;

/// Lets both submit every job, and fails where they differ without a reason, or where a reason is none any more.
pub(super) fn run() -> Result<(), String> {
    let python = packages::python("ml-client", ml_client::PACKAGES)?;
    let program = demo::build()?;
    let home = TempDir::with_prefix("job-files-").map_err(|error| format!("no temporary folder: {error}"))?;
    let (cases, folder) = (root().join(CASES), home.path().join("cases"));
    copy(&cases, &folder)?;
    let reasons = std::fs::read_to_string(cases.join(REASONS)).map_err(|error| format!("{REASONS}: {error}"))?;
    let reasons: Reasons = serde_json::from_str(&reasons).map_err(|error| format!("{REASONS}: {error}"))?;
    let names = names(&folder)?;

    let azure = Emulator::start();
    let azml = Azml { program, home: home.path(), azure: &azure };
    let [subscription, group, workspace] = WORKSPACE;
    for name in &names {
        let place = ["--subscription", subscription, "-g", group, "-w", workspace];
        let mut create =
            azml.command(&["job", "create", "--file", "job.yml", "--name", name, "-o", "none", "--only-show-errors"])?;
        output_of(as_application(create.args(place)).current_dir(folder.join(name)))?;
    }
    let ours = sent(&azure, &names)?;

    let azure = Emulator::start();
    let script = home.path().join("job_files.py");
    std::fs::write(&script, include_str!("job_files.py")).map_err(|error| format!("{}: {error}", script.display()))?;
    let mut submit = Command::new(python);
    submit.env_clear().envs(azure.env()).env("HOME", home.path());
    submit.envs(["PATH", "SYSTEMROOT"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    output_of(as_application(&mut submit).arg(script).arg(&folder).args(WORKSPACE).args(&names))?;
    let theirs = sent(&azure, &names)?;

    let mut problems = Vec::new();
    for name in &names {
        problems.extend(differences(name, &ours[name], &theirs[name], reasons.get(name)));
    }
    let count = names.len();
    let explained: usize = reasons.values().map(BTreeMap::len).sum();
    if problems.is_empty() {
        println!("azml and azure-ai-ml send the same for {count} job files, but for {explained} places with a reason");
        return Ok(());
    }
    Err(format!("azml and azure-ai-ml differ, and {REASONS} does not say why:\n{}", problems.join("\n")))
}

fn as_application(command: &mut Command) -> &mut Command {
    command.env("AZURE_TENANT_ID", defaults::CONTOSO).env("AZURE_CLIENT_ID", defaults::SERVICE_PRINCIPAL_ID);
    command.env("AZURE_CLIENT_SECRET", defaults::SERVICE_PRINCIPAL_SECRET)
}

/// What became part of the workspace, by the case whose job came last.
fn sent(azure: &Emulator, names: &[String]) -> Result<BTreeMap<String, Sent>, String> {
    let mut all = BTreeMap::new();
    let mut bodies: Vec<(String, Value)> = Vec::new();
    for request in azure.requests().iter().filter(|request| request.method == "PUT") {
        let Some((_, place)) = request.path.split_once(&format!("/workspaces/{}/", defaults::WORKSPACE)) else {
            continue;
        };
        let (kind, name) = place.split_once('/').unwrap_or((place, ""));
        // Content that is there already is told to nobody again, and whose computes they are is not compared.
        if !["components", "environments", "jobs"].contains(&kind) {
            continue;
        }
        let body = serde_json::from_str(&request.body).map_err(|error| format!("{}: {error}", request.path))?;
        bodies.push((kind.to_owned(), settled(body, name)));
        if kind == "jobs" {
            // Components are created in any order.
            bodies.sort_by_key(|(kind, body)| (kind.clone(), body["properties"]["componentSpec"].to_string()));
            let mut sent = Sent::new();
            for (at, (kind, body)) in bodies.drain(..).enumerate() {
                let place = if kind == "jobs" { kind } else { format!("{kind}/{at}") };
                flatten(&place, &body, &mut sent);
            }
            all.insert(name.to_owned(), sent);
        }
    }
    match names.iter().find(|name| !all.contains_key(*name)) {
        None => Ok(all),
        Some(name) => Err(format!("no job was sent for {name}")),
    }
}

/// Without what differs from run to run, and without what says nothing: null, nothing, and what is so anyway.
fn settled(value: Value, name: &str) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(member, value)| (member, settled(value, name)));
            let says_nothing = |member: &str, value: &Value| match (member, value) {
                (_, Value::Null) | ("isArchived", Value::Bool(false)) => true,
                (_, Value::Object(members)) => members.is_empty(),
                ("displayName", Value::String(said)) => said == name,
                _ => false,
            };
            Value::Object(members.filter(|(member, value)| !says_nothing(member, value)).collect())
        }
        Value::Array(items) => items.into_iter().map(|item| settled(item, name)).collect(),
        Value::String(text) => without_ids(&text).into(),
        other => other,
    }
}

/// Ids that are made up are the same; names of the API are read in any case.
fn without_ids(text: &str) -> String {
    let is_id = |word: &str| word.len() == 36 && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    let words: Vec<_> = text.split('/').map(|word| if is_id(word) { "[id]" } else { word }).collect();
    words.join("/").to_lowercase()
}

fn flatten(place: &str, value: &Value, all: &mut Sent) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| flatten(&format!("{place}/{name}"), value, all));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| flatten(&format!("{place}/{at}"), value, all));
        }
        other => drop(all.insert(place.to_owned(), other.to_string())),
    }
}

fn differences(name: &str, ours: &Sent, theirs: &Sent, reasons: Option<&BTreeMap<String, String>>) -> Vec<String> {
    let places: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let differing: Vec<_> = places.into_iter().filter(|place| ours.get(*place) != theirs.get(*place)).collect();
    let known: Vec<_> = reasons.into_iter().flat_map(BTreeMap::keys).collect();
    let nothing = "nothing".to_owned();
    let unexplained = differing.iter().filter(|place| !known.iter().any(|known| place.starts_with(*known)));
    let told = unexplained.map(|place| {
        let (ours, theirs) = (ours.get(*place).unwrap_or(&nothing), theirs.get(*place).unwrap_or(&nothing));
        format!("{name}: {place}: azml sends {ours}, azure-ai-ml {theirs}")
    });
    let idle = known.iter().filter(|known| !differing.iter().any(|place| place.starts_with(**known)));
    told.chain(idle.map(|known| format!("{name}: {known}: there is a reason, but they do not differ"))).collect()
}

fn names(folder: &Path) -> Result<Vec<String>, String> {
    let entries = folder.read_dir().map_err(|error| format!("{}: {error}", folder.display()))?;
    let folders = entries.filter_map(Result::ok).filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    std::fs::create_dir_all(to).map_err(failed)?;
    for entry in from.read_dir().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn all(value: Value) -> Sent {
        let mut all = Sent::new();
        flatten("jobs", &settled(value, "j"), &mut all);
        all
    }

    #[test]
    fn a_difference_needs_a_reason_and_a_reason_a_difference() {
        let ours = all(json!({"a": {"b": 1, "mode": "Auto"}, "isArchived": false, "displayName": "j", "n": null}));
        let theirs = all(json!({"a": {"b": 2, "mode": "auto"}, "x": {}}));
        assert_eq!(differences("c", &ours, &theirs, None), ["c: jobs/a/b: azml sends 1, azure-ai-ml 2"]);
        let reasons = |place: &str| BTreeMap::from([(place.to_owned(), "why".to_owned())]);
        assert!(differences("c", &ours, &theirs, Some(&reasons("jobs/a/b"))).is_empty());
        let idle = differences("c", &ours, &ours, Some(&reasons("jobs/a/b")));
        assert_eq!(idle, ["c: jobs/a/b: there is a reason, but they do not differ"]);
    }

    #[test]
    fn made_up_ids_are_the_same() {
        let id = "/components/azureml_anonymous/versions/dfc41549-d1fd-2279-db17-21562afed3e2";
        assert_eq!(without_ids(id), "/components/azureml_anonymous/versions/[id]");
    }
}
