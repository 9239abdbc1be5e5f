//! Logs and outputs, which are blobs.

use reqwest::{Method, StatusCode};
use serde_json::json;
use xtask::emulator::{ArtifactContainer, BLOB_SIGNATURE, OUTCOME_TAG, World};

use super::{Caller, run_url, service_url};

const LOG: &str = "user_logs/std_log.txt";

impl Caller {
    /// The link to a log, once it is there.
    async fn log(&self, job: &str, name: &str) -> String {
        for _ in 0..20 {
            let details = self.get(&run_url(&format!("{job}/details"))).await.body;
            if let Some(link) = details["logFiles"][name].as_str() {
                return link.to_owned();
            }
        }
        panic!("there is no {name}");
    }
}

#[tokio::test]
async fn a_log_grows_while_the_job_runs_and_its_new_part_can_be_read_alone() {
    let caller = Caller::new();
    caller.submit("j", json!({})).await;
    let link = caller.log("j", LOG).await;
    let first = caller.get(&link).await;
    assert_eq!(first.text, "hello\nepoch 0: l", "the last line is half written");
    let rest = format!("bytes={}-", first.text.len());
    let nothing_new = caller.ask_with(Method::GET, &link, None, &[("range", &rest)]).await;
    assert_eq!(
        (nothing_new.status, nothing_new.header("x-ms-error-code")),
        (StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange")
    );
    let same = caller.ask_with(Method::GET, &link, None, &[("if-none-match", first.header("etag"))]).await;
    assert_eq!(same.status, StatusCode::NOT_MODIFIED);

    caller.watch("j").await;
    let more = caller.ask_with(Method::GET, &link, None, &[("x-ms-range", &rest)]).await;
    assert_eq!(more.status, StatusCode::PARTIAL_CONTENT);
    let whole = caller.get(&link).await;
    assert_eq!(format!("{}{}", first.text, more.text), whole.text);
    assert!(whole.text.ends_with("epoch 3: loss 0.2500\n"), "{}", whole.text);
    assert_eq!(
        more.header("content-range"),
        format!("bytes {}-{}/{}", first.text.len(), whole.text.len() - 1, whole.text.len())
    );
    let changed = caller.ask_with(Method::GET, &link, None, &[("if-match", first.header("etag"))]).await;
    assert_eq!(changed.status, StatusCode::PRECONDITION_FAILED);
    let head = caller.ask(Method::HEAD, &link, None).await;
    assert_eq!((head.header("content-length"), head.text.as_str()), (whole.text.len().to_string().as_str(), ""));
}

#[tokio::test]
async fn a_distributed_job_has_a_log_a_process() {
    let caller = Caller::in_world(World { job_questions: 0, ..World::default() });
    let distribution = json!({"distributionType": "PyTorch", "processCountPerInstance": 2});
    caller.submit("j", json!({"distribution": distribution})).await;
    let details = caller.get(&run_url("j/details")).await.body;
    let names: Vec<&String> = details["logFiles"].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["system_logs/lifecycler/lifecycler.log", "user_logs/std_log_process_0.txt", "user_logs/std_log_process_1.txt"]
    );
}

#[tokio::test]
async fn a_canceled_job_writes_no_more() {
    let caller = Caller::new();
    caller.submit("j", json!({"tags": {OUTCOME_TAG: "Running"}})).await;
    let link = caller.log("j", LOG).await;
    let before = caller.get(&link).await.text;
    caller.ask(Method::POST, "jobs/j/cancel", None).await;
    assert_eq!(caller.watch("j").await, ["CancelRequested", "Canceled"]);
    assert_eq!(caller.get(&link).await.text, before);
}

#[tokio::test]
async fn outputs_are_listed_and_read_when_the_job_is_over() {
    let caller = Caller::new();
    caller.submit("j", json!({"outputs": {"model": {"jobOutputType": "uri_folder"}}})).await;
    let list = |prefix: &str, container: &str| {
        format!(
            "https://emustorage.blob.core.windows.net/{container}?restype=container&comp=list&prefix={prefix}&sig={BLOB_SIGNATURE}"
        )
    };
    let artifacts = list("ExperimentRun/dcid.j/outputs", "azureml");
    assert!(!caller.get(&artifacts).await.text.contains("<Blob>"));
    caller.watch("j").await;
    let listed = caller.get(&artifacts).await.text;
    assert!(listed.contains("<Name>ExperimentRun/dcid.j/outputs/model.txt</Name>"), "{listed}");
    let folders = caller.get(&format!("{}&delimiter=/", list("ExperimentRun/dcid.j/", "azureml"))).await.text;
    assert!(folders.contains("<BlobPrefix><Name>ExperimentRun/dcid.j/outputs/</Name></BlobPrefix>"), "{folders}");
    let page = caller.get(&format!("{}&maxresults=1", list("ExperimentRun/dcid.j/outputs", "azureml"))).await.text;
    assert!(page.contains("<NextMarker>ExperimentRun/dcid.j/outputs/model.txt</NextMarker>"), "{page}");

    let data = caller
        .post(&service_url("history/v1.0", "rundata"), json!({"runId": "j", "selectRunMetadata": true}))
        .await
        .body;
    let asset = data["runMetadata"]["outputs"]["model"]["assetId"].as_str().unwrap();
    let resolved = caller
        .post(&service_url("data/v1.0", "dataversion/batchGetResolvedUris"), json!({"values": [asset, "another"]}))
        .await
        .body;
    let uri = resolved["values"][asset]["uri"].as_str().unwrap();
    let path = uri.split_once("/datastores/workspaceblobstore/paths/").unwrap().1;
    assert_eq!((path, resolved["values"].as_object().unwrap().len()), ("azureml/j/model/", 1));
    let listed = caller.get(&list(path, "azureml-blobstore")).await.text;
    assert!(listed.contains("<Name>azureml/j/model/part-0.txt</Name>"), "{listed}");
    let blob =
        format!("https://emustorage.blob.core.windows.net/azureml-blobstore/{path}part-0.txt?sig={BLOB_SIGNATURE}");
    assert_eq!(caller.get(&blob).await.text, "model of j\n");
}

#[tokio::test]
async fn a_link_shows_its_blob_to_who_has_the_signature_and_writes_nothing() {
    let caller = Caller::new();
    caller.submit("j", json!({})).await;
    let link = caller.log("j", LOG).await;
    assert!(caller.azure.secrets().contains(&BLOB_SIGNATURE.to_owned()));
    let forged = link.replace(BLOB_SIGNATURE, "forged");
    let refused = caller.get(&forged).await;
    assert_eq!((refused.status, refused.header("x-ms-error-code")), (StatusCode::FORBIDDEN, "AuthenticationFailed"));
    assert_eq!(caller.ask(Method::PUT, &link, None).await.header("x-ms-error-code"), "AuthorizationPermissionMismatch");
    assert_eq!(caller.get(&link.replace("std_log", "absent")).await.header("x-ms-error-code"), "BlobNotFound");
}

#[tokio::test]
async fn links_lead_to_the_container_that_the_world_names() {
    let container =
        ArtifactContainer { url: "http://127.0.0.1:1/devstoreaccount1/azureml/".into(), sas: "sig=x".into() };
    let caller = Caller::in_world(World { artifact_container: Some(container), ..World::default() });
    caller.submit("j", json!({})).await;
    let link = caller.log("j", LOG).await;
    assert_eq!(link, "http://127.0.0.1:1/devstoreaccount1/azureml/ExperimentRun/dcid.j/user_logs/std_log.txt?sig=x");
}
