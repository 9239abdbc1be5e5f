//! `azml model` and the other assets, against the emulator.

use serde_json::json;

use crate::compute_commands::Desk;
use crate::emulator::json;

const URI: &str = "azureml://datastores/workspaceblobstore/paths/models/credit";

fn snapshot(name: &str, text: &str) {
    let filters = vec![
        (r"correlation id [0-9a-f-]+", "correlation id [id]"),
        (r#""(created_at|last_modified_at)": "[^"]+""#, r#""$1": "[time]""#),
    ];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!(name, text) });
}

#[test]
fn a_model_lives_in_versions_from_its_registration_to_the_archive() {
    let desk = Desk::new();
    let create = ["model", "create", "--name", "credit", "--path", URI];
    let first = json(desk.azml(&[&create[..], &["--type", "mlflow_model", "--tags", "team=x"]].concat()));
    assert_eq!((&first["name"], &first["version"], &first["path"]), (&json!("credit"), &json!("1"), &json!(URI)));
    desk.home
        .write("model.yml", &format!("name: credit\nversion: 7\npath: {URI}\ntags:\n  year: 2026\n  good: true\n"));
    let second = json(desk.azml(&["model", "create", "--file", "model.yml", "--set", "stage=Production"]));
    assert_eq!(
        (&second["version"], &second["type"], &second["stage"]),
        (&json!("7"), &json!("custom_model"), &json!("Production"))
    );
    assert_eq!(second["tags"], json!({"year": "2026", "good": "true"}));
    snapshot("model_show", &desk.azml(&["model", "show", "-n", "credit", "-v", "1"]).success());
    assert_eq!(json(desk.azml(&["model", "show", "-n", "credit", "--label", "latest"]))["version"], "7");
    assert_eq!(json(desk.azml(&create))["version"], "8");

    let versions = ["model", "list", "--name", "credit", "-o", "tsv", "--query", "[].version"];
    let listed = |more: &[&str]| {
        let text = desk.azml(&[&versions, more].concat()).success();
        let mut versions: Vec<_> = text.lines().map(str::to_owned).collect();
        versions.sort();
        versions
    };
    assert_eq!(listed(&[]), ["1", "7", "8"]);
    desk.azml(&["model", "archive", "-n", "credit", "-v", "7"]).success();
    assert_eq!((listed(&[]), listed(&["--archived-only"])), (vec!["1".into(), "8".into()], vec!["7".to_owned()]));
    desk.azml(&["model", "restore", "-n", "credit", "-v", "7"]).success();
    assert_eq!(listed(&[]), ["1", "7", "8"]);
    desk.azml(&["model", "archive", "-n", "credit", "--label", "latest"]).success();
    assert_eq!(listed(&["--archived-only"]).len(), 1);
    desk.azml(&["model", "restore", "-n", "credit", "-v", &listed(&["--archived-only"])[0]]).success();
    snapshot("model_list_table", &desk.azml(&["model", "list", "-o", "table"]).success());
    let limited = desk.azml(&["model", "list", "-n", "credit", "-r", "2"]);
    assert!(
        limited.stderr.contains("warning: there are more than 2; --max-results shows more of them"),
        "{}",
        limited.stderr
    );
}

#[test]
fn a_model_that_cannot_be_created_is_told_why_and_what_was_said_is_not_quoted() {
    let desk = Desk::new();
    let told = |file: &str, more: &[&str]| {
        desk.home.write("model.yml", file);
        desk.azml(&[&["model", "create", "--file", "model.yml"], more].concat()).failure()
    };
    let wrong = [
        told("path: azureml:x\n", &[]),
        told("name: m\npath: azureml:x\nflavours: {}\n", &[]),
        told("name: m\npath: ./here\n", &[]),
        told("name: m\n", &[]),
        told("name: m\npath: azureml:x\n", &["--set", "canary-of-a-password"]),
        desk.azml(&["model", "show", "-n", "none", "-v", "1"]).failure(),
        desk.azml(&["model", "show", "-n", "none", "--label", "latest"]).failure(),
    ];
    let wrong = wrong.join("\n");
    assert!(!wrong.contains("canary"), "{wrong}");
    snapshot("model_errors", &wrong);
}

#[test]
fn data_and_environments_are_created_from_files_and_options() {
    let desk = Desk::new();
    let uri = "azureml://datastores/workspaceblobstore/paths/prices";
    let prices = json(desk.azml(&["data", "create", "-n", "prices", "-p", uri, "-d", "of houses"]));
    assert_eq!(
        (&prices["type"], &prices["path"], &prices["version"]),
        (&json!("uri_folder"), &json!(uri), &json!("1"))
    );
    assert_eq!(json(desk.azml(&["data", "show", "-n", "prices", "-l", "latest"]))["description"], "of houses");

    desk.home.write("env/conda.yml", "name: training\ndependencies:\n- python=3.12\n- pip:\n  - numpy\n");
    desk.home
        .write("env/env.yml", "name: training\nimage: mcr.example/base:1\nconda_file: conda.yml\nversion: 2026.1\n");
    let training = json(desk.azml(&["environment", "create", "-f", "env/env.yml"]));
    assert_eq!((&training["version"], &training["os_type"]), (&json!("2026.1"), &json!("Linux")));
    assert!(training["conda_file"].as_str().unwrap().contains("- python=3.12"), "{training}");
    let told = desk.azml(&["environment", "create", "-n", "x"]).failure();
    assert!(told.starts_with("error: an environment has either an image, or what one is built of"), "{told}");
    snapshot("environment_list_table", &desk.azml(&["environment", "list", "-n", "training", "-o", "table"]).success());
}

#[test]
fn a_model_comes_back_as_it_was_uploaded() {
    let desk = Desk::new();
    desk.home.write("credit/MLmodel", "flavors: {}\n");
    desk.home.write("credit/data/line.json", "{\"slope\": 94}\n");
    let create = ["model", "create", "-n", "credit", "-p", "credit", "--stage", "Production"];
    let created = json(desk.azml(&[&create[..], &["--datastore", "workspaceblobstore"]].concat()));
    assert_eq!(created["stage"], "Production");
    desk.azml(&["model", "create", "-n", "credit", "-p", "credit"]).success();
    let listed = || {
        let list = ["model", "list", "-n", "credit", "--stage", "Production", "--query", "[].version", "-o", "tsv"];
        desk.azml(&list).success()
    };
    assert_eq!(listed(), "1\n");
    let updated = json(desk.azml(&["model", "update", "-n", "credit", "-v", "1", "--stage", "Archived"]));
    assert_eq!((&updated["stage"], listed().as_str()), (&json!("Archived"), ""));
    let download = || json(desk.azml(&["model", "download", "-n", "credit", "-v", "1", "-p", "out"]));
    assert_eq!(download(), json!({"files": 2, "folder": "out/credit", "received_files": 2}));
    assert_eq!(download()["received_files"], 0, "what is there is not downloaded again");
    let read = |name: &str| std::fs::read_to_string(desk.home.path().join("out/credit").join(name)).unwrap();
    assert_eq!((read("MLmodel").as_str(), read("data/line.json").as_str()), ("flavors: {}\n", "{\"slope\": 94}\n"));

    let of_job = "azml-job-model";
    desk.azml(&["model", "create", "-n", of_job, "-p", "azureml://jobs/train/outputs/model"]).success();
    snapshot("model_of_a_job", &desk.azml(&["model", "download", "-n", of_job, "-v", "1"]).failure());

    desk.home.write("image/Dockerfile", "FROM scratch\n");
    let built =
        json(desk.azml(&["environment", "create", "-n", "built", "--build-context", "image", "--os-type", "linux"]));
    assert_eq!((&built["build"]["dockerfile_path"], &built["os_type"]), (&json!("Dockerfile"), &json!("Linux")));
}
