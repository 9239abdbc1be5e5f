//! A real full disk and a real read-only one: a small memory file system in a mount namespace of a child's own, where the
//! machine permits that.

use std::path::{Path, PathBuf};
use std::process::Command;

use auth_core::{Error, ErrorKind, TokenStore};

use crate::support::{PATIENCE, Place, Role, ann, directory_of_child, record, save, store};

/// A child in a mount namespace in which `directory` is a file system of 64 KiB; none if the machine forbids it.
fn on_a_small_disk(test: &str, directory: &Path) -> Option<Role> {
    std::fs::create_dir_all(directory).unwrap();
    let mount = |then: &str| {
        let script = format!("mount -t tmpfs -o size=64k,mode=700 none \"$0\" && {then}");
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", &script]).arg(directory);
        command
    };
    if !mount("true").status().is_ok_and(|status| status.success()) {
        return None;
    }
    let role = Role::command(test, directory);
    let mut command = mount("exec \"$@\"");
    command.arg(role.get_program()).args(role.get_args());
    command.envs(role.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(Role::of(command))
}

fn skipped() {
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    {
        eprintln!("skipped: this machine does not permit mounting a small file system");
    }
}

fn fill(directory: &Path) -> PathBuf {
    let path = directory.join("filler");
    let mut file = std::fs::File::create(&path).unwrap();
    while std::io::Write::write_all(&mut file, &[1; 4096]).is_ok() {}
    path
}

#[tokio::test]
async fn a_full_disk_is_an_error_that_names_the_file_and_loses_nothing() -> Result<(), Error> {
    let Some(directory) = directory_of_child() else {
        let name = "disk::a_full_disk_is_an_error_that_names_the_file_and_loses_nothing";
        match on_a_small_disk(name, &Place::new().directory) {
            Some(child) => assert!(child.finish()),
            None => skipped(),
        }
        return Ok(());
    };
    let store = store(&directory);
    save(&store, &ann(), &record("first")).await;
    let filler = fill(&directory);
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    let error = locked.save(&record(&"x".repeat(9_000))).await.unwrap_err();
    assert_eq!((error.kind(), error.help()), (ErrorKind::Store, Some("free some space on that disk")));
    assert!(error.to_string().contains(".azml cannot be written: "), "{error}");
    assert_eq!(locked.load().await?, Some(record("first")));
    assert!(directory.read_dir().unwrap().all(|entry| entry.unwrap().path().extension() != Some("tmp".as_ref())));
    std::fs::remove_file(filler).unwrap();
    locked.save(&record("second")).await?;
    assert_eq!(store.load(&ann()).await?, Some(record("second")));
    Ok(())
}

#[tokio::test]
async fn a_disk_that_turns_read_only_still_gives_its_records() -> Result<(), Error> {
    let Some(directory) = directory_of_child() else {
        let name = "disk::a_disk_that_turns_read_only_still_gives_its_records";
        match on_a_small_disk(name, &Place::new().directory) {
            Some(child) => assert!(child.finish()),
            None => skipped(),
        }
        return Ok(());
    };
    let store = store(&directory);
    save(&store, &ann(), &record("first")).await;
    let remount = Command::new("mount").args(["-o", "remount,bind,ro"]).arg(&directory).status().unwrap();
    assert!(remount.success());
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    let error = store.lock(&ann(), PATIENCE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains(".azml.lock cannot be opened: Read-only file system"), "{error}");
    Ok(())
}

/// Needs no mount: root is the only one whom modes do not stop.
#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let place = Place::new();
    std::fs::File::create(&place.directory).unwrap();
    let error = place.store().lock(&ann(), PATIENCE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("/tokens cannot be created: "), "{error}");
}
