//! What `az ml` calls previews of assets: packages of models, data that is brought in, components that are to be signed.

use serde_json::{Value, json};

use crate::azml::Run;
use crate::compute_commands::Desk;
use crate::emulator::json;

fn snapshot(name: &str, text: &str) {
    let filters = vec![
        (r#""(created_at|last_modified_at)": "[^"]+""#, r#""$1": "[time]""#),
        (r"codes/[0-9a-f-]{36}", "codes/[id]"),
        (r"[a-z]+_[a-z]+_[0-9a-z]{10}", "[job]"),
    ];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!(name, text) });
}

/// What was sent last to a path that holds this.
fn sent(desk: &Desk, place: &str) -> Value {
    let requests = desk.azure.requests();
    let is_meant = |request: &&xtask::emulator::LoggedRequest| request.path.contains(place) && !request.body.is_empty();
    serde_json::from_str(&requests.iter().rev().find(is_meant).unwrap().body).unwrap()
}

/// A desk with a model and an environment.
fn desk() -> Desk {
    let desk = Desk::new();
    let uri = "azureml://datastores/workspaceblobstore/paths/credit";
    desk.azml(&["model", "create", "-n", "credit", "-v", "1", "-p", uri]).success();
    desk.azml(&["environment", "create", "-n", "sklearn", "-v", "1", "--image", "i"]).success();
    desk.home.write("pack/src/score.py", "print(1)\n");
    desk
}

#[test]
fn a_model_is_packed_into_an_environment() {
    let desk = desk();
    desk.home.write(
        "pack/package.yml",
        "base_environment_source: {type: environment_asset, resource_id: azureml:sklearn:1}\n\
         target_environment: credit-pkg\n\
         inferencing_server:\n  type: azureml_online\n  code_configuration: {code: src, scoring_script: score.py}\n\
         model_configuration: {mode: download, mount_path: /models}\n\
         inputs:\n\
         - {type: uri_file, mode: download, mount_path: /data, path: {input_path_type: path_id, resource_id: azureml:prices:1}}\n\
         - {type: uri_folder, mode: read_only_mount, path: {input_path_type: url, url: https://example.org/x}}\n\
         tags: {team: x}\nenvironment_variables: {A: b}\n",
    );
    let package = ["model", "package", "-n", "credit", "-v", "1", "-f", "pack/package.yml"];
    let packed = desk.azml(&package).success();
    snapshot("package_environment", &packed);
    // As azure-ai-ml 1.35 sends it for the same file, but for the case of two values.
    snapshot("package_sent", &serde_json::to_string_pretty(&sent(&desk, "/package")).unwrap());
    let called = desk.azure.requests().into_iter().find(|request| request.path.ends_with("/package")).unwrap();
    assert_eq!(called.query["api-version"], "2023-08-01-preview");

    desk.home.write(
        "pack/custom.yml",
        "target_environment: azureml:packed:7\ninferencing_server:\n  type: custom\n  inference_configuration:\n    \
         entry_script: run.sh\n    scoring_route: {port: 80, path: /score}\n",
    );
    let custom = json(desk.azml(&["model", "package", "-n", "credit", "-v", "1", "-f", "pack/custom.yml"]));
    assert_eq!((&custom["name"], &custom["version"]), (&json!("packed"), &json!("7")));
    let route = json!({"entryScript": "run.sh", "scoringRoute": {"path": "/score", "port": 80}});
    assert_eq!(
        sent(&desk, "/package")["inferencingServer"],
        json!({"serverType": "Custom", "inferenceConfiguration": route})
    );
    desk.home.write("pack/wrong.yml", "target_environment: x\ninferencing_server: {type: mlserver}\n");
    let wrong = [
        desk.azml(&["model", "package", "-n", "credit", "-v", "1", "-f", "pack/wrong.yml"]),
        desk.azml(&["model", "package", "-n", "none", "-v", "1", "-f", "pack/custom.yml"]),
    ];
    let wrong = wrong.map(Run::failure).join("\n");
    let filters = vec![(r"correlation id \S+", "correlation id [id]")];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!("package_wrong", wrong) });
}

#[test]
fn a_model_is_packed_before_it_is_deployed_where_that_is_wanted() {
    let desk = desk();
    desk.azml(&["online-endpoint", "create", "-n", "credit", "--auth-mode", "key"]).success();
    desk.home.write(
        "pack/blue.yml",
        "name: blue\nendpoint_name: credit\nmodel: azureml:credit:1\nenvironment: azureml:sklearn:1\n\
         code_configuration: {code: src, scoring_script: score.py}\ninstance_type: Standard_DS3_v2\n",
    );
    let created = json(desk.azml(&["online-deployment", "create", "-f", "pack/blue.yml", "--package-model"]));
    assert_eq!((&created["model"], &created["code_configuration"]), (&Value::Null, &Value::Null), "{created}");
    assert!(created["environment"].as_str().unwrap().ends_with("/environments/packaged-env/versions/1"), "{created}");
    let packed = sent(&desk, "/package");
    assert_eq!(packed["inferencingServer"]["codeConfiguration"]["scoringScript"], "score.py");
    assert!(packed["baseEnvironmentSource"]["resourceId"].as_str().unwrap().starts_with("azureml://subscriptions/"));
    desk.home.write(
        "pack/none.yml",
        "name: none\nendpoint_name: credit\nenvironment: azureml:sklearn:1\ninstance_type: S\n",
    );
    let refused = desk.azml(&["online-deployment", "create", "-f", "pack/none.yml", "--package-model"]).failure();
    assert!(refused.starts_with("error: only a deployment of a registered model can be packed"), "{refused}");
}

#[test]
fn data_is_brought_in_by_a_job() {
    let desk = Desk::new();
    desk.home.write(
        "prices.yml",
        "type: mltable\nname: prices\nversion: \"3\"\ndescription: from the shop\ntags: {team: x}\n\
         source:\n  type: database\n  query: select * from prices\n  connection: azureml:shop\n\
         path: azureml://datastores/workspaceblobstore/paths/imports/prices\n",
    );
    desk.home.write(
        "clicks.yml",
        "name: clicks\nsource: {type: file_system, path: s3bucket/clicks, connection: azureml:bucket}\n",
    );
    desk.azml(&["data", "import", "-f", "prices.yml"]).success();
    // As azure-ai-ml 1.35 sends it for the same file.
    snapshot("import_sent", &serde_json::to_string_pretty(&sent(&desk, "/jobs/")).unwrap());
    let target = |more: &[&str]| {
        desk.azml(&[&["data", "import", "-f", "clicks.yml"], more].concat()).success();
        sent(&desk, "/jobs/")["properties"]["jobs"]["data_import_clicks"]["outputs"]["sink"]["uri"].clone()
    };
    let managed = "azureml://datastores/workspacemanageddatastore";
    assert_eq!(target(&["--path", managed]), format!("{managed}/paths/${{{{name}}}}"));
    let own = "azureml://datastores/own/paths/x/${{name}}";
    assert_eq!(target(&["--path", own]), own);
    assert_eq!(target(&["--datastore", "own"]), "azureml://datastores/own/paths/${{name}}");

    let listed = |name: &str| {
        let list =
            ["data", "list-materialization-status", "--name", name, "--query", "[].experiment_name", "-o", "tsv"];
        desk.azml(&list).success()
    };
    assert_eq!((listed("prices").as_str(), listed("none").as_str()), ("data_import_prices\n", ""));
    desk.home.write("wrong.yml", "name: x\nsource: {type: database, path: a, connection: c}\n");
    let wrong = [
        desk.azml(&["data", "import", "-f", "clicks.yml"]),
        desk.azml(&["data", "import", "-f", "clicks.yml", "-p", &format!("{managed}/paths/x")]),
        desk.azml(&["data", "import", "-f", "wrong.yml"]),
    ];
    snapshot("import_wrong", &wrong.map(Run::failure).join("\n"));
}

#[test]
fn the_code_of_a_component_is_listed_to_be_signed() {
    let desk = Desk::new();
    desk.home.write(
        "train/component.yml",
        "name: train\ntype: command\ncommand: python a.py\ncode: src\nenvironment: azureml:e:1\n",
    );
    desk.home.write("train/src/a.py", "print(1)\n");
    desk.home.write("train/src/lib/b.py", "print(2)\n");
    desk.home.write("train/src/data.bin", "ignored\n");
    desk.home.write("train/src/.amlignore", "data.bin\n.amlignore\n");
    desk.home.write("train/src/catalog.json", "what was here before\n");
    let prepare = || desk.azml(&["component", "prepare-for-sign", "-f", "train/component.yml"]);
    assert_eq!(prepare().code, 0);
    let run = prepare();
    assert_eq!((run.code, run.stderr.as_str()), (0, "train/src/catalog.json lists 2 files\n"));
    let read = |name: &str| std::fs::read_to_string(desk.home.path().join("train/src").join(name)).unwrap();
    assert_eq!(read("catalog.json"), read("catalog.json.sig"));
    // As azure-ai-ml 1.35 writes it, but for what the ignore file leaves out: that is not uploaded, so that nobody could check it.
    let expected = json!({"HashAlgorithm": "SHA256", "CatalogItems": {
        "a.py": "CC42155088FCA5730758DB72B2A5BCA33112A941DFAA2D43098EC422CE4EA213",
        "lib/b.py": "0111AFD387E1AD576083C5039AA542FAA2ED4A53D3E128BD03DE990F9EA4255F",
    }});
    assert_eq!(serde_json::from_str::<Value>(&read("catalog.json")).unwrap(), expected);
    desk.home.write("train/none.yml", "name: train\ntype: command\ncommand: x\nenvironment: azureml:e:1\n");
    let wrong = desk.azml(&["component", "prepare-for-sign", "-f", "train/none.yml"]).failure();
    snapshot("sign_wrong", &wrong);
}
