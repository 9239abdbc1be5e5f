//! Downloads, request by request.

use std::sync::{Arc, Mutex};

use wiremock::ResponseTemplate;

use super::blobs::{Blobs, MODIFIED, header, refusal};
use super::{large, write};

fn read(folder: &tempfile::TempDir, path: &str) -> Vec<u8> {
    std::fs::read(folder.path().join(path)).unwrap()
}

/// The files in a folder.
fn files(folder: &std::path::Path) -> Vec<String> {
    let mut files: Vec<_> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_folder_comes_whole_and_what_is_there_does_not_come_again() {
    let blobs = Blobs::start().await;
    let large = large();
    for (name, content) in [("out/a", &b"a"[..]), ("out/empty", b""), ("out/sub/é #%.bin", &large), ("outside", b"no")]
    {
        blobs.put(name, content);
    }
    let to = tempfile::tempdir().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = seen.clone();
    let download = blobs.container().download("out/", to.path());
    let downloaded = download.on_progress(move |progress| told.lock().unwrap().push(progress)).await.unwrap();
    assert_eq!(downloaded.received_files, 3);
    assert_eq!(files(to.path()), ["a", "empty", "sub"]);
    assert_eq!(files(&to.path().join("sub")), ["é #%.bin"]);
    assert!(read(&to, "a") == b"a" && read(&to, "empty").is_empty() && read(&to, "sub/é #%.bin") == large);
    assert_eq!(downloaded.files.len(), 3);
    let last = *seen.lock().unwrap().last().unwrap();
    assert_eq!((last.files, last.bytes, last.total_bytes), (3, 9_000_001, 9_000_001));

    blobs.forget_requests().await;
    let again = blobs.container().download("out", to.path()).await.unwrap();
    assert_eq!((again.received_files, again.files), (0, downloaded.files));
    assert_eq!(blobs.asked().await, ["GET  list"]);

    write(to.path().join("a"), "A");
    blobs.put("out/empty", b"full");
    assert_eq!(blobs.container().download("out", to.path()).await.unwrap().received_files, 2);
    assert!(read(&to, "a") == b"a" && read(&to, "empty") == b"full");
}

#[tokio::test]
async fn a_blob_alone_becomes_a_file_of_its_name() {
    let blobs = Blobs::start().await;
    blobs.put("out/model.pkl", b"weights");
    blobs.put("out/model.pkl.txt", b"no");
    let to = tempfile::tempdir().unwrap();
    blobs.container().download("out/model.pkl", to.path().join("new")).await.unwrap();
    assert_eq!(files(&to.path().join("new")), ["model.pkl"]);

    let error = blobs.container().download("out/other", to.path()).await.unwrap_err();
    assert_eq!(error.status(), Some(404));
    assert_eq!(error.to_string(), format!("{} has nothing at out/other", blobs.url()));
}

#[tokio::test]
async fn a_download_that_was_broken_off_goes_on_where_it_ended() {
    let blobs = Blobs::start().await;
    let content = large();
    blobs.put("out/large", &content);
    let to = tempfile::tempdir().unwrap();
    write(to.path().join("large.0x8D0.part"), &content[..5_000_000]);
    write(to.path().join("large.0x8Dother.part"), "of another version");
    blobs.container().download("out", to.path()).await.unwrap();
    assert!(read(&to, "large") == content);
    let requests = blobs.requests().await;
    let mut ranges: Vec<_> = requests.iter().filter_map(|request| header(request, "range")).collect();
    ranges.sort_unstable();
    assert_eq!(ranges, ["bytes=5000000-8999999"]);
    assert_eq!(header(&requests[1], "x-ms-range-get-content-md5"), Some("true"));
    assert_eq!(files(to.path()), ["large", "large.0x8Dother.part"]);
}

#[tokio::test]
async fn what_was_changed_on_the_way_comes_again() {
    let blobs = Blobs::start().await;
    blobs.put("out/a", b"right");
    let to = tempfile::tempdir().unwrap();
    let wrong = ResponseTemplate::new(206).insert_header("content-md5", super::blobs::md5(b"right"));
    let wrong = wrong.insert_header("content-range", "bytes 0-4/5").set_body_bytes(b"wrong");
    let container = blobs.container();
    let listed = listed("out/a", 5);
    blobs.answer_with([listed, wrong]);
    container.download("out", to.path()).await.unwrap();
    assert_eq!(read(&to, "a"), b"right");
    assert_eq!(blobs.asked().await, ["GET  list", "GET out/a", "GET out/a"]);
}

/// A list with the first version of this blob.
fn listed(name: &str, length: usize) -> ResponseTemplate {
    let properties = format!(
        "<Last-Modified>{MODIFIED}</Last-Modified><Etag>0x8D0</Etag><Content-Length>{length}</Content-Length>\
         <Content-Type>application/octet-stream</Content-Type>"
    );
    let blobs = format!("<Blobs><Blob><Name>{name}</Name><Properties>{properties}</Properties></Blob></Blobs>");
    let list = format!("<EnumerationResults>{blobs}<NextMarker/></EnumerationResults>");
    ResponseTemplate::new(200).set_body_raw(list, "application/xml")
}

#[tokio::test]
async fn a_blob_that_is_changed_meanwhile_is_not_mixed() {
    let blobs = Blobs::start().await;
    let to = tempfile::tempdir().unwrap();
    write(to.path().join("a.0x8D0.part"), "old");
    blobs.put("out/a", b"old text");
    blobs.put("out/a", b"new text");
    blobs.answer_with([listed("out/a", 8)]);
    let error = blobs.container().download("out", to.path()).await.unwrap_err();
    let told = "127.0.0.1 refused out/a: it was changed meanwhile (412 ConditionNotMet)";
    assert_eq!((error.to_string().as_str(), error.help()), (told, Some("start again")));
    assert_eq!(files(to.path()), ["a.0x8D0.part"]);
    blobs.container().download("out", to.path()).await.unwrap();
    assert_eq!(read(&to, "a"), b"new text");
}

#[tokio::test]
async fn a_file_that_another_download_writes_is_left_to_it() {
    let blobs = Blobs::start().await;
    blobs.put("out/a", b"text");
    let to = tempfile::tempdir().unwrap();
    let other = std::fs::File::create(to.path().join("a.0x8D0.part")).unwrap();
    other.lock().unwrap();
    let error = blobs.container().download("out", to.path()).await.unwrap_err();
    assert!(error.to_string().ends_with("a.0x8D0.part is being written by another download"), "{error}");
    drop(other);
    blobs.container().download("out", to.path()).await.unwrap();
    assert_eq!(read(&to, "a"), b"text");
}

#[tokio::test]
async fn a_compressed_blob_comes_as_it_is_stored() {
    let blobs = Blobs::start().await;
    let compressed = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let to = tempfile::tempdir().unwrap();
    blobs.put("out/a.gz", &compressed);
    let range = ResponseTemplate::new(206).insert_header("content-encoding", "gzip");
    let range = range.insert_header("etag", "0x8D0").insert_header("last-modified", MODIFIED);
    let range = range.insert_header("content-range", "bytes 0-19/20").set_body_bytes(compressed);
    blobs.answer_with([listed("out/a.gz", 20), range]);
    blobs.container().download("out", to.path()).await.unwrap();
    assert_eq!(read(&to, "a.gz"), compressed);
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_refused_before_anything_is_written() {
    for name in ["out/../../x", "out//etc/x", "out/a\\..\\x", "out/C:/x", "out/./x"] {
        let blobs = Blobs::start().await;
        blobs.put("out/a", b"a");
        blobs.put(name, b"hostile");
        let to = tempfile::tempdir().unwrap();
        let error = blobs.container().download("out", to.path().join("in")).await.unwrap_err();
        assert!(error.to_string().contains("whose name cannot be one of a file"), "{name}: {error}");
        assert!(files(to.path()).is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_container_that_is_not_there_is_told() {
    let blobs = Blobs::start().await;
    blobs.answer_with([refusal(404, "ContainerNotFound")]);
    let to = tempfile::tempdir().unwrap();
    let error = blobs.container().download("out", to.path()).await.unwrap_err();
    assert_eq!(error.to_string(), "127.0.0.1 refused out: there is no such container (404 ContainerNotFound)");
}
