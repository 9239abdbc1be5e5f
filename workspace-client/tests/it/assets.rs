//! The assets of a workspace against an imitation of Azure Resource Manager.

use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path, path_regex, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::Workspace;
use workspace_client::resources::asset::code::NewCode;
use workspace_client::resources::asset::component::NewComponent;
use workspace_client::resources::asset::data::{DataType, NewData};
use workspace_client::resources::asset::environment::{NewEnvironment, OsType};
use workspace_client::resources::asset::{Destination, ListView, Reference, Version, VersionFilter};

use crate::rig::Tokens;

const SUBSCRIPTION: &str = "e1a7c0de-0001-4000-8000-000000005b01";
const CANARY: &str = "https://blobs/c?sig=canary-of-a-signature";

fn at(below: &str) -> String {
    let provider = "providers/Microsoft.MachineLearningServices";
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/{provider}/workspaces/ws/{below}")
}

fn ok(properties: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"id": "/i", "name": "n", "properties": properties}))
}

async fn arm() -> (MockServer, Workspace) {
    let server = MockServer::start().await;
    let ws = Workspace::new(SUBSCRIPTION, "rg", "ws").auth(Tokens::for_arm(&server.uri()));
    (server, ws)
}

#[tokio::test]
async fn the_newest_data_is_the_one_that_its_container_names() {
    let (server, ws) = arm().await;
    let container = Mock::given(method("GET")).and(path(at("data/d")));
    container.respond_with(ok(&json!({"latestVersion": "7"}))).expect(1).mount(&server).await;
    let version = Mock::given(method("GET")).and(path(at("data/d/versions/7")));
    version.respond_with(ok(&json!({"dataType": "uri_file", "dataUri": "u"}))).expect(1).mount(&server).await;
    let data = ws.data().get("d", Version::Latest).await.unwrap();
    assert_eq!((data.data_type(), data.uri()), (Some(DataType::UriFile), Some("u")));
}

#[tokio::test]
async fn a_reference_finds_one_of_here_with_one_request_and_no_other() {
    let (server, ws) = arm().await;
    let version = Mock::given(method("GET")).and(path(at("data/d/versions/7")));
    version.respond_with(ok(&json!({"dataUri": "u"}))).expect(2).mount(&server).await;
    let found = async |text: &str| ws.data().find(&Reference::parse(text).unwrap()).await;
    let id = at("data/d/versions/7");
    assert_eq!(found("azureml:d:7").await.unwrap().uri(), Some("u"));
    assert_eq!(found(&id.replace("workspaces", "Workspaces")).await.unwrap().uri(), Some("u"));
    for other in [id.replace("/ws/", "/other/"), id.replace("/data/", "/models/"), at("data/d")] {
        let error = found(&other).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{other} is no version of a data here"));
    }
}

#[tokio::test]
async fn code_is_found_by_its_hash_and_lists_of_it_know_no_views() {
    let (server, ws) = arm().await;
    let hashed = Mock::given(method("GET")).and(path_regex("/codes/[0-9a-f-]{36}/versions$"));
    let hashed = hashed.and(query_param("hash", "h")).and(query_param("hashVersion", "202208"));
    hashed.respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": []}))).expect(1).mount(&server).await;
    assert_eq!(ws.codes().find_by_hash("h").await.unwrap(), None);
    let codes = Mock::given(method("GET")).and(path(at("codes")));
    codes.respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": []}))).expect(1).mount(&server).await;
    assert!(ws.codes().list(ListView::All).try_collect().await.unwrap().is_empty());
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[1].url.query(), Some("api-version=2025-12-01"));
}

#[tokio::test]
async fn the_signature_of_an_upload_is_told_to_nobody_but_the_caller() {
    let (server, ws) = arm().await;
    let credential = json!({"credentialType": "SAS", "sasUri": CANARY});
    let answer = json!({"blobReferenceForConsumption": {"blobUri": "https://blobs/c", "credential": credential}});
    Mock::given(method("POST"))
        .and(path(at("codes/g/versions/1/startPendingUpload")))
        .and(body_json(json!({"pendingUploadType": "TemporaryBlobReference"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .expect(1)
        .mount(&server)
        .await;
    let upload = ws.codes().start_pending_upload("g", "1", None).await.unwrap();
    assert!(!format!("{upload:?}").contains("canary"));
    let blobs = upload.blob_reference_for_consumption.unwrap();
    assert_eq!(blobs.credential.unwrap().sas_uri.unwrap().expose(), CANARY);
}

#[tokio::test]
async fn a_version_is_published_under_another_name() {
    let (server, ws) = arm().await;
    let sent = json!({"registryName": "r", "destinationName": "m2", "destinationVersion": "9"});
    Mock::given(method("POST"))
        .and(path(at("models/m/versions/1/publish")))
        .and(body_json(sent))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let mut poller = ws.models().publish("m", "1", &Destination::new("r", "m2", "9")).await.unwrap();
    poller.wait().await.unwrap();
}

#[tokio::test]
async fn a_filter_speaks_the_words_of_each_kind() {
    let (server, ws) = arm().await;
    let nothing = ResponseTemplate::new(200).set_body_json(json!({"value": []}));
    Mock::given(method("GET")).respond_with(nothing).expect(3).mount(&server).await;
    let filter = VersionFilter::default().order_by("createdtime desc").tags("a=b");
    ws.data().versions_with("d", &filter).try_collect().await.unwrap();
    ws.models().versions_with("m", &filter).try_collect().await.unwrap();
    ws.feature_sets().versions_with("f", &VersionFilter::default().stage("s")).try_collect().await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let queries: Vec<Vec<_>> =
        requests.iter().map(|request| request.url.query_pairs().into_owned().collect()).collect();
    let has = |at: usize, name: &str, value: &str| queries[at].contains(&(name.to_owned(), value.to_owned()));
    assert!(has(0, "$tags", "a=b") && has(0, "$orderBy", "createdtime desc") && has(0, "listViewType", "ActiveOnly"));
    assert!(has(1, "tags", "a=b") && has(2, "stage", "s"));
}

#[test]
fn what_is_created_is_described_in_the_words_of_the_api() {
    fn of(new: &impl serde::Serialize) -> Value {
        serde_json::to_value(new).unwrap()["properties"].clone()
    }
    let file = NewData::uri_file("u").description("d").tag("a/b", "c");
    assert_eq!(of(&file), json!({"dataType": "uri_file", "dataUri": "u", "description": "d", "tags": {"a/b": "c"}}));
    let table = json!({"dataType": "mltable", "dataUri": "u", "referencedUris": ["x"]});
    assert_eq!(of(&NewData::mltable("u", ["x"])), table);
    let conda = json!({"image": "i", "condaFile": "c", "osType": "Linux"});
    assert_eq!(of(&NewEnvironment::conda("i", "c").os_type(&OsType::Linux)), conda);
    let build = json!({"build": {"contextUri": "u", "dockerfilePath": "Dockerfile"}});
    assert_eq!(of(&NewEnvironment::build_context("u", "Dockerfile")), build);
    assert_eq!(of(&NewComponent::new(json!({"type": "command"}))), json!({"componentSpec": {"type": "command"}}));
    let hash = json!({"hash_sha256": "h", "hash_version": 202_208});
    assert_eq!(of(&NewCode::new("u").hash("h")), json!({"codeUri": "u", "isAnonymous": true, "properties": hash}));
}
