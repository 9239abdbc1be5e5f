//! `azml data mount` and `azml datastore mount`: a real kernel reads the emulator's blobs as files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};

use xtask::emulator::{Effect, Fault};

use crate::azml::Run;
use crate::compute_commands::Desk;

/// A mount, which is taken away with the test.
struct Mount {
    process: Child,
    told: BufReader<ChildStderr>,
    point: PathBuf,
}

impl Mount {
    fn of(desk: &Desk, command: &[&str]) -> Self {
        let point = desk.home.path().join("mounted");
        let mut process = Command::new(env!("CARGO_BIN_EXE_azml"))
            .env_clear()
            .envs(desk.home.variables())
            .envs(desk.azure.env())
            .env("PATH", std::env::var_os("PATH").unwrap())
            .current_dir(desk.home.path())
            .args(command)
            .arg("--mount-point")
            .arg(&point)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        told.read_line(&mut line).unwrap();
        assert!(line.contains("is mounted at"), "{line}");
        Self { process, told, point }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.point.join(name)
    }

    /// Ends it as Ctrl-C does, and says how it ended and what else it told.
    fn end(mut self) -> (ExitStatus, String) {
        signal(&self.process, "-INT");
        let status = self.process.wait().unwrap();
        let mut rest = String::new();
        self.told.read_to_string(&mut rest).unwrap();
        (status, rest)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if self.process.try_wait().unwrap().is_none() {
            signal(&self.process, "-INT");
            let _ = self.process.wait();
        }
    }
}

fn signal(process: &Child, name: &str) {
    assert!(Command::new("kill").arg(name).arg(process.id().to_string()).status().unwrap().success());
}

/// What is in a folder and below it, by its path: the length of a file, none of a folder.
fn walk(folder: &Path) -> BTreeMap<String, Option<u64>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.metadata().unwrap();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            all.insert(name, metadata.is_file().then_some(metadata.len()));
            folders.extend(metadata.is_dir().then_some(path));
        }
    }
    all
}

/// A desk with a folder of data: two small files, and one of more than two blocks.
fn desk() -> (Desk, Vec<u8>) {
    let desk = Desk::new();
    let large: Vec<u8> = (0..9_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    desk.home.write("prices/june.csv", "id\n1\n");
    desk.home.write("prices/more/july.csv", "id\n1\n2\n");
    std::fs::write(desk.home.path().join("prices/more/large.bin"), &large).unwrap();
    desk.azml(&["data", "create", "-n", "prices", "-v", "1", "-t", "uri_folder", "-p", "prices"]).success();
    desk.azml(&["data", "create", "-n", "june", "-v", "1", "-t", "uri_file", "-p", "prices/june.csv"]).success();
    (desk, large)
}

#[test]
fn data_is_read_as_files_until_ctrl_c() {
    let (desk, large) = desk();
    let mount = Mount::of(&desk, &["data", "mount", "--path", "azureml:prices:1"]);
    let expected =
        [("june.csv", Some(5)), ("more", None), ("more/july.csv", Some(7)), ("more/large.bin", Some(9_000_000))];
    let expected: BTreeMap<_, _> = expected.map(|(name, length)| (name.to_owned(), length)).into();
    assert_eq!(walk(&mount.point), expected);
    assert_eq!(std::fs::read_to_string(mount.path("more/july.csv")).unwrap(), "id\n1\n2\n");
    assert!(std::fs::read(mount.path("more/large.bin")).unwrap() == large, "the large file is another one");
    let file = File::open(mount.path("more/large.bin")).unwrap();
    let mut piece = [0; 1000];
    for at in [8_999_500, 4_194_000, 0] {
        let count = file.read_at(&mut piece, at as u64).unwrap();
        assert_eq!(piece[..count], large[at..(at + 1000).min(large.len())], "{at}");
    }
    assert!(File::create(mount.path("new.csv")).is_err(), "it is for reading");
    assert!(File::open(mount.path("none.csv")).is_err());
    drop(file);
    let point = mount.point.clone();
    let (status, told) = mount.end();
    assert!(status.success(), "{told}");
    assert_eq!((walk(&point).len(), told.as_str()), (0, ""), "nothing is mounted any more");
}

#[test]
fn a_file_alone_and_a_whole_datastore_are_mounted_and_umount_ends_it() {
    let (desk, _) = desk();
    let mount = Mount::of(&desk, &["data", "mount", "--path", "azureml:june:1"]);
    assert_eq!(walk(&mount.point), BTreeMap::from([("june.csv".to_owned(), Some(5))]));
    assert_eq!(std::fs::read_to_string(mount.path("june.csv")).unwrap(), "id\n1\n");
    assert!(mount.end().0.success());

    let mut mount = Mount::of(&desk, &["datastore", "mount", "--path", "workspaceblobstore"]);
    assert_eq!(mount.path("LocalUpload").read_dir().unwrap().count(), 2);
    let umount = Command::new("umount").arg(&mount.point).status().unwrap();
    assert!(umount.success());
    assert!(mount.process.wait().unwrap().success());
}

#[test]
fn ctrl_c_ends_a_mount_that_is_in_use() {
    let (desk, _) = desk();
    let mount = Mount::of(&desk, &["data", "mount", "--path", "azureml:prices:1"]);
    let mut open = File::open(mount.path("more/large.bin")).unwrap();
    let point = mount.point.clone();
    let (status, told) = mount.end();
    assert!(status.success() && told.contains("was in use until its mount ended"), "{told}");
    assert_eq!(walk(&point).len(), 0, "nothing is mounted any more");
    assert!(open.read(&mut [0]).is_err(), "whoever reads is told");
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_the_reason_and_the_rest_can_be_read() {
    let (desk, _) = desk();
    let mount = Mount::of(&desk, &["data", "mount", "--path", "azureml:prices:1"]);
    assert_eq!(walk(&mount.point).len(), 4);
    let refused = r#"<?xml version="1.0"?><Error><Code>AuthorizationFailure</Code><Message>No.</Message></Error>"#;
    let effect = Effect::Status {
        status: 403,
        headers: Vec::new(),
        body: refused.to_owned(),
        content_type: "application/xml".to_owned(),
    };
    desk.azure.add_fault(Fault::new("/june.csv", effect));
    assert!(std::fs::read(mount.path("june.csv")).is_err());
    desk.azure.clear_faults();
    assert_eq!(std::fs::read_to_string(mount.path("more/july.csv")).unwrap(), "id\n1\n2\n");
    assert_eq!(std::fs::read_to_string(mount.path("june.csv")).unwrap(), "id\n1\n", "an error is not kept");
    let (status, told) = mount.end();
    assert!(status.success());
    assert!(told.starts_with("warning: ") && told.contains("june.csv cannot be read: "), "{told}");
}

#[test]
fn what_cannot_be_mounted_is_told() {
    let (desk, _) = desk();
    let uri = "azureml://datastores/workspaceblobstore/paths/nowhere";
    desk.azml(&["data", "create", "-n", "web", "-v", "1", "-t", "uri_file", "-p", "https://example.org/x"]).success();
    let mount = |args: &[&str]| desk.azml(&[args, &["--mount-point", "here"]].concat());
    let told = [
        mount(&["datastore", "mount", "--path", uri]),
        mount(&["datastore", "mount", "--path", "none"]),
        mount(&["data", "mount", "--path", "azureml:web:1"]),
        mount(&["data", "mount", "--path", "azureml:prices:1", "--mode", "rw_mount"]),
        desk.azml(&["data", "mount", "--path", "azureml:prices:1", "--mount-point", "prices/june.csv"]),
    ];
    let told = told.map(Run::failure).join("\n");
    let filters = vec![(r"correlation id \S+", "correlation id [id]")];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!("mount_wrong", told) });
}
