//! Tracking against an imitation, and where `AZML_MLFLOW` names one, against a real MLflow server.

use std::sync::Arc;
use std::time::Duration;

use auth_core::http::HttpClient;
use auth_core::{Cloud, Env, ErrorKind};
use serde_json::{Value, json};
use wiremock::matchers::{body_bytes, body_partial_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::Workspace;
use workspace_client::arm::ArmClient;
use workspace_client::auth::RunTokenAuthentication;
use workspace_client::resources::job::CommandJob;
use workspace_client::tracking::{Metric, NewRun, RegisteredModel, Run, RunStatus, Tracking};
use xtask::emulator::defaults;

use crate::rig::Tokens;
use crate::services::story::azure_and_client;

const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// A workspace whose MLflow server is here, too.
async fn workspace(server: &MockServer, tracking_uri: &str) -> (Tokens, Workspace) {
    let id = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
    );
    let body = json!({"id": id, "name": "ws", "location": "x", "properties": {"mlFlowTrackingUri": tracking_uri}});
    Mock::given(path(id)).respond_with(ok(&body)).expect(1).mount(server).await;
    let tokens = Tokens::for_arm(&server.uri());
    let ws = Workspace::new(SUBSCRIPTION, "rg", "ws").auth(tokens.clone());
    (tokens, ws)
}

fn workspace_of(client: ArmClient) -> Workspace {
    Workspace::new(defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE).client(client)
}

#[tokio::test]
async fn a_workspace_is_an_mlflow_server_that_takes_the_token_of_resource_manager() {
    let server = MockServer::start().await;
    let (tokens, ws) = workspace(&server, &format!("{}/mlflow/v1.0/subscriptions/s", server.uri())).await;
    let run = json!({"run": {"info": {"run_id": "r", "status": "RUNNING"}, "data": {}}});
    Mock::given(method("GET"))
        .and(path("/mlflow/v2.0/subscriptions/s/api/2.0/mlflow/runs/get"))
        .and(query_param("run_id", "r"))
        .and(header("authorization", "Bearer token-2"))
        .respond_with(ok(&run))
        .expect(1)
        .mount(&server)
        .await;
    let run = ws.tracking().run("r").await.unwrap();
    assert_eq!((run.id(), run.status()), ("r", Some(RunStatus::Running)));
    assert!(tokens.requests().iter().all(|request| request.scopes().resource() == "https://arm.rig.example/"));
}

#[tokio::test]
async fn a_workspace_that_names_a_server_without_tls_gets_no_token() {
    let server = MockServer::start().await;
    let (tokens, ws) = workspace(&server, "http://mlflow.rig.example/mlflow/v1.0/x").await;
    let error = ws.tracking().run("r").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    insta::assert_snapshot!(error, @"MLflow is said to be at mlflow.rig.example without TLS, where no token must go");
    assert_eq!(tokens.requests().len(), 1);
}

#[tokio::test]
async fn a_refusal_of_the_server_is_told() {
    let server = MockServer::start().await;
    let refusal = json!({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run 'r' not found"});
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(404).set_body_json(refusal)).mount(&server).await;
    let tracking = Tracking::at(&server.uri()).unwrap();
    let error = tracking.run("r").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(reason, "MLflow answered 404 RESOURCE_DOES_NOT_EXIST: Run 'r' not found");
    assert_eq!(tracking.find_experiment("none").await.unwrap(), None);
    let request = &server.received_requests().await.unwrap()[0];
    assert!(!request.headers.contains_key("authorization"));
}

#[tokio::test]
async fn lists_go_on_where_a_token_says_and_a_circle_is_noticed() {
    let server = MockServer::start().await;
    let run = |id: &str| json!({"info": {"run_id": id}});
    Mock::given(body_partial_json(json!({"page_token": "b"})))
        .respond_with(ok(&json!({"runs": [run("2")]})))
        .mount(&server)
        .await;
    Mock::given(body_partial_json(json!({"experiment_ids": ["7"], "filter": "params.a = '1'", "max_results": 1})))
        .respond_with(ok(&json!({"runs": [run("1")], "next_page_token": "b"})))
        .mount(&server)
        .await;
    let tracking = Tracking::at(&server.uri()).unwrap();
    let runs = tracking.runs(&["7"], "params.a = '1'").page_size(1).try_collect().await.unwrap();
    assert_eq!(runs.iter().map(Run::id).collect::<Vec<_>>(), ["1", "2"]);

    let circle = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ok(&json!({"runs": [run("1")], "next_page_token": "again"})))
        .mount(&circle)
        .await;
    let error = Tracking::at(&circle.uri()).unwrap().runs(&["7"], "").try_collect().await.unwrap_err();
    assert_eq!(error.to_string(), "the link to the list's next page leads back to a page that was read");
}

#[tokio::test]
async fn many_metrics_are_logged_in_batches_and_no_batch_twice() {
    let server = MockServer::start().await;
    Mock::given(path("/api/2.0/mlflow/runs/log-batch")).respond_with(ok(&json!({}))).mount(&server).await;
    let metrics: Vec<_> = (0..600).map(|step| Metric::new("loss", f64::from(step)).step(step.into())).collect();
    Tracking::at(&server.uri()).unwrap().log_metrics("r", &metrics).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let sizes: Vec<_> = requests
        .iter()
        .map(|request| serde_json::from_slice::<Value>(&request.body).unwrap()["metrics"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [250, 250, 100]);

    let broken = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(500)).expect(1).mount(&broken).await;
    Tracking::at(&broken.uri()).unwrap().log_metrics("r", &metrics[..1]).await.unwrap_err();
}

#[tokio::test]
async fn what_is_no_number_is_logged_and_read_as_it_is() {
    let server = MockServer::start().await;
    let logged = json!({"metrics": [{"key": "a", "value": "NaN"}, {"key": "b", "value": "-Infinity"}]});
    Mock::given(body_partial_json(logged)).respond_with(ok(&json!({}))).expect(1).mount(&server).await;
    let history =
        json!({"metrics": [{"key": "a", "value": "NaN", "step": "3", "timestamp": "5"}, {"key": "a", "value": 1}]});
    Mock::given(path("/api/2.0/mlflow/metrics/get-history")).respond_with(ok(&history)).mount(&server).await;
    let tracking = Tracking::at(&server.uri()).unwrap();
    let metrics = [Metric::new("a", f64::NAN), Metric::new("b", f64::NEG_INFINITY)];
    tracking.log_metrics("r", &metrics).await.unwrap();
    let read = tracking.metric_history("r", "a").try_collect().await.unwrap();
    assert!(read[0].value().is_nan());
    assert_eq!((read[0].at_step(), read[0].at_time(), read[1].value()), (3, Some(5), 1.0));
}

#[tokio::test]
async fn a_run_s_environment_names_its_server_and_no_foreign_one_gets_a_token() {
    let client = ArmClient::new(std::sync::Arc::new(Tokens::for_arm("https://arm.rig.example")));
    let public = Tokens::public();
    let named = |uri: &str| Env::fake([("MLFLOW_TRACKING_URI", uri)]);
    let own = "azureml://westeurope.api.azureml.ms/mlflow/v1.0/subscriptions/s";
    assert!(Tracking::from_env(&named(own), ArmClient::new(std::sync::Arc::new(public.clone()))).is_ok());
    for foreign in
        ["azureml://api.azureml.ms.evil.example/mlflow/v1.0/s", "azureml://evilapi.azureml.ms/x", "azureml://"]
    {
        let client = ArmClient::new(std::sync::Arc::new(public.clone()));
        assert_eq!(
            Tracking::from_env(&named(foreign), client).unwrap_err().kind(),
            ErrorKind::Configuration,
            "{foreign}"
        );
    }
    // A cloud that knows no suffix trusts no host.
    assert_eq!(Tracking::from_env(&named(own), client.clone()).unwrap_err().kind(), ErrorKind::Configuration);
    let none = Tracking::from_env(&Env::fake::<&str, &str>([]), client.clone()).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Unavailable);
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ok(&json!({"run": {"info": {"run_id": "r"}}}))).mount(&server).await;
    Tracking::from_env(&named(&server.uri()), client).unwrap().run("r").await.unwrap();
    assert!(!server.received_requests().await.unwrap()[0].headers.contains_key("authorization"));
    assert!(public.requests().is_empty());
}

#[tokio::test]
async fn a_workspace_keeps_the_files_of_a_run_in_storage_that_gets_no_token() {
    let (azure, client) = azure_and_client();
    let tracking = workspace_of(client).tracking();
    let experiment = tracking.experiment("credit").await.unwrap();
    let run = tracking.start_run(experiment.id(), NewRun::new()).await.unwrap();
    let large: Vec<_> = (0..(8 << 20) + 5_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    azure.clear_requests();
    tracking.log_artifact(run.id(), "notes/plan.txt", b"fewer layers").await.unwrap();
    tracking.log_artifact(run.id(), "notes/plan.txt", b"more layers").await.unwrap();
    tracking.log_artifact(run.id(), "notes/deep/\u{fc} #1.txt", b"").await.unwrap();
    tracking.log_artifact(run.id(), "weights.bin", &large).await.unwrap();

    assert_eq!(tracking.read_artifact(run.id(), "notes/plan.txt").await.unwrap(), b"more layers");
    assert_eq!(tracking.read_artifact(run.id(), "notes/deep/\u{fc} #1.txt").await.unwrap(), b"");
    assert!(tracking.read_artifact(run.id(), "weights.bin").await.unwrap() == large);
    let listed = async |folder| -> Vec<(String, bool, Option<u64>)> {
        let all = tracking.artifacts(run.id(), folder).try_collect().await.unwrap();
        all.iter().map(|it| (it.path().to_owned(), it.is_folder(), it.size())).collect()
    };
    let whole = [("notes".to_owned(), true, None), ("weights.bin".to_owned(), false, Some(large.len() as u64))];
    assert_eq!(listed("").await, whole);
    let notes = [("notes/deep".to_owned(), true, None), ("notes/plan.txt".to_owned(), false, Some(11))];
    assert_eq!(listed("notes/").await, notes);

    let requests = azure.requests();
    let (of_storage, of_azure): (Vec<_>, Vec<_>) = requests.iter().partition(|it| it.host.contains(".blob."));
    assert!(of_storage.len() >= 8 && of_storage.iter().all(|it| !it.headers.contains_key("authorization")));
    assert!(of_azure.iter().all(|it| it.headers.contains_key("authorization")));

    assert_eq!(tracking.read_artifact(run.id(), "none").await.unwrap_err().status(), Some(404));
    for wrong in ["", "/etc/passwd", "../other/model"] {
        let error = tracking.log_artifact(run.id(), wrong, b"x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    }
}

#[tokio::test]
async fn a_submitted_run_tracks_itself_with_its_own_token() {
    let (azure, client) = azure_and_client();
    let ws = workspace_of(client);
    let job = CommandJob::new("python train.py", "azureml:training:1").experiment("credit");
    ws.jobs().create_or_update("train-1", &job).await.unwrap();
    let tracking_uri = ws.get().await.unwrap().mlflow_tracking_uri().unwrap().to_owned();
    let token = azure.issue_run_token("train-1", Duration::from_secs(600));
    let variables = [
        ("AZUREML_RUN_TOKEN", &*token),
        ("AZUREML_ARM_SUBSCRIPTION", defaults::SUBSCRIPTION),
        ("AZUREML_ARM_RESOURCEGROUP", defaults::RESOURCE_GROUP),
        ("AZUREML_ARM_WORKSPACE_NAME", defaults::WORKSPACE),
        ("AZUREML_ARM_PROJECT_NAME", "credit"),
        ("AZUREML_RUN_ID", "train-1"),
        ("AZUREML_SERVICE_ENDPOINT", azure.https_url()),
        ("MLFLOW_TRACKING_URI", &*tracking_uri),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let env = Env::fake(azure.env().into_iter().chain(variables));
    let auth = RunTokenAuthentication::from_env(&env, Cloud::public()).unwrap().build();
    let inside = ArmClient::new(Arc::new(auth)).http(HttpClient::new(env.clone()));
    azure.clear_requests();
    let tracking = Tracking::from_env(&env, inside).unwrap();
    tracking.log_metrics("train-1", &[Metric::new("loss", 0.5).step(1)]).await.unwrap();
    tracking.log_parameter("train-1", "alpha", "0.1").await.unwrap();
    tracking.log_artifact("train-1", "notes/plan.txt", b"more layers").await.unwrap();
    let own = format!("Bearer {token}");
    let requests = azure.requests();
    let authorizations: Vec<_> = requests.iter().filter_map(|it| it.headers.get("authorization")).collect();
    assert!(authorizations.len() >= 4 && authorizations.iter().all(|it| **it == own), "{authorizations:?}");

    let seen = ws.tracking();
    assert_eq!(seen.read_artifact("train-1", "notes/plan.txt").await.unwrap(), b"more layers");
    assert_eq!(seen.run("train-1").await.unwrap().parameters().collect::<Vec<_>>(), [("alpha", "0.1")]);
    let files = ws.jobs().files("train-1", "notes/").await.unwrap();
    assert_eq!(files.iter().map(|file| &*file.path).collect::<Vec<_>>(), ["notes/plan.txt"]);
}

#[tokio::test]
async fn a_plain_server_keeps_files_behind_itself_or_says_why_not() {
    let server = MockServer::start().await;
    let run = |id: &str, uri: &str| json!({"run": {"info": {"run_id": id, "artifact_uri": uri}}});
    for (id, uri) in [("r", "mlflow-artifacts:/1/r/artifacts"), ("s", "s3://bucket/1/s/artifacts")] {
        let asked = Mock::given(path("/api/2.0/mlflow/runs/get")).and(query_param("run_id", id));
        asked.respond_with(ok(&run(id, uri))).mount(&server).await;
    }
    let place = "/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts/plots/loss.png";
    let put = Mock::given(method("PUT")).and(path(place)).and(body_bytes(b"png"));
    put.respond_with(ResponseTemplate::new(200).set_body_json(json!({}))).expect(1).mount(&server).await;
    let read = Mock::given(method("GET")).and(path(place));
    read.respond_with(ResponseTemplate::new(200).set_body_bytes(b"png")).expect(1).mount(&server).await;
    let tracking = Tracking::at(&server.uri()).unwrap();
    tracking.log_artifact("r", "plots/loss.png", b"png").await.unwrap();
    assert_eq!(tracking.read_artifact("r", "plots/loss.png").await.unwrap(), b"png");
    let error = tracking.log_artifact("s", "plots/loss.png", b"png").await.unwrap_err();
    insta::assert_snapshot!(error, @"the MLflow server keeps the files of its runs at s3:, to which it gives no access");
}

/// `cargo xtask mlflow` starts the server; without one there is nothing to speak to.
#[tokio::test]
async fn a_real_server_keeps_what_is_logged() {
    let Some(url) = Env::process().var("AZML_MLFLOW") else { return };
    let tracking = Tracking::at(&url).unwrap();
    let experiment = tracking.experiment("credit").await.unwrap();
    assert_eq!(tracking.experiment("credit").await.unwrap().id(), experiment.id());
    let run = tracking.start_run(experiment.id(), NewRun::new().name("first").tag("team", "x")).await.unwrap();
    tracking.log_parameters(run.id(), &[("alpha", "0.1"), ("beta", "2")]).await.unwrap();
    let values: Vec<_> =
        (0..300).map(|step| Metric::new("loss", 1.0 / f64::from(step + 1)).step(step.into())).collect();
    tracking.log_metrics(run.id(), &values).await.unwrap();
    tracking.set_tag(run.id(), "stage", "test").await.unwrap();
    let large: Vec<_> = (0..9_000_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    tracking.log_artifact(run.id(), "notes/plan \u{fc}.txt", b"more layers").await.unwrap();
    tracking.log_artifact(run.id(), "weights.bin", &large).await.unwrap();
    assert_eq!(tracking.read_artifact(run.id(), "notes/plan \u{fc}.txt").await.unwrap(), b"more layers");
    assert!(tracking.read_artifact(run.id(), "weights.bin").await.unwrap() == large);
    let kept = tracking.artifacts(run.id(), "").try_collect().await.unwrap();
    let kept: Vec<_> = kept.iter().map(|it| (it.path(), it.is_folder(), it.size())).collect();
    assert_eq!(kept, [("notes", true, None), ("weights.bin", false, Some(9_000_000))]);
    tracking.end_run(run.id(), RunStatus::Finished).await.unwrap();

    let read = tracking.run(run.id()).await.unwrap();
    assert_eq!((read.name(), read.status()), (Some("first"), Some(RunStatus::Finished)));
    assert!(read.ended_at() >= read.started_at());
    assert_eq!(read.parameters().collect::<Vec<_>>(), [("alpha", "0.1"), ("beta", "2")]);
    assert!(read.tags().any(|tag| tag == ("stage", "test")) && read.tags().any(|tag| tag == ("team", "x")));
    let history = tracking.metric_history(run.id(), "loss").page_size(100).try_collect().await.unwrap();
    assert_eq!(history.len(), 300);
    assert!(history.iter().any(|metric| metric.at_step() == 299 && (metric.value() - 1.0 / 300.0).abs() < 1e-12));

    for name in ["second", "third"] {
        tracking.start_run(experiment.id(), NewRun::new().name(name)).await.unwrap();
    }
    let all = tracking.runs(&[experiment.id()], "").page_size(1).try_collect().await.unwrap();
    assert_eq!(all.len(), 3);
    let finished = tracking.runs(&[experiment.id()], "params.alpha = '0.1'").try_collect().await.unwrap();
    assert_eq!(finished.iter().map(Run::id).collect::<Vec<_>>(), [run.id()]);
    assert!(tracking.experiments().try_collect().await.unwrap().iter().any(|it| it.name() == Some("credit")));

    tracking.register_model("scorer").await.unwrap();
    let source = format!("{}/model", read.artifact_uri().unwrap());
    let version = tracking.create_model_version("scorer", &source, run.id()).await.unwrap();
    assert_eq!((version.name(), version.version(), version.run_id()), (Some("scorer"), "1", Some(run.id())));
    let models = tracking.registered_models().try_collect().await.unwrap();
    assert_eq!(models.iter().map(RegisteredModel::name).collect::<Vec<_>>(), ["scorer"]);
    assert_eq!(tracking.run("0123").await.unwrap_err().kind(), ErrorKind::Rejected);
}
