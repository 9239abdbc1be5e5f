//! `azml job`, against the emulator.

use std::process::Command;

use serde_json::json;
use xtask::emulator::OUTCOME_TAG;

use crate::compute_commands::Desk;
use crate::emulator::json;

#[test]
fn jobs_are_listed_shown_streamed_and_archived() {
    let desk = Desk::new();
    desk.azure.change_world(|world| world.jobs = 3);
    let names = |more: &[&str]| {
        let text = desk.azml(&[&["job", "list", "--query", "[].name", "-o", "tsv"], more].concat()).success();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = names(&[]);
    assert_eq!(all.len(), 3);
    assert_eq!((names(&["-r", "2"]).len(), names(&["--all-results"]).len()), (2, 3));
    let name = all[0].as_str();
    let shown = json(desk.azml(&["job", "show", "--name", name]));
    assert_eq!(
        (&shown["name"], &shown["type"], &shown["status"]),
        (&json!(name), &json!("command"), &json!("Completed"))
    );
    let table = desk.azml(&["job", "list", "-o", "table", "-r", "1"]);
    assert!(table.stdout.starts_with("Name ") && table.stderr.contains("more than 1"), "{table:?}");

    let streamed = desk.azml(&["job", "stream", "-n", name]);
    assert_eq!(streamed.code, 0, "{}", streamed.stderr);
    assert!(!streamed.stdout.is_empty() && streamed.stderr.contains("-- user_logs/std_log.txt"), "{streamed:?}");

    let none = desk.azml(&["job", "show", "-n", "none"]).failure();
    assert!(none.starts_with("error: there is no job none in workspace ml-dev of resource group rg-ml"), "{none}");
}

const SMALL: &str = "command: echo hello\nenvironment: azureml:training:1\ncompute: azureml:cpu\n";

fn snapshot(name: &str, text: &str) {
    let filters = vec![
        (r#""created_at": "[^"]+""#, r#""created_at": "[time]""#),
        (r"correlation id [0-9a-f-]+", "correlation id [id]"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[uuid]"),
    ];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!(name, text) });
}

/// A desk with an environment that jobs name.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.azml(&["environment", "create", "-n", "training", "-v", "1", "--image", "mcr.example/base:1"]).success();
    desk
}

#[test]
fn the_logs_of_a_job_can_be_chosen() {
    let desk = desk();
    let distributed = "distribution: {type: pytorch, process_count_per_instance: 2}\n";
    desk.home.write("job.yml", &format!("{SMALL}{distributed}"));
    desk.azml(&["job", "create", "-f", "job.yml", "-n", "two", "--stream"]).success();
    let files = |args: &[&str]| -> Vec<String> {
        let streamed = desk.azml(&[&["job", "stream", "-n", "two"], args].concat());
        assert_eq!(streamed.code, 0, "{}", streamed.stderr);
        streamed.stderr.lines().filter_map(|line| line.strip_prefix("-- ")).map(ToOwned::to_owned).collect()
    };
    assert_eq!(files(&[]), ["user_logs/std_log_process_0.txt"]);
    assert_eq!(files(&["--log", "user_logs/std_log_process_1"]), ["user_logs/std_log_process_1.txt"]);
    let all =
        ["system_logs/lifecycler/lifecycler.log", "user_logs/std_log_process_0.txt", "user_logs/std_log_process_1.txt"];
    assert_eq!(files(&["--log", "system_logs/", "user_logs/"]), all);
    let none = desk.azml(&["job", "stream", "-n", "two", "--log", "nothing"]);
    assert_eq!(none.stdout, "");
    snapshot("no_such_log", none.stderr.lines().last().unwrap());
}

#[test]
fn the_services_of_a_job_are_shown_with_their_addresses() {
    let desk = desk();
    desk.home.write(
        "job.yml",
        &format!(
            "{SMALL}services:\n  shell: {{type: ssh, ssh_public_keys: ssh-rsa AAAA}}\n  lab: {{type: jupyter_lab}}\n"
        ),
    );
    desk.azml(&["job", "create", "-f", "job.yml", "-n", "open"]).success();
    snapshot("services", &desk.azml(&["job", "show-services", "-n", "open"]).success());
    assert_eq!(desk.azml(&["job", "show-services", "-n", "open", "--node-index", "1"]).success(), "");
    assert_eq!(desk.azml(&["job", "show-services", "-n", "none"]).code, 1);
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_line_before_anything_is_sent() {
    let desk = desk();
    desk.azure.clear_requests();
    let mut told = Vec::new();
    for (what, text) in [
        ("an unknown member", "command: echo\nenvironmnt: azureml:training:1\n".to_owned()),
        ("no YAML", "command: [echo\n".to_owned()),
        ("another type", format!("{SMALL}resources:\n  instance_count: many\n")),
        ("a kind that is not known", "type: hyperdrive\nentry: {file: x.py}\n".to_owned()),
        ("a Spark job that cannot start", "type: spark\nentry: {file: x.py}\n".to_owned()),
        (
            "a member that a step has not",
            "type: pipeline\njobs:\n  one:\n    type: sweep\n    trail: ./one.yml\n".to_owned(),
        ),
        ("a kind of step that is not known", "type: pipeline\njobs:\n  one:\n    type: hyperdrive\n".to_owned()),
        ("a task that is not known", "type: automl\ntask: guessing\ntraining_data: {path: azureml:x:1}\n".to_owned()),
        ("an algorithm of another task", "type: automl\ntask: regression\ntraining_data: {path: azureml:x:1}\ntraining: {allowed_training_algorithms: [svm]}\n".to_owned()),
        ("a member of another task", "type: automl\ntask: text_ner\ntraining_data: {path: azureml:x:1}\nn_cross_validations: 5\n".to_owned()),
        ("data that a step cannot read", "type: pipeline\njobs:\n  one: {type: automl, task: regression, training_data: {path: azureml:x:1}}\n".to_owned()),
        (
            "a batch of no size",
            "type: pipeline\njobs:\n  one: {type: parallel, mini_batch_size: 1 ton, component: azureml:x:1}\n"
                .to_owned(),
        ),
        ("code that is not there", format!("{SMALL}code: ./nothing\n")),
        ("a step that is not there", "type: pipeline\njobs:\n  one:\n    component: ./one.yml\n".to_owned()),
        ("nothing", String::new()),
    ] {
        desk.home.write("job.yml", &text);
        for verb in ["validate", "create"] {
            let error = desk.azml(&["job", verb, "-f", "job.yml"]).failure();
            if verb == "validate" {
                told.push(format!("# {what}\n{error}"));
            } else if what != "a step that is not there" {
                assert!(told.last().unwrap().ends_with(&error), "{verb}: {error}");
            }
        }
    }
    told.push(format!("# no file\n{}", desk.azml(&["job", "create", "-f", "none.yml"]).failure()));
    told.push(format!("# no option\n{}", desk.azml(&["job", "create"]).failure()));
    snapshot("job_file_errors", &told.join("\n"));
    let sent: Vec<_> = desk.azure.requests().into_iter().filter(|request| request.method != "GET").collect();
    assert!(sent.is_empty(), "{sent:?}");

    desk.home.write("job.yml", SMALL);
    assert_eq!(json(desk.azml(&["job", "validate", "-f", "job.yml"])), json!({"result": "Succeeded"}));
}

#[test]
fn a_job_says_which_commit_its_code_is_of_unless_its_file_does() {
    let desk = desk();
    desk.home.write("work/src/train.py", "print(1)");
    let work = desk.home.path().join("work");
    let git = Command::new("git").args(["init", "--quiet", "--initial-branch=next"]).current_dir(&work).status();
    assert!(git.unwrap().success());
    let create = |job: &str, file: &str, build: &str| {
        desk.home.write(file, job);
        let mut variables = desk.azure.env();
        variables.push(("PATH".to_owned(), std::env::var("PATH").unwrap()));
        variables.push(("AZUREML_GIT_BUILD_ID".to_owned(), build.to_owned()));
        let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        json(desk.home.azml_with(&["job", "create", "-f", file], &variables))["properties"].clone()
    };
    let code = format!("{SMALL}code: ./src\n");
    let found = json!({"azureml.git.build_id": "7", "azureml.git.dirty": "True", "mlflow.source.git.branch": "next"});
    assert_eq!(create(&code, "work/job.yml", "7"), found);
    assert_eq!(create(SMALL, "work/job.yml", ""), json!({}), "without code it is the current folder that counts");
    let said = json!({"azureml.git.dirty": "False"});
    assert_eq!(create(&format!("{code}properties: {said}\n"), "work/job.yml", "7"), said);
}

#[test]
fn the_exit_code_of_a_streamed_job_is_that_of_its_fate() {
    let desk = desk();
    desk.home.write("job.yml", SMALL);
    let create = |name: &str, more: &[&str]| {
        desk.azml(&[&["job", "create", "-f", "job.yml", "-n", name, "--stream"], more].concat())
    };
    let done = create("good", &[]);
    assert_eq!((done.code, done.stdout.contains("\"status\": \"Completed\"")), (0, true), "{done:?}");
    let failed = create("bad", &["--set", "command=echo hello; exit 3"]);
    assert_eq!(failed.code, 1, "{failed:?}");
    snapshot("job_failed", failed.stderr.rsplit("-- user_logs").next().unwrap());
    let cancelled = {
        desk.home.write("job.yml", &format!("{SMALL}tags:\n  {OUTCOME_TAG}: Canceled\n"));
        create("ended", &[])
    };
    assert_eq!((cancelled.code, cancelled.stderr.contains("Canceled")), (1, true), "{cancelled:?}");
    assert_eq!(desk.azml(&["job", "stream", "-n", "bad"]).code, 1);
}

#[test]
fn a_pipeline_has_its_steps_and_a_job_is_changed_where_that_is_possible() {
    let desk = desk();
    desk.home.write(
        "pipeline.yml",
        "type: pipeline\nsettings:\n  default_compute: azureml:cpu\njobs:\n  first:\n    command: echo 1\n    environment: azureml:training:1\n  \
         second:\n    command: echo 2\n    environment: azureml:training:1\n",
    );
    desk.azml(&["job", "create", "-f", "pipeline.yml", "-n", "both", "--stream", "-a", "saved.yml"]).success();
    let steps = json(desk.azml(&["job", "list", "--parent-job-name", "both"]));
    let mut names: Vec<_> =
        steps.as_array().unwrap().iter().map(|step| step["display_name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["first", "second"]);
    let saved = std::fs::read_to_string(desk.home.path().join("saved.yml")).unwrap();
    assert!(saved.contains("name: both\n") && saved.contains("type: pipeline\n"), "{saved}");

    let update = |set: &[&str]| desk.azml(&[&["job", "update", "-n", "both", "--set"], set].concat());
    let changed = json(update(&["tags.team=x", "display_name=Both of them"]));
    assert_eq!((&changed["tags"]["team"], &changed["display_name"]), (&json!("x"), &json!("Both of them")));
    snapshot("job_unchangeable", &update(&["experiment_name=other"]).failure());
}

#[test]
fn what_a_job_wrote_is_downloaded_once_and_drawn() {
    let desk = desk();
    desk.home.write("job.yml", &format!("{SMALL}outputs:\n  model:\n    type: uri_folder\n"));
    desk.home.write("running.yml", &format!("{SMALL}tags:\n  {OUTCOME_TAG}: Running\n"));
    desk.azml(&["job", "create", "-f", "running.yml", "-n", "still"]).success();
    snapshot("job_not_ended", &desk.azml(&["job", "download", "-n", "still"]).failure());
    desk.azml(&["job", "create", "-f", "job.yml", "-n", "done", "--stream"]).success();
    let download = || json(desk.azml(&["job", "download", "-n", "done", "--all", "-p", "out"]));
    let (first, second) = (download(), download());
    for (at, folder) in ["out/artifacts", "out/named-outputs/model"].iter().enumerate() {
        assert_eq!(&first[at]["folder"], folder);
        assert!(first[at]["files"].as_u64() > Some(0), "{first}");
        assert_eq!((&first[at]["received_files"], &second[at]["received_files"]), (&first[at]["files"], &json!(0)));
    }
    assert!(desk.home.path().join("out/artifacts/user_logs/std_log.txt").is_file());
    let none = desk.azml(&["job", "download", "-n", "done", "--output-name", "none"]).failure();
    snapshot("job_output_unknown", &none);

    assert_eq!(desk.azml(&["job", "metrics", "-n", "done"]).success(), "loss  0.25\n");
    snapshot("job_metric", &desk.azml(&["job", "metrics", "-n", "done", "-m", "loss"]).success());
    let points = json(desk.azml(&["job", "metrics", "-n", "done", "-m", "loss", "-o", "json"]));
    assert_eq!(points[3]["value"], 0.25);
    snapshot("job_metric_unknown", &desk.azml(&["job", "metrics", "-n", "done", "-m", "gain"]).failure());
}
