//! Blobs that are put into the account, as clients of Blob Storage do it.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest as _, Md5};
use reqwest::{Method, StatusCode};
use serde_json::json;
use xtask::emulator::secrets::{STORAGE_KEY, STORAGE_SAS};
use xtask::emulator::{BLOB_SIGNATURE, World, defaults};

use super::{Answer, Caller, DAY};

const STORE: &str = "https://emustorage.blob.core.windows.net/azureml-blobstore";
const NEW: &[(&str, &str)] = &[("x-ms-blob-type", "BlockBlob"), ("if-none-match", "*")];
const WHATEVER_IS_THERE: &[(&str, &str)] = &[("x-ms-blob-type", "BlockBlob")];

impl Caller {
    /// Sends bytes, and nothing that lets it in.
    async fn send(&self, method: Method, url: &str, body: &[u8], headers: &[(&str, &str)]) -> Answer {
        let mut request = self.client.request(method, url).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap(), body: json!(null) }
    }

    async fn put(&self, url: &str, body: &[u8], headers: &[(&str, &str)]) -> (u16, String) {
        self.send(Method::PUT, url, body, headers).await.refusal()
    }
}

impl Answer {
    fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.header("x-ms-error-code").to_owned())
    }
}

/// With the signature that datastores and pending uploads hand out.
fn signed(path: &str) -> String {
    let and = if path.contains('?') { '&' } else { '?' };
    format!("{STORE}/{path}{and}{STORAGE_SAS}")
}

fn md5(content: &[u8]) -> String {
    BASE64_STANDARD.encode(Md5::digest(content))
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn done(status: u16) -> (u16, String) {
    refused(status, "")
}

#[tokio::test]
async fn a_blob_is_put_once_and_told_with_what_was_said_of_it() {
    let caller = Caller::new();
    let blob = signed("data/caf%C3%A9%20%23+1.csv");
    let (content, hash) = (&b"a,b\n1,2\n"[..], md5(b"a,b\n1,2\n"));
    let said = [NEW, &[("x-ms-meta-name", "credit"), ("content-type", "text/csv"), ("content-md5", &hash)]].concat();
    let put = caller.send(Method::PUT, &blob, content, &said).await;
    assert_eq!((put.refusal(), put.header("content-md5")), (done(201), hash.as_str()));
    assert_eq!(caller.put(&blob, b"other", NEW).await, refused(409, "BlobAlreadyExists"));

    let head = caller.send(Method::HEAD, &blob, b"", &[]).await;
    let told = ["content-length", "content-md5", "content-type", "x-ms-meta-name", "x-ms-blob-type", "etag"];
    assert_eq!(told.map(|name| head.header(name)), ["8", &hash, "text/csv", "credit", "BlockBlob", put.header("etag")]);
    let got = caller.send(Method::GET, &blob, b"", &[]).await;
    assert_eq!((got.text.as_bytes(), got.header("content-md5")), (content, hash.as_str()));
    assert_eq!(got.header("last-modified"), put.header("last-modified"));

    let part = [("x-ms-range", "bytes=4-6"), ("x-ms-range-get-content-md5", "true")];
    let part = caller.send(Method::GET, &blob, b"", &part).await;
    assert_eq!((part.status, part.text.as_str()), (StatusCode::PARTIAL_CONTENT, "1,2"));
    let told = ["content-range", "content-md5", "x-ms-blob-content-md5"];
    assert_eq!(told.map(|name| part.header(name)), ["bytes 4-6/8", &md5(b"1,2"), &hash]);
}

#[tokio::test]
async fn what_arrives_changed_or_too_late_is_refused() {
    let caller = Caller::new();
    let (blob, other) = (signed("a"), md5(b"another"));
    let wrong = [WHATEVER_IS_THERE, &[("content-md5", other.as_str())]].concat();
    assert_eq!(caller.put(&blob, b"content", &wrong).await, refused(400, "Md5Mismatch"));
    assert_eq!(caller.put(&blob, b"", &[]).await, refused(400, "UnsupportedHeader"));
    assert_eq!(caller.send(Method::HEAD, &blob, b"", &[]).await.refusal(), refused(404, "BlobNotFound"));

    let first = caller.send(Method::PUT, &blob, b"first", WHATEVER_IS_THERE).await;
    let of_first = [WHATEVER_IS_THERE, &[("if-match", first.header("etag"))]].concat();
    assert_eq!(caller.put(&blob, b"second", &of_first).await, done(201));
    assert_eq!(caller.put(&blob, b"third", &of_first).await, refused(412, "ConditionNotMet"));
    assert_eq!(caller.get(&blob).await.text, "second");
}

#[tokio::test]
async fn a_blob_is_made_of_blocks_in_the_order_of_their_list() {
    let caller = Caller::new();
    let (blob, list) = (signed("large"), signed("large?comp=blocklist"));
    let block = |id: &str| signed(&format!("large?comp=block&blockid={id}"));
    for (id, content) in [("Ag%3D%3D", "two "), ("AQ%3D%3D", "one "), ("Aw%3D%3D", "never")] {
        let hash = md5(content.as_bytes());
        assert_eq!(caller.put(&block(id), content.as_bytes(), &[("content-md5", &hash)]).await, done(201));
    }
    assert_eq!(caller.put(&block("no-base64!"), b"x", &[]).await, refused(400, "InvalidQueryParameterValue"));
    assert_eq!(caller.get(&blob).await.status, StatusCode::NOT_FOUND, "blocks are no blob yet");

    let named = "<?xml version=\"1.0\"?><BlockList><Latest>AQ==</Latest><Uncommitted>Ag==</Uncommitted></BlockList>";
    let said = [("x-ms-blob-content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="), ("x-ms-meta-name", "large")];
    assert_eq!(caller.put(&list, named.as_bytes(), &said).await, done(201));
    let got = caller.send(Method::GET, &blob, b"", &[]).await;
    assert_eq!((got.text.as_str(), got.header("x-ms-meta-name")), ("one two ", "large"));
    assert_eq!(got.header("content-md5"), "AAAAAAAAAAAAAAAAAAAAAA==", "as it was said, which nobody checks");

    caller.put(&block("BA%3D%3D"), b"four", &[]).await;
    let again = "<BlockList><Committed>Ag==</Committed><Latest>AQ==</Latest><Latest>BA==</Latest></BlockList>";
    assert_eq!(caller.put(&list, again.as_bytes(), &[]).await, done(201));
    assert_eq!(caller.get(&blob).await.text, "two one four");
    let gone = "<BlockList><Latest>Aw==</Latest></BlockList>";
    assert_eq!(caller.put(&list, gone.as_bytes(), &[]).await, refused(400, "InvalidBlockList"));
    let exists = [("if-none-match", "*")];
    assert_eq!(caller.put(&list, again.as_bytes(), &exists).await, refused(409, "BlobAlreadyExists"));
}

#[tokio::test]
async fn metadata_is_replaced_as_a_whole() {
    let caller = Caller::new();
    let (blob, metadata) = (signed("a"), signed("a?comp=metadata"));
    assert_eq!(caller.put(&metadata, b"", &[("x-ms-meta-new", "1")]).await, refused(404, "BlobNotFound"));
    caller.put(&blob, b"content", &[NEW, &[("x-ms-meta-old", "1")]].concat()).await;
    assert_eq!(caller.put(&metadata, b"", &[("x-ms-meta-upload_status", "completed")]).await, done(200));
    let told = caller.send(Method::GET, &metadata, b"", &[]).await;
    let shown = ["x-ms-meta-upload_status", "x-ms-meta-old", "content-md5"].map(|name| told.header(name));
    assert_eq!((shown, told.text.as_str()), (["completed", "", &md5(b"content")], ""));
    assert_eq!(caller.get(&blob).await.text, "content");
}

#[tokio::test]
async fn a_list_tells_of_what_was_uploaded_folder_by_folder_and_page_by_page() {
    let caller = Caller::new();
    for name in ["src/a%26b.py", "src/lib/one.py", "src/lib/two.py", "src/z", "srcs"] {
        caller.put(&signed(name), name.as_bytes(), &[NEW, &[("x-ms-meta-of", "a<b")]].concat()).await;
    }
    let list = async |more: &str| {
        let url = format!("{STORE}?restype=container&comp=list&prefix=src/{more}&{STORAGE_SAS}");
        caller.get(&url).await.text
    };
    let names = |text: &str| {
        let names = text.split("<Name>").skip(1).map(|part| part.split_once("</Name>").unwrap().0.to_owned());
        names.collect::<Vec<_>>()
    };
    let all = list("").await;
    assert_eq!(names(&all), ["src/a&amp;b.py", "src/lib/one.py", "src/lib/two.py", "src/z"]);
    let hash = md5(b"src/z");
    assert!(all.contains(&format!("<Content-Length>5</Content-Length><Content-Type>application/octet-stream</Content-Type><Content-MD5>{hash}</Content-MD5>")), "{all}");
    assert!(!all.contains("<of>"));
    assert!(list("&include=metadata").await.contains("<Metadata><of>a&lt;b</of></Metadata>"));

    let page = list("&delimiter=/&maxresults=2").await;
    assert_eq!(names(&page), ["src/a&amp;b.py", "src/lib/"]);
    assert!(page.contains("<NextMarker>src/z</NextMarker>"), "a folder is on one page only: {page}");
    let rest = list("&delimiter=/&maxresults=2&marker=src/z").await;
    assert_eq!(names(&rest), ["src/z"]);
    assert!(rest.contains("<NextMarker></NextMarker>"), "{rest}");
}

#[tokio::test]
async fn uploads_lie_over_what_a_run_has_written() {
    let caller = Caller::in_world(World { job_questions: 0, ..World::default() });
    caller.submit("j", json!({})).await;
    let token = caller.storage_token();
    let entered = [WHATEVER_IS_THERE, &[("authorization", token.as_str())]].concat();
    let at = |place: &str| format!("https://emustorage.blob.core.windows.net/azureml/ExperimentRun/dcid.j/{place}");
    let list = "https://emustorage.blob.core.windows.net/azureml?restype=container&comp=list&prefix=ExperimentRun/dcid.j/outputs/";
    let count = async || caller.send(Method::GET, list, b"", &entered).await.text.matches("<Blob>").count();
    assert_eq!(count().await, 2);
    assert_eq!(caller.put(&at("outputs/model.txt"), b"mine", &entered).await, done(201));
    assert_eq!(caller.put(&at("outputs/more.txt"), b"more", &entered).await, done(201));
    assert_eq!(
        (count().await, caller.send(Method::GET, &at("outputs/model.txt"), b"", &entered).await.text),
        (3, "mine".into())
    );
    let gone = at("outputs/metrics.json");
    assert_eq!(caller.send(Method::DELETE, &gone, b"", &entered[1..]).await.refusal(), done(202));
    assert_eq!(caller.send(Method::DELETE, &gone, b"", &entered[1..]).await.refusal(), refused(404, "BlobNotFound"));
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn a_caller_may_do_what_it_was_let_in_for() {
    let caller = Caller::new();
    let (blob, delete) = (signed("a"), Method::DELETE);
    assert_eq!(caller.put(&blob, b"1", NEW).await, done(201));
    assert_eq!(
        caller.send(delete.clone(), &blob, b"", &[]).await.refusal(),
        refused(403, "AuthorizationPermissionMismatch")
    );
    let more = blob.replace("sp=racwl", "sp=racwdl");
    assert_eq!(caller.send(delete.clone(), &more, b"", &[]).await.refusal(), refused(403, "AuthenticationFailed"));
    let of_link = format!("{STORE}/a?sp=rw&sig={BLOB_SIGNATURE}");
    assert_eq!(caller.get(&of_link).await.text, "1");
    assert_eq!(caller.put(&of_link, b"2", WHATEVER_IS_THERE).await, refused(403, "AuthorizationPermissionMismatch"));

    caller.azure.change_world(|world| world.storage.sas = "sp=rc&sig=of-creators".into());
    let create = |name: &str| format!("{STORE}/{name}?sp=rc&sig=of-creators");
    assert_eq!(caller.put(&create("b"), b"1", WHATEVER_IS_THERE).await, done(201));
    assert_eq!(caller.put(&create("b"), b"2", WHATEVER_IS_THERE).await, refused(403, "UnauthorizedBlobOverwrite"));
    let list = format!("{STORE}?restype=container&comp=list&sp=rc&sig=of-creators");
    assert_eq!(caller.get(&list).await.refusal(), refused(403, "AuthorizationPermissionMismatch"));

    let plain = format!("{STORE}/a");
    let other = format!("Bearer {}", caller.token);
    let key = format!("SharedKey emustorage:{STORAGE_KEY}");
    let of_storage = caller.storage_token();
    assert_eq!(caller.send(Method::GET, &plain, b"", &[]).await.refusal(), refused(401, "NoAuthenticationInformation"));
    for (authorization, status, code) in [
        (other.as_str(), 401, "InvalidAuthenticationInfo"),
        ("SharedKey another:x", 403, "AuthenticationFailed"),
        (&key, 201, ""),
        (&of_storage, 201, ""),
    ] {
        let entered = [WHATEVER_IS_THERE, &[("authorization", authorization)]].concat();
        assert_eq!(caller.put(&plain, b"3", &entered).await, refused(status, code), "{authorization}");
    }
    caller.azure.advance_clock(DAY + Duration::from_secs(1));
    let late = caller.send(Method::GET, &plain, b"", &[("authorization", &of_storage)]).await;
    assert_eq!(late.refusal(), refused(401, "InvalidAuthenticationInfo"));
}

#[tokio::test]
async fn a_container_is_there_when_somebody_made_it_or_a_datastore_or_upload_names_it() {
    let caller = Caller::new();
    let account = "https://emustorage.blob.core.windows.net";
    let token = caller.storage_token();
    let entered = [("authorization", token.as_str())];
    let new = format!("{account}/new?restype=container");
    let ask = async |method: Method, url: &str| caller.send(method, url, b"", &entered).await.refusal();
    assert_eq!(ask(Method::HEAD, &new).await, refused(404, "ContainerNotFound"));
    assert_eq!(ask(Method::GET, &format!("{account}/new/a")).await, refused(404, "ContainerNotFound"));
    assert_eq!(
        caller.put(&format!("{new}&{STORAGE_SAS}"), b"", &[]).await,
        refused(403, "AuthorizationPermissionMismatch")
    );
    assert_eq!(ask(Method::PUT, &new).await, done(201));
    assert_eq!(ask(Method::PUT, &new).await, refused(409, "ContainerAlreadyExists"));
    assert_eq!(ask(Method::GET, &new).await, done(200));
    assert_eq!(ask(Method::GET, account).await, refused(400, "InvalidQueryParameterValue"));

    let properties = json!({"datastoreType": "AzureBlob", "accountName": "emustorage", "containerName": "mine", "credentials": {"credentialsType": "None"}});
    let made = caller.ask(Method::PUT, "datastores/mine", Some(json!({"properties": properties}))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(ask(Method::HEAD, &format!("{account}/mine?restype=container")).await, done(200));

    let upload = caller.post("codes/c/versions/1/startPendingUpload", json!({})).await.body;
    let uri = upload["blobReferenceForConsumption"]["credential"]["sasUri"].as_str().unwrap();
    assert_eq!(caller.put(&uri.replace('?', "/src/main.py?"), b"print()", NEW).await, done(201));
}

#[tokio::test]
async fn the_account_is_below_its_name_at_the_emulator_s_own_address_too() {
    let caller = Caller::new();
    let blob = format!("{}/emustorage/azureml-blobstore/sub/a?{STORAGE_SAS}", caller.azure.https_url());
    let direct = reqwest::Client::builder().no_proxy().tls_certs_only([caller.authority()]).build().unwrap();
    let put = direct.put(blob).header("x-ms-blob-type", "BlockBlob").body("content").send().await.unwrap();
    assert_eq!(put.status(), StatusCode::CREATED);
    assert_eq!(caller.get(&signed("sub/a")).await.text, "content");
}

#[tokio::test]
async fn a_container_may_have_the_name_of_another_service_s_path() {
    let caller = Caller::new();
    let token = caller.storage_token();
    let entered = [WHATEVER_IS_THERE, &[("authorization", token.as_str())]].concat();
    let account = "https://emustorage.blob.core.windows.net";
    caller.put(&format!("{account}/subscriptions?restype=container"), b"", &entered).await;
    assert_eq!(caller.put(&format!("{account}/subscriptions/oauth2/v2.0/token"), b"mine", &entered).await, done(201));
}

impl Caller {
    fn storage_token(&self) -> String {
        let audience = "https://storage.azure.com/";
        format!("Bearer {}", self.azure.issue_access_token(defaults::ADA, defaults::CONTOSO, audience, DAY))
    }

    fn authority(&self) -> reqwest::Certificate {
        reqwest::Certificate::from_pem(&std::fs::read(self.azure.ca_file()).unwrap()).unwrap()
    }
}
