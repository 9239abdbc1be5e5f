//! What a person reads, and what nobody may read.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Env, ErrorKind, Secret, http::HttpClient};
use wiremock::ResponseTemplate;
use workspace_client::transfer::{Container, Snapshot};
use xtask::log::Log;

use super::blobs::{Blobs, refusal};
use super::write;
use crate::rig::Tokens;

#[tokio::test]
async fn every_refusal_says_what_was_asked_and_what_helps() {
    let blobs = Blobs::start().await;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("src/a"), "a");
    let src = Snapshot::of(folder.path().join("src")).await.unwrap();
    let identity = Container::new(&blobs.url()).unwrap().auth(Arc::new(Tokens::for_arm("https://arm.rig.example/")));
    let anonymous = Container::new(&blobs.url()).unwrap();
    let mut told = String::new();
    for (who, container, status, code) in [
        ("SAS", blobs.container(), 403, "AuthenticationFailed"),
        ("SAS", blobs.container(), 403, "AuthorizationFailure"),
        ("SAS", blobs.container(), 403, "AuthorizationPermissionMismatch"),
        ("SAS", blobs.container(), 403, "KeyBasedAuthenticationNotPermitted"),
        ("SAS", blobs.container(), 404, "ContainerNotFound"),
        ("SAS", blobs.container(), 409, "ContainerBeingDeleted"),
        ("SAS", blobs.container(), 302, "Found"),
        ("identity", identity.clone(), 403, "AuthorizationFailure"),
        ("identity", identity.clone(), 403, "AuthorizationPermissionMismatch"),
        ("identity", identity.clone(), 400, "InvalidBlobOrBlock"),
        ("nobody", anonymous.clone(), 409, "PublicAccessNotPermitted"),
        ("nobody", anonymous.clone(), 401, "NoAuthenticationInformation"),
    ] {
        blobs.answer_with([refusal(status, code)]);
        let error = container.upload(&src, "data").await.unwrap_err();
        assert_eq!((error.status(), error.correlation_id()), (Some(status), Some("some-id")), "{error}");
        writeln!(told, "{who}: {:?}: {error}; {}", error.kind(), error.help().unwrap()).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_code_in_the_body_is_read_and_nothing_else_of_it() {
    let blobs = Blobs::start().await;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("a"), "a");
    let file = Snapshot::of(folder.path().join("a")).await.unwrap();
    let body = "<Error><Code>AuthenticationFailed</Code><Message>canary</Message></Error>";
    blobs.answer_with([ResponseTemplate::new(403).set_body_string(body)]);
    let error = blobs.container().upload(&file, "").await.unwrap_err();
    assert!(error.to_string().ends_with("(403 AuthenticationFailed)"), "{error}");
    blobs.answer_with([ResponseTemplate::new(403).set_body_string("<Code>canary \u{1b}[2J</Code>")]);
    let strange = blobs.container().upload(&file, "").await.unwrap_err();
    assert!(strange.to_string().ends_with("(403)"), "{strange}");
    assert!(!format!("{error:?}{strange:?}").contains("canary"));
}

#[tokio::test]
async fn neither_a_sas_nor_a_token_shows_anywhere() {
    let (log, _guard) = Log::of_this_thread();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("a"), "a");
    let file = Snapshot::of(folder.path().join("a")).await.unwrap();
    let mut shown = String::new();
    // Refused, not understood, and not reached.
    let blobs = Blobs::start().await;
    blobs.answer_with([refusal(403, "AuthenticationFailed"), ResponseTemplate::new(200).set_body_string("no list")]);
    let container = blobs.container();
    let upload = container.upload(&file, "");
    write!(shown, "{container:?}{upload:?}").unwrap();
    let errors = [
        upload.await.unwrap_err(),
        container.download("out", folder.path()).await.unwrap_err(),
        {
            let url = format!("https://127.0.0.1:1/box?{}", super::blobs::SAS);
            let container =
                Container::from_sas_uri(&Secret::new(url)).unwrap().http(HttpClient::for_files(Env::fake([("", "")])));
            container.retries(0).upload(&file, "").await.unwrap_err()
        },
        Container::from_sas_uri(&Secret::new(format!("http://box.example/box?{}", super::blobs::SAS))).unwrap_err(),
        Container::from_sas_uri(&Secret::new(format!("no url?{}", super::blobs::SAS))).unwrap_err(),
        Container::new(&format!("{}?{}", blobs.url(), super::blobs::SAS)).unwrap_err(),
    ];
    assert_eq!(errors[2].kind(), ErrorKind::Network);
    for error in errors {
        write!(shown, "{error}{error:?}{:?}", error.help()).unwrap();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            write!(shown, "{error}{error:?}").unwrap();
            cause = error.source();
        }
    }
    let identity = Container::new(&blobs.url()).unwrap().auth(Arc::new(Tokens::for_arm("https://arm.rig.example/")));
    blobs.answer_with([refusal(403, "AuthorizationFailure")]);
    let refused = identity.upload(&file, "").await.unwrap_err();
    write!(shown, "{identity:?}{refused:?}{}", log.text()).unwrap();
    assert!(log.text().contains("Blob Storage answered"), "{}", log.text());
    assert!(shown.contains("127.0.0.1"), "{shown}");
    for secret in ["canary", "token-1"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_answers_is_given_up() {
    let blobs = Blobs::start().await;
    blobs.answer_with([ResponseTemplate::new(200).set_delay(Duration::from_secs(3600))]);
    let folder = tempfile::tempdir().unwrap();
    let error = blobs.container().retries(0).download("out", folder.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().starts_with("127.0.0.1 did not answer in time"), "{error}");
}

#[test]
fn what_is_no_container_is_told() {
    let mut told = String::new();
    for url in [
        "https://account.blob.core.windows.net",
        "http://account.blob.core.windows.net/box",
        "https://account.blob.core.windows.net/box?sig=canary",
        "https://user:canary@account.blob.core.windows.net/box",
        "account/box",
        "",
    ] {
        writeln!(told, "{}", Container::new(url).unwrap_err()).unwrap();
    }
    assert!(!told.contains("canary"));
    insta::assert_snapshot!(told);
    for url in ["https://account.blob.core.windows.net/box", "http://127.0.0.1:10000/account/box"] {
        assert_eq!(Container::new(url).unwrap().url().as_str(), url);
    }
}
