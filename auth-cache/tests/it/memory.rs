//! Records that one process alone has, and the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use auth_cache::Protection;
use auth_core::{Error, ErrorKind, TokenStore};

use crate::support::{PATIENCE, Place, ann, ben, record, save};

#[tokio::test]
async fn what_is_kept_in_memory_gives_way_to_what_another_process_saved_later() -> Result<(), Error> {
    let place = Place::new();
    let given = Arc::new(AtomicBool::new(false));
    let passphrase = given.clone();
    let ours = place
        .store()
        .with_protection(Protection::passphrase().or(Protection::memory()))
        .with_passphrase(move || passphrase.load(Ordering::SeqCst).then(|| "horse".into()));
    save(&ours, &ann(), &record("old, revoked since")).await;
    given.store(true, Ordering::SeqCst);
    let theirs = place.store().with_protection(Protection::passphrase()).with_passphrase(|| Some("horse".into()));
    save(&theirs, &ann(), &record("a later sign-in")).await;
    assert_eq!(ours.load(&ann()).await?, Some(record("a later sign-in")));
    Ok(())
}

#[tokio::test]
async fn a_busy_key_lock_does_not_turn_a_record_into_one_of_this_process_alone() -> Result<(), Error> {
    let place = Place::new();
    let ours = place.store().with_protection(Protection::file().or(Protection::memory()));
    save(&ours, &ben(), &record("ben")).await;
    let key_lock = std::fs::File::options().read(true).write(true).open(place.directory.join("key.lock")).unwrap();
    key_lock.lock().unwrap();
    let mut locked = ours.lock(&ann(), PATIENCE).await?;
    tokio::time::pause();
    let saved = locked.save(&record("first")).await;
    tokio::time::resume();
    drop(key_lock);
    drop(locked);
    assert_eq!(saved.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(ours.load(&ann()).await?, None);
    Ok(())
}
