//! Rotations and moves of the key, in one process and against others.

use std::path::Path;

use auth_cache::{FileStore, KeyOrigin, Protection};
use auth_core::{Error, ErrorKind, Record, TokenStore};

use crate::support::{PATIENCE, Place, Role, ann, ben, directory_of_child, record, save, store, tell, wait_for_parent};

const KILLS: usize = 16;

fn with_passphrase(directory: &Path, protection: Protection) -> FileStore {
    store(directory).with_protection(protection).with_passphrase(|| Some("correct horse".into()))
}

fn sealed_by(path: &Path) -> [u8; 8] {
    std::fs::read(path).unwrap()[6..14].try_into().unwrap()
}

#[tokio::test]
async fn a_rotation_seals_every_record_with_a_new_key_and_removes_the_old_one() -> Result<(), Error> {
    let place = Place::new();
    save(&place.store(), &ann(), &record("ann's")).await;
    save(&place.store(), &ben(), &record("ben's")).await;
    let key = || std::fs::read_to_string(place.directory.join("key")).unwrap();
    let (old, old_seal) = (key(), sealed_by(&place.file("ann-contoso-com", ".azml")));
    let done = place.store().rotate_key().await?;
    assert_eq!((done.origin, done.records, done.left.len()), (Some(KeyOrigin::KeyFile), 2, 0));
    assert_eq!(key().lines().count(), 1);
    assert_ne!(key(), old);
    assert_ne!(sealed_by(&place.file("ann-contoso-com", ".azml")), old_seal);
    for store in [place.store(), with_passphrase(&place.directory, Protection::passphrase())] {
        assert_eq!(store.load(&ann()).await?, Some(record("ann's")));
        assert_eq!(store.load(&ben()).await?, Some(record("ben's")));
    }
    Ok(())
}

#[tokio::test]
async fn a_store_without_records_has_nothing_to_rotate_or_to_move_and_makes_no_key() -> Result<(), Error> {
    let place = Place::new();
    assert_eq!(place.store().rotate_key().await?.origin, None);
    assert_eq!(place.store().reprotect().await?.origin, None);
    assert!(!place.directory.exists());
    Ok(())
}

#[tokio::test]
async fn a_move_takes_every_record_and_leaves_no_key_behind() -> Result<(), Error> {
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    let passphrase = with_passphrase(&place.directory, Protection::passphrase().or(Protection::file()));
    assert_eq!(
        passphrase.protection_in_use().await?,
        Some(KeyOrigin::KeyFile),
        "a key file that is there stays in use"
    );

    let done = passphrase.reprotect().await?;
    assert_eq!((done.origin, done.records), (Some(KeyOrigin::Passphrase), 1));
    assert!(!place.directory.join("key").exists());
    assert_eq!(passphrase.load(&ann()).await?, Some(record("first")));
    save(&passphrase, &ben(), &record("second")).await;
    assert_eq!(passphrase.rotate_key().await?.records, 2);

    let file = with_passphrase(&place.directory, Protection::file());
    assert_eq!(file.reprotect().await?.records, 2);
    assert!(!place.directory.join("key.passphrase").exists());
    assert_eq!(place.store().load(&ann()).await?, Some(record("first")));
    assert_eq!(place.store().load(&ben()).await?, Some(record("second")));
    Ok(())
}

#[tokio::test]
async fn a_record_that_cannot_be_opened_now_stops_a_move_before_anything_is_changed() -> Result<(), Error> {
    let place = Place::new();
    save(&with_passphrase(&place.directory, Protection::passphrase()), &ann(), &record("first")).await;
    let before = (place.names(), std::fs::read(place.record()).unwrap());
    for error in [place.store().reprotect().await.unwrap_err(), place.store().rotate_key().await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().ends_with("cannot be opened now: no passphrase was given"), "{error}");
    }
    assert_eq!((place.names(), std::fs::read(place.record()).unwrap()), before);
    Ok(())
}

#[tokio::test]
async fn a_record_that_nothing_opens_is_left_with_its_key() -> Result<(), Error> {
    let place = Place::new();
    save(&place.store(), &ann(), &record("ann's")).await;
    save(&place.store(), &ben(), &record("ben's")).await;
    let anns = place.file("ann-contoso-com", ".azml");
    let good = std::fs::read(&anns).unwrap();
    std::fs::File::options().write(true).open(&anns).unwrap().set_len(good.len() as u64 - 1).unwrap();
    let done = place.store().rotate_key().await?;
    assert_eq!((done.records, done.left.len()), (1, 1));
    assert!(done.left[0].to_string().ends_with("it is damaged"), "{:?}", done.left);

    // Whoever repairs it can still open it.
    std::io::Write::write_all(&mut std::fs::File::create(&anns).unwrap(), &good).unwrap();
    assert_eq!(place.store().load(&ann()).await?, Some(record("ann's")));

    // Nobody knows which key a later version's record needs.
    let later = place.directory.join("later.azml");
    std::io::Write::write_all(&mut std::fs::File::create(&later).unwrap(), b"AZML\x02 another layout").unwrap();
    let done = place.store().rotate_key().await?;
    assert!(done.left[0].to_string().ends_with("was written by a later version"), "{:?}", done.left);
    assert_eq!(std::fs::read_to_string(place.directory.join("key")).unwrap().lines().count(), 3);
    std::fs::remove_file(later).unwrap();
    assert_eq!(place.store().rotate_key().await?.records, 2);
    assert_eq!(std::fs::read_to_string(place.directory.join("key")).unwrap().lines().count(), 1);
    Ok(())
}

/// The second role: moves and rotates for ever.
async fn move_about(directory: &Path) -> Result<(), Error> {
    let file = with_passphrase(directory, Protection::file());
    let passphrase = with_passphrase(directory, Protection::passphrase());
    loop {
        for store in [&file, &passphrase] {
            assert_eq!(store.reprotect().await?.left.len(), 0);
            tell("moved");
            assert_eq!(store.rotate_key().await?.left.len(), 0);
            tell("rotated");
        }
    }
}

#[tokio::test]
async fn moves_that_are_killed_at_any_moment_leave_every_record_readable() -> Result<(), Error> {
    if let Some(directory) = directory_of_child() {
        return move_about(&directory).await;
    }
    let place = Place::new();
    let both = || with_passphrase(&place.directory, Protection::file().or(Protection::passphrase()));
    let (steady, mut number) = (both(), 0);
    save(&steady, &ann(), &record("ann's")).await;
    let name = "moves::moves_that_are_killed_at_any_moment_leave_every_record_readable";
    for round in 0..KILLS {
        let mut mover = Role::start(name, &place.directory);
        // Another number of steps and saves puts the kill at another moment every time.
        for _ in 0..=round % 5 {
            assert!(mover.hear().is_some(), "a mover stopped by itself");
            assert_eq!(steady.load(&ann()).await?, Some(record("ann's")), "round {round}");
        }
        for _ in 0..=round % 3 {
            number += 1;
            save(&steady, &ben(), &record(&number.to_string())).await;
            for store in [&steady, &both()] {
                assert_eq!(store.load(&ann()).await?, Some(record("ann's")), "round {round}");
                assert_eq!(store.load(&ben()).await?, Some(record(&number.to_string())), "round {round}");
            }
        }
        mover.kill();
    }
    // The next move finishes what was interrupted.
    with_passphrase(&place.directory, Protection::file()).reprotect().await?;
    assert_eq!(std::fs::read_to_string(place.directory.join("key")).unwrap().lines().count(), 1);
    assert!(!place.directory.join("key.passphrase").exists());
    assert_eq!(place.store().load(&ann()).await?, Some(record("ann's")));
    assert!(place.names().iter().all(|name| !name.contains("corrupt")), "{:?}", place.names());
    Ok(())
}

fn number(record: &Record) -> u64 {
    record.refresh_token.as_ref().unwrap().expose().parse().unwrap()
}

/// The second role: counts upwards in its own record, and reads what it wrote.
async fn count(directory: &Path, partition: &auth_core::Partition) -> Result<(), Error> {
    let store = store(directory);
    for next in 1..=100 {
        let mut locked = store.lock(partition, PATIENCE).await?;
        let before = locked.load().await?.map_or(0, |record| number(&record));
        assert_eq!(before + 1, next);
        locked.save(&record(&next.to_string())).await?;
    }
    Ok(())
}

#[tokio::test]
async fn processes_that_save_during_a_rotation_never_seal_with_the_old_key() -> Result<(), Error> {
    if let Some(directory) = directory_of_child() {
        tell("ready");
        wait_for_parent();
        let id = std::process::id().to_string();
        return count(&directory, &auth_core::Partition::new("process", [id.as_str()])).await;
    }
    let place = Place::new();
    let name = "moves::processes_that_save_during_a_rotation_never_seal_with_the_old_key";
    let mut savers: Vec<Role> = (0..3).map(|_| Role::start(name, &place.directory)).collect();
    for saver in &mut savers {
        assert_eq!(saver.hear().as_deref(), Some("ready"));
    }
    savers.iter_mut().for_each(Role::release);
    let store = place.store();
    while savers.iter_mut().any(Role::is_running) {
        assert_eq!(store.rotate_key().await?.left.len(), 0);
        for partition in store.partitions().await? {
            assert!(store.load(&partition).await?.is_some());
        }
    }
    assert!(savers.into_iter().all(Role::finish));
    for partition in store.partitions().await? {
        assert_eq!(place.store().load(&partition).await?.map(|record| number(&record)), Some(100));
    }
    store.rotate_key().await?;
    assert_eq!(std::fs::read_to_string(place.directory.join("key")).unwrap().lines().count(), 1);
    Ok(())
}

#[tokio::test]
async fn the_key_is_never_removed_under_a_first_record() -> Result<(), Error> {
    if let Some(directory) = directory_of_child() {
        let store = store(&directory);
        for _ in 0..100 {
            save(&store, &ben(), &record("ben's")).await;
            store.lock(&ben(), PATIENCE).await?.remove().await?;
        }
        return Ok(());
    }
    let place = Place::new();
    let name = "moves::the_key_is_never_removed_under_a_first_record";
    let mut other = Role::start(name, &place.directory);
    let (store, mut rounds) = (place.store(), 0);
    while other.is_running() || rounds == 0 {
        save(&store, &ann(), &record("ann's")).await;
        assert_eq!(place.store().load(&ann()).await?, Some(record("ann's")));
        assert!(store.lock(&ann(), PATIENCE).await?.remove().await?);
        rounds += 1;
    }
    assert!(other.finish());
    assert!(place.names().iter().all(|name| name.contains(".lock")), "{:?}", place.names());
    Ok(())
}
