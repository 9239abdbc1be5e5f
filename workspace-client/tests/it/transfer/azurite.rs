//! The same against a real Azurite, which `cargo xtask storage` starts.

use std::path::Path;
use std::sync::Arc;

use auth_core::clock::from_unix;
use auth_core::{AccessToken, Cloud, Env, Secret, StaticToken};
use workspace_client::transfer::{Container, Snapshot};

use super::{large, write};

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

fn content_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_folder_goes_to_azurite_and_comes_back() {
    let Some([identity, sas]) = containers() else { return };
    go_and_come_back(&identity, "with-identity").await;
    go_and_come_back(&sas, "with-sas").await;
}

async fn go_and_come_back(container: &Container, prefix: &str) {
    let folder = tempfile::tempdir().unwrap();
    let src = folder.path().join("src");
    for (name, content) in
        [("main.py", &b"print(1)"[..]), ("empty", b""), ("sub/ä b#%+?.txt", b"x"), ("large", &large())]
    {
        write(src.join(name), content);
    }
    let snapshot = Snapshot::of(&src).await.unwrap();
    let uploaded = container.upload(&snapshot, prefix).for_asset("code", "1").await.unwrap();
    assert_eq!((uploaded.sent_files, uploaded.earlier), (4, None));
    let again = container.upload(&snapshot, prefix).for_asset("other", "2").await.unwrap();
    assert_eq!((again.sent_files, again.earlier), (0, Some(("code".into(), "1".into()))));
    let plain = container.upload(&snapshot, prefix).await.unwrap();
    assert_eq!(plain.sent_files, 0);

    let back = folder.path().join("back");
    let downloaded = container.download(&uploaded.path, &back).await.unwrap();
    assert_eq!(downloaded.received_files, 4);
    assert!(content_of(&src) == content_of(&back));
    assert_eq!(container.download(&uploaded.path, &back).await.unwrap().received_files, 0);

    // Another file in the same place is another content, of the same length.
    write(src.join("main.py"), "print(2)");
    let changed = Snapshot::of(&src).await.unwrap();
    assert_eq!(container.upload(&changed, prefix).await.unwrap().sent_files, 1);
    assert_eq!(container.download(&uploaded.path, &back).await.unwrap().received_files, 1);
    assert!(content_of(&src) == content_of(&back));

    let error = container.download(&format!("{prefix}/nothing"), &back).await.unwrap_err();
    assert_eq!(error.status(), Some(404));
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
