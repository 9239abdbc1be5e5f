//! A real full disk and a real read-only one: a small memory file system in a mount namespace of a child's own, where the
//! machine permits that.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use auth_core::{Error, ErrorKind, TokenStore};

use crate::support::{PATIENCE, Place, Role, ann, ben, directory_of_child, record, save, store};

/// A child in a mount namespace in which `directory` is a file system of 64 KiB; none if the machine forbids it.
fn on_a_small_disk(test: &str, directory: &Path) -> Option<Role> {
    std::fs::create_dir_all(directory).unwrap();
    let mount = |then: &str| {
        let script = format!("mount -t tmpfs -o size=64k,nr_inodes=32,mode=700 none \"$0\" && {then}");
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", &script]).arg(directory);
        command
    };
    if !mount("true").status().is_ok_and(|status| status.success()) {
        return None;
    }
    Some(behind(mount("exec \"$@\""), test, directory))
}

/// A child that `wrapper` starts.
fn behind(mut wrapper: Command, test: &str, directory: &Path) -> Role {
    let role = Role::command(test, directory);
    wrapper.arg(role.get_program()).args(role.get_args());
    wrapper.envs(role.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Role::of(wrapper)
}

/// In the child, its directory on a small disk. In the parent none, once the child has passed.
fn small_disk(test: &str) -> Option<PathBuf> {
    directory_of_child().or_else(|| {
        match on_a_small_disk(test, &Place::new().directory) {
            Some(child) => assert!(child.finish()),
            None => skipped("this machine does not permit mounting a small file system"),
        }
        None
    })
}

/// A child whom modes stop, whoever runs the tests.
fn without_privileges(test: &str, directory: &Path) -> Option<Role> {
    let mut wrapper = Command::new("setpriv");
    wrapper.args(["--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all", "--"]);
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if !is_root {
        return Some(Role::start(test, directory));
    }
    let mut trial = Command::new("setpriv");
    let works = trial.args(wrapper.get_args()).arg("true").status().is_ok_and(|status| status.success());
    works.then(|| behind(wrapper, test, directory))
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

fn mount(arguments: &[&str], path: &Path) {
    assert!(Command::new("mount").args(arguments).arg(path).status().unwrap().success());
}

/// Names of files that a write leaves if it is not cleaned up.
fn leftovers(directory: &Path) -> Vec<String> {
    let names = directory.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".tmp") || name.contains("corrupt")).collect()
}

fn record_in(directory: &Path) -> PathBuf {
    let mut paths = directory.read_dir().unwrap().map(|entry| entry.unwrap().path());
    paths.find(|path| path.extension() == Some("azml".as_ref())).unwrap()
}

fn fill(directory: &Path) -> PathBuf {
    let path = directory.join("filler");
    let mut file = std::fs::File::create(&path).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
    path
}

#[tokio::test]
async fn a_full_disk_is_an_error_that_names_the_file_and_loses_nothing() -> Result<(), Error> {
    let Some(directory) = small_disk("disk::a_full_disk_is_an_error_that_names_the_file_and_loses_nothing") else {
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
    assert_eq!(leftovers(&directory), [""; 0]);
    std::fs::remove_file(filler).unwrap();
    locked.save(&record("second")).await?;
    assert_eq!(store.load(&ann()).await?, Some(record("second")));
    Ok(())
}

/// A disk that has no room for another file, in the order in which a first save makes them.
#[tokio::test]
async fn a_disk_without_room_for_one_more_file_stops_no_later_save() -> Result<(), Error> {
    let Some(directory) = small_disk("disk::a_disk_without_room_for_one_more_file_stops_no_later_save") else {
        return Ok(());
    };
    let store = store(&directory);
    let names = (0..).map(|number: u32| directory.join(format!("filler-{number}")));
    let mut fillers: Vec<PathBuf> = names.take_while(|path| std::fs::File::create(path).is_ok()).collect();
    let expect_full = |error: Error, what: &str| {
        assert_eq!((error.kind(), error.help()), (ErrorKind::Store, Some("free some space on that disk")));
        assert!(error.to_string().contains(what), "{error}");
    };
    expect_full(store.lock(&ann(), PATIENCE).await.unwrap_err(), ".azml.lock cannot be opened: ");
    for what in [
        "/key.lock cannot be opened: ",
        "/key cannot be written: ",
        "/key.current cannot be written: ",
        ".azml cannot be written: ",
    ] {
        std::fs::remove_file(fillers.pop().unwrap()).unwrap();
        expect_full(store.lock(&ann(), PATIENCE).await?.save(&record("first")).await.unwrap_err(), what);
        assert_eq!(leftovers(&directory), [""; 0]);
    }
    std::fs::remove_file(fillers.pop().unwrap()).unwrap();
    save(&store, &ann(), &record("first")).await;
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    Ok(())
}

/// As on a network share: everything can be written, but not take its place.
#[tokio::test]
async fn a_rename_that_fails_leaves_the_earlier_record() -> Result<(), Error> {
    let Some(directory) = small_disk("disk::a_rename_that_fails_leaves_the_earlier_record") else {
        return Ok(());
    };
    let store = store(&directory);
    save(&store, &ann(), &record("first")).await;
    let path = record_in(&directory);
    // What something is mounted on is busy.
    mount(&["--bind", path.to_str().unwrap()], &path);
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    let error = locked.save(&record("second")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains(".azml cannot be written: Device or resource busy"), "{error}");
    assert_eq!(error.help(), Some("check that folder and its disk, or keep the cache in another one"));
    assert_eq!(locked.load().await?, Some(record("first")));
    assert_eq!(leftovers(&directory), [""; 0]);

    std::fs::File::create(&path).unwrap().write_all(b"damaged").unwrap();
    let error = locked.save(&record("second")).await.unwrap_err();
    assert!(error.to_string().contains(".azml cannot be set aside: Device or resource busy"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"damaged");

    assert!(Command::new("umount").arg(&path).status().unwrap().success());
    locked.save(&record("second")).await?;
    assert_eq!(locked.load().await?, Some(record("second")));
    Ok(())
}

#[tokio::test]
async fn a_disk_that_turns_read_only_still_gives_its_records() -> Result<(), Error> {
    let Some(directory) = small_disk("disk::a_disk_that_turns_read_only_still_gives_its_records") else {
        return Ok(());
    };
    let store = store(&directory);
    save(&store, &ann(), &record("first")).await;
    mount(&["-o", "remount,bind,ro"], &directory);
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    let error = store.lock(&ann(), PATIENCE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains(".azml.lock cannot be opened: Read-only file system"), "{error}");
    Ok(())
}

#[tokio::test]
async fn modes_that_forbid_reading_or_writing_are_named_and_change_nothing() -> Result<(), Error> {
    let Some(directory) = directory_of_child() else {
        let name = "disk::modes_that_forbid_reading_or_writing_are_named_and_change_nothing";
        match without_privileges(name, &Place::new().directory) {
            Some(child) => assert!(child.finish()),
            None => skipped("modes do not stop root here, and setpriv is missing"),
        }
        return Ok(());
    };
    let store = store(&directory);
    save(&store, &ann(), &record("first")).await;
    let path = record_in(&directory);
    let mode = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    let expect_denied = |error: Error, what: &str| {
        let help = "check who may write to that folder, or keep the cache in another one";
        assert_eq!((error.kind(), error.help()), (ErrorKind::Store, Some(help)));
        assert!(error.to_string().contains(&format!("{what}: Permission denied")), "{error}");
    };
    mode(&path, 0o000);
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    expect_denied(store.load(&ann()).await.unwrap_err(), ".azml cannot be read");
    expect_denied(locked.load().await.unwrap_err(), ".azml cannot be read");
    expect_denied(locked.save(&record("second")).await.unwrap_err(), ".azml cannot be read");
    mode(&path, 0o600);

    mode(&directory, 0o500);
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    expect_denied(locked.save(&record("second")).await.unwrap_err(), ".azml cannot be written");
    expect_denied(store.lock(&ben(), PATIENCE).await.unwrap_err(), ".azml.lock cannot be opened");
    mode(&directory, 0o000);
    expect_denied(store.load(&ann()).await.unwrap_err(), ".azml cannot be read");
    expect_denied(store.partitions().await.unwrap_err(), "/tokens cannot be listed");
    let inner = crate::support::store(&directory.join("inner"));
    expect_denied(inner.lock(&ann(), PATIENCE).await.unwrap_err(), "/inner cannot be created");

    mode(&directory, 0o700);
    assert_eq!(leftovers(&directory), [""; 0]);
    assert_eq!(locked.load().await?, Some(record("first")));
    locked.save(&record("second")).await
}

#[tokio::test]
async fn a_directory_that_is_removed_is_made_again_by_the_next_lock() -> Result<(), Error> {
    let place = Place::new();
    let store = place.store();
    save(&store, &ann(), &record("first")).await;
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    std::fs::remove_dir_all(&place.directory).unwrap();
    assert_eq!(locked.load().await?, None);
    assert_eq!(locked.save(&record("lost")).await.unwrap_err().kind(), ErrorKind::Store);
    drop(locked);
    save(&store, &ann(), &record("second")).await;
    assert_eq!(store.load(&ann()).await?, Some(record("second")));
    Ok(())
}

/// Root too cannot make these.
#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let place = Place::new();
    std::fs::File::create(&place.directory).unwrap();
    for directory in [place.directory.clone(), place.directory.join("below"), "/proc/nowhere/tokens".into()] {
        let error = store(&directory).lock(&ann(), PATIENCE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().starts_with(&format!("{} cannot be created: ", directory.display())), "{error}");
        assert!(error.help().is_some());
    }
}
