//! A folder that goes to a container and comes back, whatever serves it.

use std::fs::File;
use std::path::Path;
use std::time::SystemTime;

use workspace_client::transfer::{Container, Snapshot};

use super::{large, write};

/// A folder goes to a container once, is found there, comes back the same, and goes again where it was changed.
pub(super) async fn go_and_come_back(container: &Container, prefix: &str) {
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
    // Blobs tell their times in seconds, and this one may be as young as what came before it.
    File::options().write(true).open(back.join("main.py")).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(container.download(&uploaded.path, &back).await.unwrap().received_files, 1);
    assert!(content_of(&src) == content_of(&back));

    let error = container.download(&format!("{prefix}/nothing"), &back).await.unwrap_err();
    assert_eq!(error.status(), Some(404));
}

/// Every file below a folder, with what is in it.
pub(super) fn content_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
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
