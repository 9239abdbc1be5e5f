//! Jobs from their submission to their end, against the emulator and an imitation.

use auth_core::ErrorKind;
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::Workspace;
use workspace_client::resources::asset::ListView;
use workspace_client::resources::job::{JobChange, JobFilter, JobStatus, JobType, PipelineJob};

use crate::rig::Tokens;
use crate::services::story::azure;

const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";

fn command(text: &str) -> Value {
    let environment = "azureml://registries/azureml/environments/training/versions/1";
    let properties =
        json!({"jobType": "Command", "command": text, "environmentId": environment, "experimentName": "credit"});
    json!({"properties": properties})
}

#[tokio::test]
async fn a_job_is_submitted_watched_and_hidden() {
    let (_azure, ws) = azure();
    let jobs = ws.jobs();
    let job = jobs.create_or_update("first", &command("python train.py")).await.unwrap();
    assert_eq!((job.name(), job.job_type(), job.command()), ("first", Some(JobType::Command), Some("python train.py")));
    assert!(!job.status().unwrap().is_final() && job.studio_url().is_some());
    let (mut logs, mut text) = (jobs.logs("first"), String::new());
    while let Some(piece) = logs.next().await.unwrap() {
        assert_eq!(piece.file(), "user_logs/std_log.txt");
        assert!(piece.text().ends_with('\n') || logs.status().is_some(), "{piece:?}");
        text += piece.text();
    }
    assert_eq!(logs.status(), Some(&JobStatus::Completed));
    assert_eq!(logs.next().await.unwrap(), None);
    // One that has ended tells the same.
    let (mut again, mut whole) = (jobs.logs("first"), String::new());
    while let Some(piece) = again.next().await.unwrap() {
        whole += piece.text();
    }
    assert!(!whole.is_empty());
    assert_eq!(text, whole);

    let listed = async |view| {
        let found = jobs.list_with(&JobFilter::new().view(view)).try_collect().await.unwrap();
        found.iter().map(|job| job.name().to_owned()).collect::<Vec<_>>()
    };
    jobs.update("first", &JobChange::new().display_name("The first").tag("team", "vision")).await.unwrap();
    let job = jobs.get("first").await.unwrap();
    assert_eq!((job.display_name(), job.tags().next()), (Some("The first"), Some(("team", "vision"))));
    let artifacts = jobs.artifacts("first").try_collect().await.unwrap();
    let paths: Vec<_> = artifacts.iter().filter_map(|artifact| artifact.path()).collect();
    assert!(paths.contains(&"user_logs/std_log.txt") && artifacts.iter().all(|artifact| artifact.size() > Some(0)));
    let files = jobs.files("first", "user_logs/").await.unwrap();
    assert_eq!(files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["user_logs/std_log.txt"]);
    assert!(files[0].url.expose().starts_with("http") && !format!("{files:?}").contains("sig="));

    jobs.archive("first").await.unwrap();
    assert_eq!((listed(ListView::Active).await, listed(ListView::Archived).await), (vec![], vec!["first".to_owned()]));
    jobs.restore("first").await.unwrap();
    assert_eq!(listed(ListView::Active).await, ["first"]);

    jobs.create_or_update("second", &command("sleep 1000")).await.unwrap();
    jobs.cancel("second").await.unwrap().wait().await.unwrap();
    assert_eq!(jobs.get("second").await.unwrap().status(), Some(JobStatus::Canceled));
    jobs.create_or_update("third", &command("exit 3")).await.unwrap();
    let mut logs = jobs.logs("third");
    while logs.next().await.unwrap().is_some() {}
    assert_eq!(logs.status(), Some(&JobStatus::Failed));
    jobs.delete("second").await.unwrap().wait().await.unwrap();
    assert_eq!(jobs.get("second").await.unwrap_err().kind(), ErrorKind::Rejected);
}

#[tokio::test]
async fn the_steps_of_a_pipeline_are_its_children() {
    let (_azure, ws) = azure();
    let step = json!({"type": "command", "componentId": "azureml://registries/r/components/c/versions/1"});
    let pipeline = PipelineJob::new().step("prepare", step.clone()).step("train", step).continue_on_step_failure(false);
    ws.jobs().create_or_update("whole", &pipeline).await.unwrap();
    let children = ws.jobs().children("whole").page_size(1).try_collect().await.unwrap();
    assert_eq!(children.len(), 2);
    assert!(children.iter().all(|child| child.name().is_some() && child.status().is_some()));
}

#[tokio::test]
async fn only_a_pipeline_is_handed_a_token_of_whoever_submits_it() {
    let server = MockServer::start().await;
    let id = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
    );
    Mock::given(method("PUT"))
        .respond_with(|request: &wiremock::Request| {
            let name = request.url.path().rsplit('/').next().unwrap().to_owned();
            ResponseTemplate::new(200).set_body_json(json!({"id": request.url.path(), "name": name}))
        })
        .mount(&server)
        .await;
    let tokens = Tokens::for_arm(&server.uri());
    let jobs = Workspace::new(SUBSCRIPTION, "rg", "ws").auth(tokens.clone()).jobs();
    jobs.create_or_update("command", &command("x")).await.unwrap();
    jobs.create_or_update("pipeline", &json!({"properties": {"jobType": "Pipeline", "jobs": {}}})).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let handed: Vec<_> = requests.iter().map(|request| request.headers.get("x-azureml-token").is_some()).collect();
    assert_eq!(handed, [false, true]);
    assert_eq!(requests[1].url.path(), format!("{id}/jobs/pipeline"));
    assert_eq!(tokens.requests()[1].scopes().resource(), "https://ml.rig.example");
}

#[tokio::test]
async fn nothing_of_ours_is_sent_to_where_logs_lie_and_only_what_is_new_is_asked_for() {
    let (server, storage) = (MockServer::start().await, MockServer::start().await);
    let id = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
    );
    let ok = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    let about = json!({"id": id, "name": "ws", "location": "x", "properties": {"discoveryUrl": format!("{}/discovery", server.uri())}});
    Mock::given(path(&id)).respond_with(ok(about)).mount(&server).await;
    Mock::given(path("/discovery")).respond_with(ok(json!({"api": server.uri()}))).mount(&server).await;
    let job = json!({"id": format!("{id}/jobs/j"), "name": "j", "properties": {"jobType": "Command"}});
    Mock::given(path(format!("{id}/jobs/j"))).respond_with(ok(job)).mount(&server).await;
    let details = |status: &str| {
        let url = format!("{}/log?sig=canary-of-a-signature", storage.uri());
        ok(
            json!({"status": status, "logFiles": {"user_logs/std_log.txt": url, "system_logs/x.txt": "https://elsewhere.example/x"}}),
        )
    };
    let place = format!("/history/v1.0{id}/runs/j/details");
    Mock::given(path(&place)).respond_with(details("Running")).up_to_n_times(3).mount(&server).await;
    Mock::given(path(&place)).respond_with(details("Completed")).mount(&server).await;
    let part = |from: u64, text: &str| {
        Mock::given(path("/log"))
            .and(header("range", format!("bytes={from}-{}", from + (1 << 20) - 1)))
            .respond_with(ResponseTemplate::new(206).set_body_string(text))
    };
    part(0, "one\ntw").up_to_n_times(1).mount(&storage).await;
    // A signature that has ended is renewed.
    let ended = Mock::given(path("/log")).and(header("range", "bytes=6-1048581"));
    ended.respond_with(ResponseTemplate::new(403)).up_to_n_times(1).mount(&storage).await;
    part(6, "o\n").up_to_n_times(1).mount(&storage).await;
    part(8, "end").up_to_n_times(1).mount(&storage).await;
    let clock = auth_core::Clock::fixed(auth_core::clock::from_unix(1_000_000));
    let client = Tokens::for_arm(&server.uri()).client().clock(clock);
    let mut logs = Workspace::new(SUBSCRIPTION, "rg", "ws").client(client).jobs().logs("j");
    let pieces: Vec<_> = logs.pieces().map_ok(|piece| piece.text().to_owned()).try_collect().await.unwrap();
    assert_eq!(logs.status(), Some(&JobStatus::Completed));
    assert_eq!(pieces, ["one\n", "two\n", "end"]);
    let asked = storage.received_requests().await.unwrap();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|request| !request.headers.contains_key("authorization")));
    assert!(!format!("{logs:?}").contains("canary"));
}
