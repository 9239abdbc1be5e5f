//! What a snapshot holds, and its hashes, which are those of azure-ai-ml 1.35.

use std::path::Path;

use auth_core::ErrorKind;
use serde_json::Value;
use workspace_client::transfer::Snapshot;
use xtask::specs;

use super::write;

#[derive(Default)]
struct Case {
    files: &'static [(&'static str, &'static str)],
    /// Links, and where they lead.
    links: &'static [(&'static str, &'static str)],
}

impl Case {
    /// The snapshot of `name`, and the folder in which that lies.
    async fn snapshot(&self, name: &str) -> (Snapshot, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in self.files {
            write(folder.path().join(path), content);
        }
        for (path, target) in self.links {
            #[cfg(unix)]
            std::os::unix::fs::symlink(target, folder.path().join(path)).unwrap();
            #[cfg(not(unix))]
            panic!("no links here: {path} to {target}");
        }
        (Snapshot::of(folder.path().join(name)).await.unwrap(), folder)
    }

    async fn hashes(&self, name: &str) -> [String; 2] {
        let (snapshot, _folder) = self.snapshot(name).await;
        [snapshot.content_hash().await.unwrap(), snapshot.upload_hash().await.unwrap()]
    }
}

fn paths(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.files().iter().map(workspace_client::transfer::LocalFile::relative_path).collect()
}

#[tokio::test]
async fn the_hashes_are_those_of_the_python_client() {
    let case = Case { files: &[("src/a", "1"), ("src/B", "2")], ..Case::default() };
    assert_eq!(
        case.hashes("src").await,
        [
            "614b590e04e7da0b5ec33eb721e53977b2300e5879b84ceeb54f756d4d4a4136",
            "e8c9d3c2076a76dd04669aaf783cd645a2f53ec608156ae4b3cea234ae311d9b"
        ]
    );
    // Lower case decides the order, of the whole path for one hash, and of the names in each folder for the other.
    let files =
        &[("src/Ä.txt", "1"), ("src/ä/b", "2"), ("src/z", "3"), ("src/a-b", "4"), ("src/a/b", "5"), ("src/a.b", "6")];
    assert_eq!(
        Case { files, ..Case::default() }.hashes("src").await,
        [
            "14d1c43c5ffaad93ec3d0ad7432177e717070e02392a8d0b73b38d6510f64027",
            "242b44778691cb53d315c44ad198fc10457f3adfcdf45c4e01b8160c3a3eba15"
        ]
    );
}

#[tokio::test]
async fn a_wanted_file_in_an_unwanted_folder_counts_in_one_hash_and_not_in_the_other() {
    let files = &[
        ("src/.amlignore", "data\n!data/keep.txt\n"),
        ("src/data/keep.txt", "k"),
        ("src/data/x.txt", "x"),
        ("src/main.py", "m"),
    ];
    let case = Case { files, ..Case::default() };
    let (snapshot, _folder) = case.snapshot("src").await;
    assert_eq!(paths(&snapshot), [".amlignore", "data/keep.txt", "main.py"]);
    assert_eq!(
        case.hashes("src").await,
        [
            "d9c3a8f92bfaa8f5ad9b9141cdae3f8aa373e5c5b8a1012d74aea443f451772d",
            "91c6ad90cd67cec6d50949c69a26f188dc07ade4efa09cec9ed166dac3d02a66"
        ]
    );
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_and_keep_their_names() {
    let files = &[("src/real.txt", "r"), ("other/x.txt", "x"), ("other/sub/y.log", "y")];
    let case = Case { files, links: &[("src/link.txt", "real.txt"), ("src/dir", "../other")] };
    let (snapshot, folder) = case.snapshot("src").await;
    assert_eq!(paths(&snapshot), ["dir/sub/y.log", "dir/x.txt", "link.txt", "real.txt"]);
    assert_eq!(snapshot.files()[1].source(), folder.path().canonicalize().unwrap().join("other/x.txt"));
    assert_eq!(
        case.hashes("src").await,
        [
            "8b95d776e8f2c0de73a61d50a61c5308a323e930d35022e1e4a560206caf7ba5",
            "17376716fe7df285b48c392ac2e56a38ae86bcbb9665b3897743f5a955cdd360"
        ]
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_a_link_counts_under_the_name_of_what_it_leads_to() {
    let case = Case { files: &[("real.txt", "r")], links: &[("link.txt", "real.txt")] };
    assert_eq!(case.snapshot("link.txt").await.0.name(), "link.txt");
    assert_eq!(
        case.hashes("link.txt").await,
        [
            "2215f65b8d673c727d9202cdb4c41d03daf2b6a36c272ffbd3a81647489c7d99",
            "82bac2422021e58695df2b02dd9bec62265fe7a73e732b5a6bf20a4a475d561c"
        ]
    );
}

#[cfg(unix)]
#[tokio::test]
async fn patterns_are_held_against_where_links_lead() {
    let files = &[
        ("src/.gitignore", "dir/\n/real/a.txt\n"),
        ("src/real/a.txt", "a"),
        ("src/real/b.txt", "b"),
        ("other/x.txt", "x"),
    ];
    let case = Case { files, links: &[("src/dir", "../other"), ("src/again", "real")] };
    let (snapshot, _folder) = case.snapshot("src").await;
    assert_eq!(paths(&snapshot), [".gitignore", "again/b.txt", "dir/x.txt", "real/b.txt"]);
    assert_eq!(
        case.hashes("src").await,
        [
            "9f24f64a18d64cbb04fd1b4feefaae2ab860bf7af217077cab7873f28023b8ec",
            "d5b686fd739e653d8d8abcf46d2df5ee87f9d4d76f4253894598a95e872c8097"
        ]
    );
    let files = &[("common/ignore", "/a.txt\n*.log\n"), ("src/a.txt", "a"), ("src/b.log", "b"), ("src/c.py", "c")];
    let case = Case { files, links: &[("src/.amlignore", "../common/ignore")] };
    assert_eq!(
        case.hashes("src").await,
        [
            "54e1db0ca198c130b0de5e54dd600c6c752546679ab918035b86e8043e609e69",
            "893fd0e2e407a55889355cd561d22f0694b49d05e4d75f45d1c75848ffee4e20"
        ]
    );
}

/// Why there is no snapshot of `src`, without the folder in which that lies, and what helps.
#[cfg(unix)]
async fn refusal(make: impl FnOnce(&Path)) -> (ErrorKind, String) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir(root.join("src")).unwrap();
    make(&root.join("src"));
    let error = Snapshot::of(root.join("src")).await.unwrap_err();
    let text = format!("{error}; {}", error.help().unwrap_or("no help"));
    (error.kind(), text.replace(&format!("{}/", root.display()), ""))
}

/// Reading it would never end.
#[cfg(unix)]
fn make_pipe(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_uploaded_is_named() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    let mut told = Vec::new();
    told.push(refusal(|_| ()).await);
    told.push(refusal(|src| [".amlignore", "a"].iter().for_each(|name| write(src.join(name), "*"))).await);
    told.push(refusal(|src| make_pipe(&src.join("pipe"))).await);
    told.push(refusal(|src| symlink("nowhere", src.join("link")).unwrap()).await);
    told.push(refusal(|src| symlink("circle", src.join("circle")).unwrap()).await);
    told.push(refusal(|src| symlink("..", src.join("up")).unwrap()).await);
    told.push(refusal(|src| write(src.join(std::ffi::OsStr::from_bytes(b"a\xff")), "")).await);
    told.push(refusal(|src| std::fs::create_dir(src.join(".amlignore")).unwrap()).await);
    let told: Vec<_> = told.into_iter().map(|(kind, text)| format!("{kind:?}: {text}")).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_left_out_may_be_of_any_kind() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let src = folder.path();
    write(src.join(".amlignore"), "pipe*\nbroken\nback\na?*\n");
    make_pipe(&src.join("pipe"));
    symlink("nowhere", src.join("broken")).unwrap();
    symlink(".", src.join("back")).unwrap();
    write(src.join(std::ffi::OsStr::from_bytes(b"a\xff")), "");
    assert_eq!(paths(&Snapshot::of(src).await.unwrap()), [".amlignore"]);
}

#[tokio::test]
async fn a_file_that_grows_after_the_snapshot_has_no_hash() {
    let (snapshot, folder) = Case { files: &[("src/a", "1")], ..Case::default() }.snapshot("src").await;
    write(folder.path().join("src/a"), "12");
    let error = snapshot.content_hash().await.unwrap_err();
    assert!(error.to_string().ends_with("changed while it was read"), "{error}");
}

#[tokio::test]
async fn nothing_can_be_taken_of_what_is_not_there() {
    let error = Snapshot::of("no/such/folder").await.unwrap_err();
    assert!(error.to_string().starts_with("no/such/folder cannot be read"), "{error}");
}

#[tokio::test]
async fn every_vector_that_is_there_has_its_hashes() {
    let Some(vectors) = specs::find("derived/asset-hash-vectors.json") else { return };
    let vectors: Value = serde_json::from_slice(&std::fs::read(vectors).unwrap()).unwrap();
    for case in vectors["folders"].as_array().unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(case["rootFolderName"].as_str().unwrap());
        for (path, content) in case["files"].as_object().unwrap() {
            write(root.join(path), content.as_str().unwrap());
        }
        check(&root, case, "uploadFolderHash").await;
    }
    for case in vectors["files"].as_array().unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(case["file"].as_str().unwrap());
        write(&path, case["content"].as_str().unwrap());
        check(&path, case, "uploadFileHash").await;
    }
}

async fn check(path: &Path, case: &Value, upload_hash: &str) {
    let snapshot = Snapshot::of(path).await.unwrap();
    assert_eq!(snapshot.content_hash().await.unwrap(), case["contentHash_202208"], "{}", case["name"]);
    assert_eq!(snapshot.upload_hash().await.unwrap(), case[upload_hash], "{}", case["name"]);
}
