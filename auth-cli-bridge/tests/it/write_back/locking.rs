//! The lock file of msal-extensions.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::{CACHE, PROFILE, user, write_back};
use crate::support::shown;

const LOCK: &str = "msal_token_cache.json.lockfile";

#[tokio::test(start_paused = true)]
async fn a_lock_that_is_held_ends_in_an_error_at_its_deadline_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(LOCK), "4711 /usr/bin/az").unwrap();
    let held = File::open(folder.path().join(LOCK)).unwrap();
    held.lock().unwrap();
    let started = Instant::now();
    let error = write_back(folder.path()).sign_in(&user("ada", &["s"])).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(10));
    insta::assert_snapshot!(shown(&error, folder.path()), @"
    Timeout: [dir]/msal_token_cache.json.lockfile is still held by process 4711 after 10s
      help: try again; if process 4711 hangs, end it
    ");
    assert!(!folder.path().join(CACHE).exists() && !folder.path().join(PROFILE).exists());
    assert_eq!(fs::read_to_string(folder.path().join(LOCK)).unwrap(), "4711 /usr/bin/az", "it is its holder's");

    let started = Instant::now();
    let brief = write_back(folder.path()).patience(Duration::from_millis(300));
    brief.sign_in(&user("ada", &["s"])).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn a_lock_file_whose_holder_has_died_is_taken_over_after_five_seconds_as_az_does() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(LOCK), "4711 /usr/bin/az").unwrap();
    let started = Instant::now();
    write_back(folder.path()).sign_in(&user("ada", &["s"])).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(5));
    assert!(folder.path().join(CACHE).exists() && !folder.path().join(LOCK).exists());
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_is_let_go_is_taken_at_the_next_look() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join(LOCK);
    fs::write(&lock, "").unwrap();
    let (started, path, login) = (Instant::now(), folder.path().to_owned(), user("ada", &["s"]));
    let write_back = write_back(&path);
    let let_go = async {
        tokio::time::sleep(Duration::from_millis(600)).await;
        fs::remove_file(&lock).unwrap();
    };
    let (written, ()) = tokio::join!(write_back.sign_in(&login), let_go);
    written.unwrap();
    assert_eq!(started.elapsed(), Duration::from_millis(750));
}

#[tokio::test(start_paused = true)]
async fn holders_that_take_turns_are_no_dead_one() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join(LOCK);
    let turns = async {
        for turn in 1..=12_u64 {
            let _ = fs::remove_file(&lock);
            let file = File::create_new(&lock).unwrap();
            // Real files of one test are made within one tick of the clock.
            file.set_modified(auth_core::clock::from_unix(turn)).unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let login = user("ada", &["s"]);
    let write_back = write_back(folder.path());
    let ((), written) = tokio::join!(turns, write_back.sign_in(&login));
    assert_eq!(written.unwrap_err().kind(), auth_core::ErrorKind::Timeout);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_plain_file_is_not_opened_in_the_place_of_a_lock() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(LOCK)).unwrap();
    let error = write_back(folder.path()).sign_in(&user("ada", &["s"])).await.unwrap_err();
    assert_eq!(error.kind(), auth_core::ErrorKind::Timeout);
    assert!(Path::new(&folder.path().join(LOCK)).is_dir());
}
