//! Uploads, request by request.

use std::path::Path;
use std::sync::{Arc, Mutex};

use auth_core::Env;
use auth_core::http::HttpClient;
use wiremock::ResponseTemplate;
use workspace_client::transfer::{Container, Progress, Snapshot};

use super::blobs::{Blobs, SAS, header, md5, refusal};
use super::{large, write};
use crate::rig::Tokens;

async fn snapshot(files: &[(&str, &[u8])]) -> (Snapshot, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        write(folder.path().join("src").join(path), content);
    }
    (Snapshot::of(folder.path().join("src")).await.unwrap(), folder)
}

#[tokio::test]
async fn the_first_file_goes_last_and_says_that_all_are_there() {
    let blobs = Blobs::start().await;
    let (src, _folder) = snapshot(&[("a.py", b"a"), ("B.py", b"b"), ("empty", b""), ("sub/c d#é%.txt", b"c")]).await;
    let uploaded = blobs.container().upload(&src, "LocalUpload/hash").for_asset("code", "7").await.unwrap();

    assert_eq!((uploaded.path.as_str(), uploaded.sent_files), ("LocalUpload/hash/src", 4));
    assert_eq!(uploaded.earlier, None);
    let asked = blobs.asked().await;
    assert_eq!(asked[0], "HEAD LocalUpload/hash/src/B.py");
    assert_eq!(asked.last().unwrap(), "PUT LocalUpload/hash/src/B.py");
    assert_eq!(
        blobs.names(),
        ["B.py", "a.py", "empty", "sub/c d#é%.txt"].map(|name| format!("LocalUpload/hash/src/{name}"))
    );
    let requests = blobs.requests().await;
    for put in &requests[1..requests.len() - 1] {
        assert_eq!(header(put, "if-none-match"), Some("*"));
        assert_eq!(header(put, "x-ms-blob-type"), Some("BlockBlob"));
        let is_empty = put.body.is_empty();
        assert_eq!(header(put, "content-md5").map(ToOwned::to_owned), (!is_empty).then(|| md5(&put.body)));
        assert_eq!(put.url.query(), Some(SAS));
        assert_eq!(header(put, "authorization"), None);
        assert!(header(put, "x-ms-version").is_some());
    }
    let first = blobs.blob("LocalUpload/hash/src/B.py");
    assert_eq!(first.content, b"b");
    for (name, value) in [("upload_status", "completed"), ("name", "code"), ("version", "7")] {
        assert_eq!(first.headers[&format!("x-ms-meta-{name}")], value);
    }
}

/// As the Python client finds it, too.
#[cfg(unix)]
#[tokio::test]
async fn the_first_file_is_the_one_whose_content_lies_at_the_smallest_path() {
    let blobs = Blobs::start().await;
    let (_, folder) = snapshot(&[("sub/b", b"1"), ("sub-/c", b"2"), ("z/real", b"3")]).await;
    std::os::unix::fs::symlink("z/real", folder.path().join("src/a")).unwrap();
    let src = Snapshot::of(folder.path().join("src")).await.unwrap();
    blobs.container().upload(&src, "").for_asset("code", "1").await.unwrap();
    assert_eq!(blobs.asked().await[0], "HEAD src/sub-/c");
}

#[tokio::test]
async fn what_was_uploaded_for_an_asset_is_not_uploaded_again() {
    let blobs = Blobs::start().await;
    let (src, _folder) = snapshot(&[("a.py", b"a"), ("b.py", b"b")]).await;
    blobs.container().upload(&src, "").for_asset("code", "7").await.unwrap();
    blobs.forget_requests().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = seen.clone();
    let upload = blobs.container().upload(&src, "").for_asset("other", "1");
    let uploaded = upload.on_progress(move |progress| told.lock().unwrap().push(progress)).await.unwrap();
    assert_eq!(uploaded.earlier, Some(("code".into(), "7".into())));
    assert_eq!(uploaded.sent_files, 0);
    assert_eq!(blobs.asked().await, ["HEAD src/a.py"]);
    let last = *seen.lock().unwrap().last().unwrap();
    assert_eq!((last.files, last.bytes), (last.total_files, last.total_bytes));
}

#[tokio::test]
async fn an_upload_that_was_broken_off_goes_on_and_mends_what_is_wrong() {
    let blobs = Blobs::start().await;
    let large = large();
    let (src, _folder) =
        snapshot(&[("a", b"a"), ("large", &large), ("right", b"right"), ("short", b"short"), ("wrong", b"wrong")])
            .await;
    for (name, content) in
        [("src/large", &large[..]), ("src/right", b"right"), ("src/short", b""), ("src/wrong", b"WRONG")]
    {
        blobs.put(name, content);
    }
    let uploaded = blobs.container().upload(&src, "").for_asset("code", "1").await.unwrap();
    assert_eq!(uploaded.sent_files, 3);
    for file in src.files() {
        let content = std::fs::read(file.source()).unwrap();
        assert!(blobs.blob(&format!("src/{}", file.relative_path())).content == content, "{}", file.relative_path());
    }
    let asked = blobs.asked().await;
    assert!(!asked.iter().any(|asked| asked.contains("block")), "{asked:?}");
    assert_eq!(asked.iter().filter(|asked| *asked == "PUT src/wrong").count(), 2);
    assert_eq!(asked.iter().filter(|asked| *asked == "PUT src/right").count(), 1);
}

#[tokio::test]
async fn a_large_file_goes_in_blocks_and_a_block_that_failed_goes_again() {
    let blobs = Blobs::start().await;
    let content = large();
    let (src, _folder) = snapshot(&[("large", &content)]).await;
    let seen = Arc::new(Mutex::new(Vec::<Progress>::new()));
    let told = seen.clone();
    blobs.answer_with([refusal(404, "BlobNotFound"), refusal(503, "ServerBusy"), ResponseTemplate::new(500)]);
    let upload = blobs.container().upload(&src, "data");
    upload.on_progress(move |progress| told.lock().unwrap().push(progress)).await.unwrap();
    let blob = blobs.blob("data/src/large");
    assert!(blob.content == content);
    assert_eq!(blob.headers["content-md5"], md5(&content));
    let asked = blobs.asked().await;
    assert_eq!(asked.iter().filter(|asked| asked.ends_with(" block")).count(), 5);
    assert_eq!(asked.last().unwrap(), "PUT data/src/large blocklist");
    let seen = seen.lock().unwrap();
    assert!(seen.windows(2).all(|pair| pair[0].bytes <= pair[1].bytes && pair[0].files <= pair[1].files));
    assert_eq!((seen[0].bytes, seen[0].total_bytes), (0, 9_000_000));
    let last = seen.last().unwrap();
    assert_eq!((last.bytes, last.files, last.total_files), (9_000_000, 1, 1));
}

#[tokio::test]
async fn a_file_alone_is_a_blob_of_its_name() {
    let blobs = Blobs::start().await;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("x.csv"), "1,2");
    let file = Snapshot::of(folder.path().join("x.csv")).await.unwrap();
    let uploaded = blobs.container().upload(&file, "/data/").for_asset("x", "1").await.unwrap();
    assert_eq!(uploaded.path, "data/x.csv");
    assert_eq!(blobs.asked().await, ["HEAD data/x.csv", "PUT data/x.csv"]);
}

#[tokio::test]
async fn an_identity_is_asked_for_storage_and_a_token_that_is_refused_is_replaced_once() {
    let blobs = Blobs::start().await;
    let (src, _folder) = snapshot(&[("a", b"a")]).await;
    let tokens = Tokens::for_arm("https://arm.rig.example/");
    let container = Container::new(&blobs.url()).unwrap().auth(Arc::new(tokens.clone()));
    let claims = "eyJhY2Nlc3NfdG9rZW4iOnt9fQ==";
    let challenge = format!(
        "Bearer authorization_uri=\"https://login.rig.example\", error=\"insufficient_claims\", claims=\"{claims}\""
    );
    blobs.answer_with([refusal(401, "InvalidAuthenticationInfo").insert_header("www-authenticate", challenge)]);
    container.upload(&src, "").await.unwrap();

    let asked = tokens.requests();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].scopes().as_str(), "https://storage.azure.com/.default");
    assert_eq!(asked[1].requested_claims(), Some("{\"access_token\":{}}"));
    assert!(asked[1].rejected().is_some());
    let headers: Vec<_> =
        blobs.requests().await.iter().map(|request| header(request, "authorization").unwrap().to_owned()).collect();
    assert_eq!(headers, ["Bearer token-1", "Bearer token-2"]);

    blobs.answer_with((0..2).map(|_| refusal(401, "InvalidAuthenticationInfo")));
    let error = container.upload(&src, "").await.unwrap_err();
    assert_eq!(error.status(), Some(401));
    assert_eq!(tokens.requests().len(), 4);
}

#[tokio::test]
async fn an_upload_that_is_dropped_ends() {
    let blobs = Blobs::start().await;
    let (src, _folder) = snapshot(&[("a", b"a"), ("b", b"b")]).await;
    blobs.answer_with([ResponseTemplate::new(404).set_delay(std::time::Duration::from_secs(3600))]);
    let upload = tokio::task::spawn(blobs.container().upload(&src, "").for_asset("code", "1").into_future());
    while blobs.asked().await.is_empty() {
        assert!(!upload.is_finished(), "the upload ended before it had asked");
        tokio::task::yield_now().await;
    }
    upload.abort();
    assert!(upload.await.unwrap_err().is_cancelled());
    assert_eq!(blobs.asked().await.len(), 1);
    assert!(blobs.names().is_empty());
}

#[tokio::test]
async fn what_a_header_cannot_carry_is_no_name_of_an_asset() {
    let blobs = Blobs::start().await;
    let (src, _folder) = snapshot(&[("a", b"a")]).await;
    for (name, version) in [("modèle", "1"), ("model", ""), ("a\r\nb", "1")] {
        let error = blobs.container().upload(&src, "").for_asset(name, version).await.unwrap_err();
        assert!(error.to_string().ends_with("is no name or version of an asset"), "{error}");
    }
    assert!(blobs.asked().await.is_empty());
}

#[tokio::test]
async fn a_file_that_changed_since_the_snapshot_is_not_uploaded() {
    let blobs = Blobs::start().await;
    let (src, folder) = snapshot(&[("a", b"a")]).await;
    write(folder.path().join("src/a"), "longer");
    let error = blobs.container().upload(&src, "").await.unwrap_err();
    assert!(error.to_string().ends_with("changed while it was read"), "{error}");
    assert!(blobs.names().is_empty());
}

#[tokio::test]
async fn the_settings_of_the_shared_client_are_those_of_a_transfer() {
    let blobs = Blobs::start().await;
    let (src, _folder) = snapshot(&[("a", b"a")]).await;
    let env = Env::fake([("SSL_CERT_FILE", "/nowhere/ca.pem")]);
    let container = blobs.container().http(HttpClient::for_files(env));
    let error = container.upload(&src, "").await.unwrap_err();
    assert!(error.to_string().starts_with("SSL_CERT_FILE names"), "{error}");
    assert!(Path::new("/nowhere").metadata().is_err() && blobs.asked().await.is_empty());
}
