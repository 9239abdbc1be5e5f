//! The same against a real Azurite, which `cargo xtask storage` starts.

use std::sync::Arc;

use auth_core::clock::from_unix;
use auth_core::{AccessToken, Cloud, Env, Secret, StaticToken};
use workspace_client::transfer::{Container, Snapshot};

use super::round_trip::{content_of, go_and_come_back};
use super::write;

/// The container that `cargo xtask storage` made, with the token that it minted, and with its SAS. Elsewhere there are none, and nothing
/// to check; the command sees that there was something.
fn containers() -> Option<[Container; 2]> {
    let env = Env::process();
    let url = env.var("AZML_TEST_AZURITE")?;
    let [token, sas] = ["AZML_TEST_AZURITE_TOKEN", "AZML_TEST_AZURITE_SAS"].map(|name| env.var(name).unwrap());
    let auth = StaticToken::new(Cloud::public(), AccessToken::new(token, from_unix(4_000_000_000)));
    let container = Container::new(&url).unwrap();
    Some([container.clone().auth(Arc::new(auth)), container.sas(&Secret::new(sas))])
}

#[tokio::test]
async fn a_folder_goes_to_azurite_and_comes_back() {
    let Some([identity, sas]) = containers() else { return };
    go_and_come_back(&identity, "with-identity").await;
    go_and_come_back(&sas, "with-sas").await;
}

#[tokio::test]
async fn two_thousand_small_files_go_to_azurite_and_come_back() {
    let Some([container, _]) = containers() else { return };
    let folder = tempfile::tempdir().unwrap();
    let src = folder.path().join("many");
    for index in 0..2000 {
        write(src.join(format!("{}/{index}.txt", index % 20)), format!("file {index}"));
    }
    let snapshot = Snapshot::of(&src).await.unwrap();
    let uploaded = container.upload(&snapshot, "").for_asset("many", "1").await.unwrap();
    assert_eq!(uploaded.sent_files, 2000);
    let back = folder.path().join("back");
    assert_eq!(container.download("many", &back).await.unwrap().received_files, 2000);
    assert!(content_of(&src) == content_of(&back));
}
