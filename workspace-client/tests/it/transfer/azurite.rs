//! The same against a real Azurite, which `cargo xtask storage` starts.

use std::path::Path;
use std::sync::Arc;

use auth_core::clock::from_unix;
use auth_core::{AccessToken, Cloud, Env, StaticToken};
use workspace_client::transfer::{Container, Snapshot};

use super::{large, write};

/// The container that `cargo xtask storage` made, with the token that it minted. Elsewhere there is none, and nothing to check.
fn container() -> Option<Container> {
    let env = Env::process();
    let (url, token) = (env.var("AZML_TEST_AZURITE")?, env.var("AZML_TEST_AZURITE_TOKEN").unwrap());
    let auth = StaticToken::new(Cloud::public(), AccessToken::new(token, from_unix(4_000_000_000)));
    Some(Container::new(&url).unwrap().auth(Arc::new(auth)))
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
    let Some(container) = container() else { return };
    let folder = tempfile::tempdir().unwrap();
    let src = folder.path().join("src");
    for (name, content) in
        [("main.py", &b"print(1)"[..]), ("empty", b""), ("sub/ä b#%+?.txt", b"x"), ("large", &large())]
    {
        write(src.join(name), content);
    }
    let snapshot = Snapshot::of(&src).await.unwrap();
    let uploaded = container.upload(&snapshot, "round").for_asset("code", "1").await.unwrap();
    assert_eq!((uploaded.sent_files, uploaded.earlier), (4, None));
    let again = container.upload(&snapshot, "round").for_asset("other", "2").await.unwrap();
    assert_eq!((again.sent_files, again.earlier), (0, Some(("code".into(), "1".into()))));
    let plain = container.upload(&snapshot, "round").await.unwrap();
    assert_eq!(plain.sent_files, 0);

    let back = folder.path().join("back");
    let downloaded = container.download(&uploaded.path, &back).await.unwrap();
    assert_eq!(downloaded.received_files, 4);
    assert!(content_of(&src) == content_of(&back));
    assert_eq!(container.download(&uploaded.path, &back).await.unwrap().received_files, 0);

    // Another file in the same place is another content, of the same length.
    write(src.join("main.py"), "print(2)");
    let changed = Snapshot::of(&src).await.unwrap();
    assert_eq!(container.upload(&changed, "round").await.unwrap().sent_files, 1);
    assert_eq!(container.download(&uploaded.path, &back).await.unwrap().received_files, 1);
    assert!(content_of(&src) == content_of(&back));

    let error = container.download("round/nothing", &back).await.unwrap_err();
    assert_eq!(error.status(), Some(404));
}

#[tokio::test]
async fn two_thousand_small_files_go_to_azurite_and_come_back() {
    let Some(container) = container() else { return };
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
