//! Jobs from the YAML files of `az ml`: what is sent is what azure-ai-ml 1.35 sends for the same files, which `cargo xtask job-files`
//! sees.

use std::path::Path;

use serde_json::{Value, json};

use crate::compute_commands::Desk;
use crate::emulator::json as parsed;

/// Puts a folder of the case into the home.
pub(crate) fn copy(desk: &Desk, from: &Path, to: &str) {
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        let name = format!("{to}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            copy(desk, &entry.path(), &name);
        } else {
            desk.home.write(&name, &std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// The bodies of what was created, by the last segment but one of its kind; names that are made up are told by their kind alone.
fn sent(desk: &Desk) -> Value {
    let requests = desk.azure.requests();
    let puts = requests.iter().filter(|request| request.method == "PUT" && request.host.starts_with("management"));
    let bodies = puts.map(|request| {
        let path = request.path.split("/workspaces/ml-dev").nth(1).unwrap_or_default();
        json!({"path": path, "body": serde_json::from_str::<Value>(&request.body).unwrap()})
    });
    bodies.collect()
}

#[test]
fn every_file_is_sent_as_the_python_sdk_sends_it() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/job_files");
    let folders = cases.read_dir().unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders.map(|entry| entry.file_name()).collect();
    names.sort();
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        let name = name.to_str().unwrap();
        let desk = Desk::new();
        copy(&desk, &cases.join(name), "case");
        let submitted = parsed(desk.azml(&["job", "create", "--file", "case/job.yml", "--name", "job1"]));
        assert_eq!(submitted["name"], "job1", "{name}");
        let filters = [(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[uuid]")];
        insta::with_settings!({filters => filters, omit_expression => true}, {
            insta::assert_json_snapshot!(format!("job_file_{name}"), sent(&desk));
        });
    }
}
