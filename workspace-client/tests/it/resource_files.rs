//! Resources from the YAML files of `az ml`: what is sent is what azure-ai-ml 1.35 makes of the same files. `recorded.py` has asked it.

use std::path::Path;

use serde_json::{Value, json};
use xtask::emulator::defaults;

use crate::compute_commands::Desk;

/// What we say otherwise, on purpose: what is ours alone, and what is theirs alone.
fn differences(case: &str) -> (Value, Value) {
    match case.split('/').next().unwrap() {
        // What the API would set by itself, and texts where it wants texts.
        "batch-deployment" if case.ends_with("pipeline") => {
            let settings = |value: Value| json!({"settings": {"continue_on_step_failure": value}});
            let ours = json!({"properties": {"deploymentConfiguration": settings(json!("false"))}});
            let theirs = json!({
                "deploymentConfiguration": settings(json!(false)),
                "errorThreshold": -1,
                "maxConcurrencyPerInstance": 1,
                "miniBatchSize": 10,
                "outputFileName": "predictions.csv",
            });
            (ours, json!({"properties": theirs}))
        }
        // The API calls a key a key.
        "connection" if case.ends_with("blob") => {
            let credentials = |name: &str| json!({"properties": {"credentials": {name: "a2v5"}}});
            (credentials("key"), credentials("sas"))
        }
        "datastore" if case.ends_with("data-lake") => {
            let authority = json!({"credentials": {"authorityUrl": "https://login.microsoftonline.com"}, "endpoint": "core.windows.net"});
            (json!({}), json!({"properties": authority}))
        }
        "datastore" if !case.ends_with("without-credentials") && !case.ends_with("one-lake") => {
            (json!({}), json!({"properties": {"endpoint": "core.windows.net"}}))
        }
        // What is created, or replaced, works. A time is written as ISO 8601 has it.
        "schedule" => {
            let start = |time: &str| match case {
                "schedule/settings" => json!({}),
                _ => json!({"startTime": time}),
            };
            let (ours, theirs) = (start("2026-01-01t00:00:00"), start("2026-01-01 00:00:00"));
            (json!({"properties": {"isEnabled": true, "trigger": ours}}), json!({"properties": {"trigger": theirs}}))
        }
        // What was said.
        "serverless-endpoint" => (json!({"location": "westeurope", "properties": {"authMode": "key"}}), json!({})),
        _ => (json!({}), json!({})),
    }
}

/// Takes what is equal out of what was sent.
fn without(sent: &mut Value, known: &Value) {
    let Value::Object(known) = known else { return };
    for (name, value) in known {
        if sent[name] == *value && !value.as_object().is_some_and(serde_json::Map::is_empty) {
            sent.as_object_mut().unwrap().remove(name);
        } else {
            assert!(value.is_object(), "{name} of {sent} is not {value}");
            without(&mut sent[name], value);
        }
    }
}

/// What says nothing is left out. Ids are as references say them, and the API does not care how values are capitalised.
fn in_short(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(in_short),
        Value::Object(members) => {
            members.values_mut().for_each(in_short);
            members.retain(|name, value| match name.as_str() {
                "isArchived" => *value == true,
                id if id.starts_with('/') => true,
                _ => ![json!(null), json!({}), json!([]), json!("")].contains(value),
            });
        }
        Value::String(text) => {
            let segments: Vec<&str> = text.split('/').collect();
            let short = if let [_, "subscriptions", .., "workspaces", defaults::WORKSPACE, _, name] = segments[..] {
                name.to_owned()
            } else if let [_, "subscriptions", .., "workspaces", defaults::WORKSPACE, _, name, _, version] =
                segments[..]
            {
                format!("{name}:{version}")
            } else {
                text.clone()
            };
            *text = short.to_lowercase();
        }
        _ => {}
    }
}

#[test]
fn every_file_of_a_resource_is_sent_as_the_python_sdk_sends_it() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/resource_files");
    let mut files: Vec<_> = [
        "capability-host",
        "connection",
        "datastore",
        "schedule",
        "online-endpoint",
        "online-deployment",
        "batch-endpoint",
        "batch-deployment",
        "marketplace-subscription",
        "serverless-endpoint",
    ]
    .iter()
    .flat_map(|kind| cases.join(kind).read_dir().unwrap().map(|entry| entry.unwrap().path()))
    .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
    .collect();
    files.sort();
    assert!(files.len() >= 20, "{files:?}");
    let desk = Desk::new();
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let kind = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let case = format!("{kind}/{}", file.file_stem().unwrap().to_str().unwrap());
        desk.home.write("resource.yml", &text);
        desk.azure.clear_requests();
        // What it belongs to need not be there: what was sent is all that is asked.
        let run = desk.azml(&[kind, "create", "--file", "resource.yml", "--no-wait"]);
        let requests = desk.azure.requests();
        let Some(sent) = requests.iter().find(|request| request.method == "PUT") else {
            wrong.push(format!("{case}: {}", run.stderr));
            continue;
        };
        let mut sent: Value = serde_json::from_str(&sent.body).unwrap();
        let mut expected: Value = serde_json::from_slice(&std::fs::read(file.with_extension("json")).unwrap()).unwrap();
        in_short(&mut sent);
        in_short(&mut expected);
        let (ours, theirs) = differences(&case);
        without(&mut sent, &ours);
        without(&mut expected, &theirs);
        if sent != expected {
            wrong.push(format!("{case}:\n  sent {sent}\n  sdk  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
