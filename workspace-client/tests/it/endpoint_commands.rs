//! `azml online-endpoint`, `batch-endpoint`, `serverless-endpoint` and what is deployed there, against the emulator.

use serde_json::{Value, json};
use xtask::emulator::defaults;
use xtask::emulator::secrets::{ENDPOINT_PRIMARY_KEY, ENDPOINT_SECONDARY_KEY, ENDPOINT_TOKEN, REGENERATED_KEY};

use crate::azml::Run;
use crate::compute_commands::Desk;
use crate::emulator::json;

const DEPLOYMENT: &str = "endpoint_name: credit\nmodel: azureml:credit:1\ninstance_type: Standard_DS3_v2\n";

fn snapshot(name: &str, text: &str) {
    let filters = vec![
        (r#""(created_at|last_modified_at)": "[^"]+""#, r#""$1": "[time]""#),
        (r"batchjob-[0-9a-f-]+", "batchjob-[id]"),
    ];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!(name, text) });
}

impl Desk {
    /// An endpoint with a deployment for each of these.
    fn serve(&self, deployments: &[&str]) {
        self.azml(&["model", "create", "-n", "credit", "-p", "azureml://datastores/workspaceblobstore/paths/credit"])
            .success();
        self.azml(&["online-endpoint", "create", "-n", "credit"]).success();
        self.home.write("deployment.yml", DEPLOYMENT);
        for name in deployments {
            self.azml(&["online-deployment", "create", "-f", "deployment.yml", "-n", name]).success();
        }
    }

    fn traffic(&self) -> Value {
        json(self.azml(&["online-endpoint", "show", "-n", "credit"]))["traffic"].clone()
    }
}

#[test]
fn requests_go_to_the_deployments_that_the_traffic_says() {
    let desk = Desk::new();
    desk.serve(&["blue", "green"]);
    desk.home.write("request.json", r#"{"data": [1, 2]}"#);
    let ask = |more: &[&str]| {
        desk.azml(&[&["online-endpoint", "invoke", "-n", "credit", "-r", "request.json"], more].concat())
    };
    assert!(ask(&[]).failure().contains("404"), "nothing answers before there is traffic");
    assert_eq!(json(ask(&["--deployment-name", "green"]))["deployment"], "green");
    let set =
        |traffic: &[&str]| desk.azml(&[&["online-endpoint", "update", "-n", "credit", "--traffic"], traffic].concat());
    assert_eq!(json(set(&["blue=10", "green=90"]))["traffic"], json!({"blue": 10, "green": 90}));
    assert_eq!(json(ask(&[])), json!({"deployment": "green", "echo": {"data": [1, 2]}, "endpoint": "credit"}));
    set(&["blue=100"]).success();
    assert_eq!(json(ask(&[]))["deployment"], "blue");
    snapshot("traffic_unclear", &set(&["blue"]).failure());
    let sum = set(&["blue=10"]).failure();
    assert!(sum.contains("add up to 10"), "{sum}");
    let blocked = desk.azml(&["online-deployment", "delete", "-n", "blue", "-e", "credit", "-y"]).failure();
    assert!(blocked.contains("still has traffic"), "{blocked}");
    snapshot(
        "request_missing",
        &desk.azml(&["online-endpoint", "invoke", "-n", "credit", "-r", "none.json"]).failure(),
    );
}

#[test]
fn a_deployment_is_created_changed_and_read_and_takes_all_traffic_where_that_is_wanted() {
    let desk = Desk::new();
    desk.serve(&[]);
    assert_eq!(desk.traffic(), json!({}));
    let create = ["online-deployment", "create", "-f", "deployment.yml", "-n", "blue"];
    desk.azml(&[&create[..], &["--all-traffic"]].concat()).success();
    assert_eq!(desk.traffic(), json!({"blue": 100}));
    let refused = desk.azml(&[&create[..], &["--all-traffic", "--no-wait"]].concat());
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    snapshot("deployment_show", &desk.azml(&["online-deployment", "show", "-n", "blue", "-e", "credit"]).success());

    desk.azure.clear_requests();
    let update = ["online-deployment", "update", "-n", "blue", "-e", "credit", "--set"];
    let changed = json(desk.azml(&[&update[..], &["instance_count=3", "tags.team=x"]].concat()));
    assert_eq!((&changed["instance_count"], &changed["tags"]), (&json!(3), &json!({"team": "x"})));
    let requests = desk.azure.requests();
    let put = requests.iter().find(|request| request.method == "PUT").unwrap();
    let sent: Value = serde_json::from_str(&put.body).unwrap();
    assert_eq!(sent["properties"]["instanceType"], "Standard_DS3_v2", "what was not changed is sent again");

    let logs = |more: &[&str]| {
        desk.azml(&[&["online-deployment", "get-logs", "-n", "blue", "-e", "credit"], more].concat()).success()
    };
    assert_eq!(logs(&["--lines", "1"]), "InferenceServer: ready\n");
    assert!(logs(&["--container", "storage-initializer"]).starts_with("StorageInitializer: starting blue\n"));
    snapshot("deployment_table", &desk.azml(&["online-deployment", "list", "-e", "credit", "-o", "table"]).success());
    snapshot("deployment_of_no_endpoint", &desk.azml(&["online-deployment", "show", "-n", "blue"]).failure());
}

#[test]
fn keys_and_tokens_of_endpoints_are_printed_and_replaced() {
    let desk = Desk::new();
    for (name, mode) in [("keys", "key"), ("token", "aml_token"), ("entra", "aad_token")] {
        desk.azml(&["online-endpoint", "create", "-n", name, "--auth-mode", mode]).success();
    }
    let credentials = |name: &str| desk.azml(&["online-endpoint", "get-credentials", "-n", name]);
    let keys = json!({"primaryKey": ENDPOINT_PRIMARY_KEY, "secondaryKey": ENDPOINT_SECONDARY_KEY});
    assert_eq!(json(credentials("keys")), keys);
    assert_eq!(json(credentials("token"))["accessToken"], ENDPOINT_TOKEN);
    snapshot("endpoint_of_entra", &credentials("entra").failure());
    desk.azml(&["online-endpoint", "regenerate-keys", "-n", "keys", "--key-type", "secondary"]).success();
    let new = json(credentials("keys"));
    assert_eq!(new["primaryKey"], ENDPOINT_PRIMARY_KEY);
    assert!(new["secondaryKey"].as_str().unwrap().starts_with(REGENERATED_KEY), "{new}");

    desk.home.write("llama.yml", "name: llama\nmodel_id: azureml://registries/azureml-meta/models/Llama\n");
    desk.azml(&["serverless-endpoint", "create", "-f", "llama.yml"]).success();
    assert_eq!(json(desk.azml(&["serverless-endpoint", "get-credentials", "-n", "llama"])), keys);
    let replaced = json(desk.azml(&["serverless-endpoint", "regenerate-keys", "-n", "llama"]));
    assert!(replaced["primaryKey"].as_str().unwrap().starts_with(REGENERATED_KEY), "{replaced}");
    for kind in ["online-endpoint", "serverless-endpoint"] {
        let listed = desk.azml(&[kind, "list"]).success();
        assert!(!listed.contains(ENDPOINT_PRIMARY_KEY) && !listed.contains(REGENERATED_KEY), "{listed}");
    }
}

#[test]
fn the_page_of_an_endpoint_is_opened_or_told() {
    let desk = Desk::new();
    let told = |args: &[&str]| {
        let run = desk.azml(args);
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stderr
    };
    let created = told(&["online-endpoint", "create", "-n", "credit", "--web"]);
    snapshot("endpoint_page", &created);
    desk.home.write("blue.yml", DEPLOYMENT);
    for args in [
        &["online-endpoint", "show", "-n", "credit", "-e"][..],
        &["online-endpoint", "update", "-n", "credit", "--set", "tags.a=b", "-e"],
        &["online-deployment", "create", "-n", "blue", "-f", "blue.yml", "--web"],
        &["online-deployment", "show", "-n", "blue", "--endpoint-name", "credit", "--web"],
    ] {
        assert_eq!(told(args), created, "{args:?}");
    }
}

#[test]
fn a_batch_endpoint_answers_with_jobs() {
    let desk = Desk::new();
    desk.azml(&["batch-endpoint", "create", "-n", "monthly"]).success();
    desk.azml(&["model", "create", "-n", "credit", "-p", "azureml://datastores/workspaceblobstore/paths/credit"])
        .success();
    desk.home
        .write("first.yml", "name: first\nendpoint_name: monthly\nmodel: azureml:credit:1\ncompute: azureml:cpu\n");
    desk.azml(&["batch-deployment", "create", "-f", "first.yml", "--set-default"]).success();
    let endpoint = json(desk.azml(&["batch-endpoint", "show", "-n", "monthly"]));
    assert_eq!(endpoint["defaults"]["deployment_name"], "first");
    desk.home.write("customers/june.csv", "id\n1\n");
    let invoke = ["batch-endpoint", "invoke", "-n", "monthly", "--input", "customers", "--mini-batch-size", "4"];
    let job = json(desk.azml(&invoke));
    let requests = desk.azure.requests();
    let asked = requests.iter().rev().find(|request| request.path.ends_with("/monthly/jobs")).unwrap();
    let asked: Value = serde_json::from_str(&asked.body).unwrap();
    let input = &asked["properties"]["inputData"]["UriFolder"];
    assert_eq!((&input["jobInputType"], &asked["properties"]["miniBatchSize"]), (&json!("UriFolder"), &json!(4)));
    let uri = input["uri"].as_str().unwrap();
    assert!(uri.starts_with("azureml://datastores/workspaceblobstore/paths/LocalUpload/"), "{uri}");

    let listed = json(desk.azml(&["batch-endpoint", "list-jobs", "-n", "monthly"]));
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["name"]), (1, &job["name"]));
    let of_deployment = |name| {
        let list = ["batch-deployment", "list-jobs", "-n", name, "--endpoint-name", "monthly"];
        json(desk.azml(&list)).as_array().unwrap().len()
    };
    assert_eq!((of_deployment("first"), of_deployment("second")), (1, 0));
    let update = |defaults: &str| desk.azml(&["batch-endpoint", "update", "-n", "monthly", "--defaults", defaults]);
    assert_eq!(json(update("deployment_name=second"))["defaults"]["deployment_name"], "second");
    snapshot("defaults_unclear", &update("second").failure());
    let name = job["name"].as_str().unwrap();
    assert_eq!(json(desk.azml(&["job", "show", "-n", name]))["type"], "pipeline");
    snapshot("batch_input_unknown", &desk.azml(&[&invoke[..], &["--input-type", "table"]].concat()).failure());
}

#[test]
fn a_batch_endpoint_is_asked_with_a_file_or_with_options_for_each_input() {
    let desk = Desk::new();
    desk.azml(&["batch-endpoint", "create", "-n", "monthly"]).success();
    desk.home
        .write("first.yml", "name: first\nendpoint_name: monthly\nmodel: azureml:credit:1\ncompute: azureml:cpu\n");
    desk.azml(&["batch-deployment", "create", "-f", "first.yml", "--set-default"]).success();
    let invoke = |more: &[&str]| desk.azml(&[&["batch-endpoint", "invoke", "-n", "monthly"], more].concat());
    let sent = || {
        let requests = desk.azure.requests();
        let asked = requests.iter().rev().find(|request| request.path.ends_with("/monthly/jobs")).unwrap();
        serde_json::from_str::<Value>(&asked.body).unwrap()["properties"].take()
    };
    desk.home.write("in/customers/june.csv", "id\n1\n");
    desk.home.write(
        "in/job.yml",
        "inputs:\n  customers:\n    type: uri_file\n    path: https://example.org/june.csv\n  mode: append\n  \
         limit:\n    type: integer\n    default: 5\noutputs:\n  score:\n    type: uri_file\n    \
         path: azureml://datastores/workspaceblobstore/paths/scores\nretry_settings:\n  max_retries: 2\n  timeout: 30\n",
    );
    let file = ["--file", "in/job.yml", "--job-name", "june", "--experiment-name", "scores", "-c", "2"];
    let job = json(invoke(&[&file[..], &["--set", "error_threshold=-1"]].concat()));
    assert_eq!(job["name"], "june");
    insta::assert_json_snapshot!("batch_job_file", sent());
    assert_eq!(json(desk.azml(&["job", "show", "-n", "june"]))["experiment_name"], "scores");

    invoke(&["--set", "inputs.customers.type=uri_folder", "inputs.customers.path=azureml:customers:3"]).success();
    let customers = &sent()["inputData"]["customers"];
    assert_eq!(customers["jobInputType"], "UriFolder");
    assert!(customers["uri"].as_str().unwrap().ends_with("/data/customers/versions/3"), "{customers}");
    invoke(&["--inputs", r#"{"a": {"path": "https://example.org/a"}}"#, "--outputs", "score: azureml://x/y"]).success();
    let expected = json!({
        "inputData": {"a": {"jobInputType": "UriFolder", "uri": "https://example.org/a"}},
        "outputData": {"score": {"jobOutputType": "UriFolder", "uri": "azureml://x/y"}},
    });
    assert_eq!(sent(), expected);
    let wrong = [
        invoke(&["--inputs", "{a: [}"]),
        invoke(&["--inputs", "{a: {type: uri_folder}}"]),
        invoke(&["--inputs", "{a: {type: integer}}"]),
        invoke(&["--set", "input.a.path=x"]),
        invoke(&["--outputs", "{a: {type: table, path: x}}"]),
    ];
    snapshot("batch_job_wrong", &wrong.map(Run::failure).join("\n"));
}

#[test]
fn schedules_are_switched_and_triggered_and_quotas_are_set() {
    let desk = Desk::new();
    desk.home.write(
        "nightly.yml",
        "name: nightly\ntrigger:\n  type: cron\n  expression: 0 6 * * *\ncreate_job: azureml:train\n",
    );
    assert_eq!(json(desk.azml(&["schedule", "create", "-f", "nightly.yml"]))["is_enabled"], true);
    let listed =
        |more: &[&str]| desk.azml(&[&["schedule", "list", "--query", "[].name", "-o", "tsv"], more].concat()).success();
    desk.azml(&["schedule", "disable", "-n", "nightly"]).success();
    let lists = [&[][..], &["--include-disabled"], &["--disabled-only"]].map(listed);
    assert_eq!(lists, ["", "nightly\n", "nightly\n"]);
    let switched = |verb: &str| json(desk.azml(&["schedule", verb, "-n", "nightly"]))["is_enabled"].clone();
    assert_eq!((switched("disable"), switched("enable")), (json!(false), json!(true)));
    let changed = desk.azml(&["schedule", "update", "-n", "nightly", "--set", "trigger.expression=0 7 * * *"]);
    assert_eq!(json(changed)["trigger"]["expression"], "0 7 * * *");

    let started = json(desk.azml(&["schedule", "trigger", "-n", "nightly"]))["job_name"].clone();
    assert!(started.as_str().is_some_and(|name| !name.is_empty()), "{started}");

    let id =
        format!("/subscriptions/{}/providers/Microsoft.MachineLearningServices/quotas/dsv3", defaults::SUBSCRIPTION);
    let id = id.as_str();
    assert_eq!(json(desk.azml(&["quota", "update", "--id", id, "--limit", "12"]))[0]["limit"], 12);
    let listed = json(desk.azml(&["quota", "list"]));
    assert_eq!((&listed[0]["id"], &listed[0]["limit"]), (&json!(id), &json!(12)));
    snapshot("quota_refused", &desk.azml(&["quota", "update", "--id", id, "--limit=-7"]).failure());
}

#[test]
fn a_model_of_the_marketplace_is_subscribed_to() {
    let desk = Desk::new();
    let subscription = |args: &[&str]| desk.azml(&[&["marketplace-subscription"], args].concat());
    desk.home
        .write("mistral.yml", "name: mistral\nmodel_id: azureml://registries/azureml-mistral/models/Mistral-large\n");
    snapshot("marketplace_subscription", &subscription(&["create", "-f", "mistral.yml"]).success());
    assert_eq!(json(subscription(&["show", "-n", "mistral"]))["status"], "subscribed");
    assert_eq!(json(subscription(&["list"])).as_array().unwrap().len(), 1);
    subscription(&["delete", "-n", "mistral", "--yes"]).success();
    assert_eq!(json(subscription(&["list"])), json!([]));
}

#[test]
fn the_capability_host_of_a_project_has_the_container_of_the_project() {
    let desk = Desk::new();
    desk.azml(&["workspace", "create", "-n", "hub", "--kind", "hub"]).success();
    let hub = json(desk.azml(&["workspace", "show", "-n", "hub"]))["id"].as_str().unwrap().to_owned();
    desk.azml(&["workspace", "create", "-n", "agents-project", "--kind", "project", "--hub-id", &hub]).success();
    let host = |verb: &str, more: &[&str]| {
        desk.azml(&[&["capability-host", verb, "-n", "agents", "-w", "agents-project"], more].concat())
    };
    let needs_models = host("create", &[]).failure();
    snapshot("capability_host_without_models", &needs_models);
    let created = host("create", &["-a", "models", "-v", "search", "more-search", "--description", "Of the team"]);
    snapshot("capability_host", &created.success());
    assert_eq!(json(host("show", &[]))["storage_connections"], json!(["agents-project/workspaceblobstore"]));
    host("delete", &["--yes"]).success();
    host("show", &[]).failure();
    let of_a_hub = desk.azml(&["capability-host", "create", "-n", "agents", "-w", "hub"]);
    assert_eq!(json(of_a_hub)["storage_connections"], Value::Null);
}

#[test]
fn a_change_keeps_what_nobody_is_told() {
    let desk = Desk::new();
    desk.home.write(
        "git.yml",
        "name: code\ntype: git\ntarget: https://git.example/\ncredentials:\n  type: pat\n  pat: canary-pat\n",
    );
    desk.home.write(
        "own.yml",
        "name: own\ntype: custom\ntarget: https://own.example/\ncredentials:\n  type: api_key\n  key: canary-key\n",
    );
    desk.home.write(
        "blob.yml",
        "name: prices\ntype: azure_blob\naccount_name: contosodata\ncontainer_name: prices\ncredentials:\n  account_key: Y2FuYXJ5\n",
    );
    let mut shown = String::new();
    for (kind, file, name) in
        [("connection", "git.yml", "code"), ("connection", "own.yml", "own"), ("datastore", "blob.yml", "prices")]
    {
        shown += &desk.azml(&[kind, "create", "-f", file]).success();
        desk.home.write("change.yml", &format!("name: {name}\ntags:\n  team: x\n"));
        let change: &[&str] = match kind {
            "datastore" => &["--file", "change.yml"],
            _ => &["--name", name, "--set", "metadata.team=x"],
        };
        shown += &desk.azml(&[&[kind, "update"], change].concat()).success();
        shown += &desk.azml(&[kind, "show", "-n", name]).success();
        let requests = desk.azure.requests();
        let put = requests.iter().rev().find(|request| request.method == "PUT").unwrap();
        assert!(
            ["canary-pat", "canary-key", "Y2FuYXJ5"].iter().any(|secret| put.body.contains(secret)),
            "{kind}: {}",
            put.body
        );
    }
    assert!(!shown.contains("canary") && !shown.contains("Y2FuYXJ5"), "{shown}");
    let secret = json(desk.azml(&["connection", "show", "-n", "code", "--populate-secrets"]));
    assert_eq!(secret["credentials"]["pat"], "canary-pat");
    let listed = json(desk.azml(&["connection", "list", "-t", "git", "--populate-secrets"]));
    assert_eq!(listed[0]["credentials"]["pat"], "canary-pat");
    let changed = json(desk.azml(&["connection", "update", "-n", "code", "--set", "metadata.team=y", "-p"]));
    assert_eq!((&changed["credentials"]["pat"], &changed["metadata"]["team"]), (&json!("canary-pat"), &json!("y")));
    let created = json(desk.azml(&["connection", "create", "-f", "own.yml", "--name", "other", "-p"]));
    assert_eq!(created["credentials"]["key"], "canary-key");
    let of_type =
        |kind: &str| desk.azml(&["connection", "list", "-t", kind, "--query", "[].name", "-o", "tsv"]).success();
    assert_eq!((of_type("git").as_str(), of_type("custom").as_str()), ("code\n", "other\nown\n"));
}
