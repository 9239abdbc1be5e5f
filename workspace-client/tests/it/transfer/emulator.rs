//! The same against the emulator, with what it hands out.

use std::sync::Arc;
use std::time::Duration;

use auth_core::clock::from_unix;
use auth_core::http::HttpClient;
use auth_core::{AccessToken, Cloud, Env, Secret, StaticToken};
use workspace_client::resources::asset::code::NewCode;
use workspace_client::resources::datastore::{Datastore, SecretExpiry};
use workspace_client::transfer::{Container, Snapshot};
use xtask::emulator::{Emulator, defaults};

use super::round_trip::{content_of, go_and_come_back};
use super::{large, write};
use crate::services::story::azure;

fn http(azure: &Emulator) -> HttpClient {
    HttpClient::for_files(Env::fake(azure.env()))
}

fn url_of(datastore: &Datastore) -> String {
    let told = [datastore.protocol(), datastore.account_name(), datastore.endpoint(), datastore.container()];
    let [protocol, account, endpoint, container] = told.map(|part| part.unwrap());
    format!("{protocol}://{account}.blob.{endpoint}/{container}")
}

#[tokio::test]
async fn code_goes_to_its_pending_upload_once_and_comes_back() {
    let (azure, ws) = azure();
    let folder = tempfile::tempdir().unwrap();
    let src = folder.path().join("src");
    write(src.join("main.py"), "print(1)");
    write(src.join("weights.bin"), large());
    let snapshot = Snapshot::of(&src).await.unwrap();
    let codes = ws.codes();
    let place = || async {
        let upload = codes.start_pending_upload("code", "1", Some("a-pending-upload")).await.unwrap();
        let reference = upload.blob_reference_for_consumption.unwrap();
        let container = Container::from_sas_uri(&reference.credential.unwrap().sas_uri.unwrap()).unwrap();
        (container.http(http(&azure)), reference.blob_uri.unwrap())
    };
    let (container, uri) = place().await;
    let uploaded = container.upload(&snapshot, "").for_asset("code", "1").await.unwrap();
    assert_eq!((uploaded.sent_files, uploaded.earlier), (2, None));
    let blocks = azure.requests().iter().filter(|it| it.query.get("comp").is_some_and(|it| it == "block")).count();
    assert_eq!(blocks, 3, "blocks have 4 MiB");
    let hash = snapshot.content_hash().await.unwrap();
    let code = NewCode::new(format!("{uri}/{}", uploaded.path)).hash(&hash);
    codes.create_or_update("code", "1", &code).await.unwrap();

    let (same, _) = place().await;
    let again = same.upload(&snapshot, "").for_asset("other", "2").await.unwrap();
    assert_eq!((again.sent_files, again.earlier), (0, Some(("code".into(), "1".into()))));
    let found = codes.find_by_hash(&hash).await.unwrap().unwrap();
    let path = found.uri().unwrap().strip_prefix(&format!("{uri}/")).unwrap().to_owned();
    let back = folder.path().join("back");
    assert_eq!(container.download(&path, &back).await.unwrap().received_files, 2);
    assert!(content_of(&src) == content_of(&back));
}

#[tokio::test]
async fn a_folder_goes_to_the_default_datastore_with_its_signature_and_with_an_identity() {
    let (azure, ws) = azure();
    let datastore = ws.datastores().default().await.unwrap();
    let container = Container::new(&url_of(&datastore)).unwrap().http(http(&azure));
    let secrets = ws.datastores().secrets(datastore.name(), Some(SecretExpiry::hours(1))).await.unwrap();
    go_and_come_back(&container.clone().sas(&secrets.sas_token.unwrap()), "with-signature").await;

    let hour = Duration::from_secs(3600);
    let token = azure.issue_access_token(defaults::ADA, defaults::CONTOSO, "https://storage.azure.com", hour);
    let token = AccessToken::new(token, from_unix(4_000_000_000));
    let identity = StaticToken::new(Cloud::public(), token);
    go_and_come_back(&container.auth(Arc::new(identity)), "with-identity").await;
}

#[tokio::test]
async fn a_signature_for_reading_uploads_nothing() {
    let (azure, ws) = azure();
    let datastore = ws.datastores().default().await.unwrap();
    let container = Container::new(&url_of(&datastore)).unwrap().http(http(&azure));
    azure.change_world(|world| world.storage.sas = "sp=rl&sig=for-readers".into());
    let container = container.sas(&Secret::new("sp=rl&sig=for-readers"));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("a.csv"), "1,2");
    let snapshot = Snapshot::of(folder.path().join("a.csv")).await.unwrap();
    let error = container.upload(&snapshot, "data").await.unwrap_err();
    insta::assert_snapshot!(error, @"emustorage.blob.core.windows.net refused data/a.csv: the SAS does not allow it (403 AuthorizationPermissionMismatch)");
}
