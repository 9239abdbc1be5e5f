//! The kinds that are tables of members, waits that end early, and the completion of names, against the emulator.

use std::process::{Command, Stdio};

use serde_json::json;
use xtask::emulator::{Effect, Fault, defaults};

use crate::compute_commands::Desk;

fn snapshot(name: &str, text: &str) {
    let filters = vec![
        (r"correlation id [0-9a-f-]+", "correlation id [id]"),
        (r#""(created_at|last_modified_at|start_time)": "[^"]+""#, r#""$1": "[time]""#),
        (r#"https?://[^\s"]+"#, "[url]"),
        (r"\d{15,}", "[number]"),
    ];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!(name, text) });
}

impl Desk {
    /// Puts a resource of the workspace there, as Azure describes it.
    fn put(&self, path: &str, body: &serde_json::Value) {
        let [subscription, group, name] = [defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE];
        let url = format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces/{name}/{path}?api-version=2025-12-01"
        );
        self.azml(&["rest", "PUT", &url, "--body", &body.to_string()]).success();
    }
}

#[test]
fn what_is_in_a_workspace_is_listed_shown_and_deleted() {
    let desk = Desk::new();
    snapshot("datastore_list_table", &desk.azml(&["datastore", "list", "-o", "table"]).success());
    snapshot("datastore_show", &desk.azml(&["datastore", "show", "-n", "workspaceblobstore"]).success());
    let endpoint = json!({"location": "westeurope", "identity": {"type": "SystemAssigned"}, "tags": {"team": "x"}, "properties": {"authMode": "AADToken"}});
    desk.put("onlineEndpoints/ep", &endpoint);
    desk.put("batchEndpoints/batch", &endpoint);
    desk.azure.advance_clock(std::time::Duration::from_secs(600));
    snapshot("online_endpoint_show", &desk.azml(&["online-endpoint", "show", "-n", "ep"]).success());
    for kind in ["online-endpoint", "batch-endpoint"] {
        let names = || desk.azml(&[kind, "list", "--query", "[].name", "-o", "tsv"]).success();
        let name = names().trim().to_owned();
        assert!(["ep", "batch"].contains(&name.as_str()), "{kind}: {name}");
        assert_eq!(desk.azml(&[kind, "delete", "-n", &name, "--yes"]).success(), "");
        assert_eq!(names(), "");
    }
    let trigger = json!({"triggerType": "Cron", "expression": "0 6 * * 1", "timeZone": "UTC"});
    let job = json!({"jobType": "Command", "command": "true", "environmentId": "azureml:e:1"});
    let action = json!({"actionType": "CreateJob", "jobDefinition": job});
    desk.put("schedules/nightly", &json!({"properties": {"trigger": trigger, "action": action}}));
    desk.azure.advance_clock(std::time::Duration::from_secs(600));
    snapshot("schedule_list_table", &desk.azml(&["schedule", "list", "-o", "table"]).success());
    let connection = json!({"properties": {"authType": "PAT", "category": "Git", "target": "https://git.example", "credentials": {"pat": "canary"}}});
    desk.put("connections/git", &connection);
    let shown = desk.azml(&["connection", "show", "-n", "git"]).success();
    assert!(!shown.contains("canary"), "{shown}");
    snapshot("connection_show", &shown);
    desk.azml(&["connection", "delete", "-n", "git", "-y"]).success();
    assert_eq!(desk.azml(&["connection", "list"]).success(), "[]\n");
    snapshot("online_endpoint_not_found", &desk.azml(&["online-endpoint", "show", "-n", "none"]).failure());
}

#[test]
fn a_wait_that_ends_early_says_that_azure_goes_on_and_how_to_look() {
    let desk = Desk::new();
    let refused = json!({"error": {"code": "AuthorizationFailed", "message": "No."}});
    desk.azure.add_fault(Fault::new("/operationsStatus/", Effect::json(403, &refused)));
    let run = desk.azml(&["compute", "create", "--name", "cpu", "--type", "amlcompute"]);
    snapshot("wait_refused", &run.failure());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_and_not_the_operation() {
    let desk = Desk::new();
    desk.azure.add_fault(Fault::new("/operationsStatus/", Effect::Hang));
    let mut child = Command::new(env!("CARGO_BIN_EXE_azml"));
    child.env_clear().envs(desk.home.variables()).envs(desk.azure.env()).current_dir(desk.home.path());
    child.args(["compute", "create", "--name", "cpu", "--type", "amlcompute"]).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    while !desk.azure.requests().iter().any(|request| request.path.contains("/operationsStatus/")) {
        assert_eq!(child.try_wait().unwrap(), None, "azml ended before it had asked");
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    snapshot("wait_interrupted", &String::from_utf8(output.stderr).unwrap());
}

#[test]
fn a_shell_completes_the_names_in_the_workspace() {
    let desk = Desk::new();
    for name in ["cpu", "cpu-large", "gpu"] {
        desk.azml(&["compute", "create", "--name", name, "--type", "amlcompute", "--no-wait"]).success();
    }
    let complete = |words: &[&str]| {
        let index = words.len() - 1;
        let mut variables = desk.azure.env();
        variables.extend([
            ("AZML_COMPLETE".to_owned(), "bash".to_owned()),
            ("_CLAP_COMPLETE_INDEX".to_owned(), index.to_string()),
            ("_CLAP_COMPLETE_COMP_TYPE".to_owned(), "9".to_owned()),
            ("_CLAP_IFS".to_owned(), "\n".to_owned()),
        ]);
        let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let run = desk.home.azml_with(&[&["--"], words].concat(), &variables);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{words:?}");
        run.stdout
    };
    assert_eq!(complete(&["azml", "compute", "show", "--name", ""]), "cpu\ncpu-large\ngpu");
    assert_eq!(complete(&["azml", "compute", "stop", "-n", "cpu-"]), "cpu-large");
    let elsewhere = ["azml", "compute", "show", "-w", "none", "-g", "none", "--name", ""];
    assert_eq!(complete(&elsewhere), "", "an error is silent");
    assert_eq!(complete(&["azml", "datastore", "show", "-n", "workspaceb"]), "workspaceblobstore");
    desk.azml(&["logout", "--all"]).success();
    assert_eq!(complete(&["azml", "compute", "show", "--name", ""]), "", "nobody is asked to sign in");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = |more: &[&str]| desk.azml(&[&["completions", shell], more].concat()).success();
        assert!(script(&["--dynamic"]).contains("AZML_COMPLETE") && !script(&[]).contains("AZML_COMPLETE"), "{shell}");
    }
}
