//! `azml registry`, and assets in registries, against the emulator.

use serde_json::{Value, json};

use crate::compute_commands::Desk;
use crate::emulator::json;

const FILE: &str = "\
name: shared
location: westeurope
tags:
  team: x
replication_locations:
- location: westeurope
- location: northeurope
  storage_config:
    storage_account_type: premium_zrs
    storage_account_hns: true
    replication_count: 2
";

fn snapshot(name: &str, text: &str) {
    let filters = vec![
        (r"correlation id \S+", "correlation id [id]"),
        (r#""(created_at|last_modified_at)": "[^"]+""#, r#""$1": "[time]""#),
        (r"http://127.0.0.1:\d+", "https://region.example"),
    ];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!(name, text) });
}

/// What was sent last with this method.
fn sent(desk: &Desk, method: &str) -> Value {
    let request = desk.azure.requests().into_iter().rfind(|request| request.method == method).unwrap();
    serde_json::from_str(&request.body).unwrap()
}

fn desk_with_a_registry() -> Desk {
    let desk = Desk::new();
    desk.home.write("registry.yml", FILE);
    desk.azml(&["registry", "create", "-f", "registry.yml", "-g", "rg-ml", "--public-network-access", "enabled"])
        .success();
    desk
}

#[test]
fn a_registry_lives_from_its_file_to_its_end() {
    let desk = desk_with_a_registry();
    let body = sent(&desk, "PUT");
    assert_eq!(body["properties"]["regionDetails"][1]["storageAccountDetails"].as_array().unwrap().len(), 2);
    snapshot("registry_show", &desk.azml(&["registry", "show", "-n", "shared"]).success());
    assert_eq!(json(desk.azml(&["registry", "show", "-n", "shared", "-g", "rg-ml"]))["tags"], json!({"team": "x"}));
    snapshot("registry_list_table", &desk.azml(&["registry", "list", "-o", "table"]).success());

    let changed = json(desk.azml(&[
        "registry",
        "update",
        "-n",
        "shared",
        "--public-network-access",
        "disabled",
        "--set",
        "tags.year=2026",
        "--add",
        "replication_locations",
        "location=eastus",
    ]));
    assert_eq!(changed["tags"], json!({"team": "x", "year": "2026"}));
    assert_eq!(changed["public_network_access"], "Disabled");
    let regions = sent(&desk, "PUT")["properties"]["regionDetails"].clone();
    let locations: Vec<_> = regions.as_array().unwrap().iter().map(|region| region["location"].clone()).collect();
    assert_eq!(locations, ["westeurope", "northeurope", "eastus"]);
    desk.home.write("change.yml", "name: shared\ncontainer_registry: {acr_account_sku: Premium}\ntags: {only: this}\n");
    let changed = json(desk.azml(&["registry", "update", "-f", "change.yml"]));
    assert_eq!((&changed["tags"], &changed["public_network_access"]), (&json!({"only": "this"}), &json!("Disabled")));

    assert_eq!(desk.azml(&["registry", "delete", "-n", "shared", "--yes"]).success(), "");
    assert_eq!(desk.azml(&["registry", "list"]).success(), "[]\n");
}

#[test]
fn what_goes_wrong_with_a_registry_is_told_and_nothing_of_the_file_is() {
    let desk = desk_with_a_registry();
    desk.azure.clear_requests();
    let mut told = String::new();
    let mut wrong = |file: &str, args: &[&str]| {
        desk.home.write("registry.yml", file);
        let run = desk.azml(&[&["registry"], args].concat());
        assert_ne!(run.code, 0, "{args:?}");
        told += &["$ azml registry ", &args.join(" "), "\n", &run.stderr, "\n"].concat();
    };
    let create = ["create", "-f", "registry.yml", "-g", "rg-ml"];
    wrong("name: r\n", &create);
    wrong("location: westeurope\n", &create);
    wrong("name: r\nlocation: westeurope\nreplication_location: []\n", &create);
    wrong("name: r\nlocation: w\nreplication_locations: [{location: w, storage_config: canary}]\n", &create);
    wrong("name: r\nlocation: w\ncontainer_registry: {acr_account_sku: canary}\n", &create);
    wrong("", &["show", "-n", "none"]);
    wrong("", &["show", "-n", "none", "-g", "rg-ml"]);
    wrong("", &["delete", "-n", "shared"]);
    wrong("", &["update", "-n", "shared"]);
    wrong("", &["update", "-n", "shared", "--set", "location=eastus"]);
    wrong("", &["update", "-n", "shared", "--remove", "replication_locations", "1"]);
    assert!(!told.contains("canary"), "{told}");
    snapshot("registry_errors", &told);
    assert!(desk.azure.requests().iter().all(|request| !["DELETE", "PUT"].contains(&request.method.as_str())));
}

#[test]
fn a_model_of_a_registry_is_created_listed_shown_and_archived_by_the_name_of_the_registry() {
    let desk = desk_with_a_registry();
    let there = ["--registry-name", "shared"];
    let model = |args: &[&str]| desk.azml(&[&["model"], args, &there].concat());
    let path = "azureml://datastores/x/paths/credit";
    let first = json(model(&["create", "-n", "credit", "-p", path]));
    assert_eq!((&first["version"], &first["path"]), (&json!("1"), &json!(path)));
    assert_eq!(json(model(&["create", "-n", "credit", "-p", path]))["version"], "2");
    model(&["archive", "-n", "credit", "-v", "1"]).success();
    let listed = model(&["list", "-n", "credit", "--query", "[].version", "-o", "tsv"]).success();
    assert_eq!(listed, "2\n");
    model(&["restore", "-n", "credit", "-v", "1"]).success();
    assert_eq!(json(model(&["show", "-n", "credit", "-l", "latest"]))["version"], "2");
    let asked = desk.azure.requests();
    assert!(asked.iter().any(|request| request.path.starts_with("/mferp/managementfrontend/")), "the region is asked");
    desk.azure.clear_requests();
    assert_eq!(json(model(&["show", "-n", "credit", "-v", "1", "-g", "rg-ml"]))["version"], "1");
    assert!(
        !desk.azure.requests().iter().any(|request| request.path.starts_with("/mferp/")),
        "Resource Manager is asked"
    );
    let told = model(&["show", "-n", "none", "-v", "1"]).failure();
    assert!(told.starts_with("error: there is no model none:1 in registry shared"), "{told}");
    assert_eq!(desk.azml(&["environment", "list", "--registry-name", "shared"]).success(), "[]\n");
    assert_eq!(desk.azml(&["data", "list", "--registry-name", "shared", "-w", "ws"]).code, 2);
}

#[test]
fn files_of_this_machine_go_to_a_place_of_the_version_that_is_created_in_a_registry() {
    let desk = desk_with_a_registry();
    desk.home.write("credit/weights.bin", "weights");
    desk.home.write("prices.csv", "1,2");
    desk.home.write("image/Dockerfile", "FROM scratch");
    desk.home.write("src/train.py", "print(1)");
    desk.home.write("env.yml", "name: training\nbuild: {path: image}\n");
    let component = "name: train\nversion: 3\ntype: command\ncode: src\ncommand: python train.py\n";
    desk.home.write(
        "train.yml",
        &format!("{component}environment: azureml://registries/shared/environments/training/versions/1\n"),
    );
    let create = |kind: &str, args: &[&str]| {
        desk.azure.clear_requests();
        json(desk.azml(&[&[kind, "create", "--registry-name", "shared"], args].concat()))
    };
    let asked_for = |version: &str| {
        let requests = desk.azure.requests();
        let asked = requests.iter().find(|request| request.path.contains("/tempdatarefs/")).unwrap();
        assert!(asked.path.starts_with("/mferp/managementfrontend/"), "only the region gives places: {}", asked.path);
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        assert_eq!(body["temporaryDataReferenceType"], "TemporaryBlobReference");
        let id = body["assetId"].as_str().unwrap().to_owned();
        assert!(id.starts_with("azureml://registries/shared/") && id.ends_with(version), "{id}");
    };
    let lies_at = |path: &Value, name: &str| {
        let path = path.as_str().unwrap();
        assert!(path.contains("/upload-") && path.ends_with(name) && !path.contains('?'), "{path}");
        let blob = url::Url::parse(path).unwrap().path().trim_end_matches('/').to_owned();
        let sent = desk.azure.requests();
        assert!(sent.iter().any(|it| it.method == "PUT" && it.path.starts_with(&blob)), "{blob} was uploaded");
    };

    lies_at(&create("model", &["-n", "credit", "-p", "credit"])["path"], "/credit");
    asked_for("/models/credit/versions/1");
    let download = ["model", "download", "-n", "credit", "-v", "1", "--registry-name", "shared", "-p", "out"];
    let downloaded = json(desk.azml(&download));
    assert_eq!(downloaded["files"], downloaded["received_files"]);
    assert!(desk.home.path().join("out/credit").read_dir().unwrap().next().is_some());
    assert_eq!(create("model", &["-n", "credit", "-p", "credit"])["version"], "2");
    asked_for("/models/credit/versions/2");
    lies_at(&create("model", &["-n", "credit", "-v", "9", "-p", "credit", "-g", "rg-ml"])["path"], "/credit");
    asked_for("/models/credit/versions/9");
    lies_at(&create("data", &["-n", "prices", "-p", "prices.csv"])["path"], "/prices.csv");
    asked_for("/data/prices/versions/1");
    lies_at(&create("environment", &["-f", "env.yml"])["build"]["path"], "/image/");
    asked_for("/environments/training/versions/1");
    let code = create("component", &["-f", "train.yml"])["code"].as_str().unwrap().to_owned();
    assert!(code.contains("/registries/shared/codes/"), "{code}");
    asked_for("/versions/1");

    desk.azure.clear_requests();
    let inline = format!("{component}environment: {{build: {{path: image}}}}\n");
    desk.home.write("train.yml", &inline);
    let told = desk.azml(&["component", "create", "--registry-name", "shared", "-f", "train.yml"]).failure();
    snapshot("beyond_a_registry", &told);
}
