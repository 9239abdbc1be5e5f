//! A key from a passphrase, and no key at all.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use auth_cache::{FileStore, KeyOrigin, Protection};
use auth_core::{Error, ErrorKind, TokenStore};
use xtask::log::Log;

use crate::support::{PATIENCE, Place, ann, ben, record, save};

fn store(place: &Place, passphrase: &'static str) -> FileStore {
    place.store().with_protection(Protection::passphrase()).with_passphrase(move || Some(passphrase.into()))
}

#[tokio::test]
async fn a_passphrase_is_asked_for_and_made_into_a_key_once_in_a_process() -> Result<(), Error> {
    let place = Place::new();
    save(&store(&place, "correct horse"), &ann(), &record("first")).await;
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let store = place.store().with_protection(Protection::passphrase()).with_passphrase(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Some("correct horse".into())
    });
    assert_eq!(store.load(&ben()).await?, None);
    assert_eq!(asked.load(Ordering::Relaxed), 0, "not before it is needed");
    let partition = ann();
    let (one, two) = tokio::join!(store.load(&partition), store.load(&partition));
    assert_eq!((one?, two?), (Some(record("first")), Some(record("first"))));
    save(&store, &ben(), &record("second")).await;
    assert_eq!(store.load(&ben()).await?, Some(record("second")));
    assert_eq!(asked.load(Ordering::Relaxed), 1, "two tasks that come at once share the answer");
    let texts =
        [format!("{store:?}"), std::fs::read_to_string(place.directory.join("key.passphrase")).unwrap()].concat();
    assert!(texts.contains("$argon2id$v=19$m=19456,t=2,p=1$") && !texts.contains("horse"), "{texts}");
    assert!(!place.directory.join("key").exists());
    Ok(())
}

#[tokio::test]
async fn a_wrong_passphrase_is_a_clear_error_and_loses_nothing() -> Result<(), Error> {
    let place = Place::new();
    save(&store(&place, "correct horse"), &ann(), &record("first")).await;
    let before = (place.names(), std::fs::read(place.record()).unwrap());
    for protection in [Protection::passphrase(), Protection::passphrase().or(Protection::file())] {
        let wrong = store(&place, "battery staple").with_protection(protection);
        let mut locked = wrong.lock(&ann(), PATIENCE).await?;
        for error in [
            wrong.load(&ann()).await.unwrap_err(),
            locked.load().await.unwrap_err(),
            locked.save(&record("x")).await.unwrap_err(),
            wrong.rotate_key().await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Store);
            assert!(
                error.to_string().ends_with("the passphrase is not the one that the records were sealed with"),
                "{error}"
            );
            assert!(error.help().unwrap().starts_with("set AZML_PASSPHRASE to the right one"), "{error:?}");
        }
        drop(locked);
        assert_eq!((place.names(), std::fs::read(place.record()).unwrap()), before);
    }
    assert_eq!(store(&place, "correct horse").load(&ann()).await?, Some(record("first")));
    Ok(())
}

#[tokio::test]
async fn no_passphrase_and_an_empty_one_are_passed_over_only_if_no_record_needs_it() -> Result<(), Error> {
    let place = Place::new();
    let empty = store(&place, "");
    let error = empty.lock(&ann(), PATIENCE).await?.save(&record("x")).await.unwrap_err();
    assert_eq!(error.to_string(), "no passphrase was given");
    let either = empty.with_protection(Protection::passphrase().or(Protection::file()));
    save(&either, &ann(), &record("first")).await;
    assert_eq!(either.protection_in_use().await?, Some(KeyOrigin::KeyFile));
    either.lock(&ann(), PATIENCE).await?.remove().await?;

    save(&store(&place, "correct horse"), &ann(), &record("first")).await;
    let error = either.lock(&ben(), PATIENCE).await?.save(&record("x")).await.unwrap_err();
    assert_eq!(error.to_string(), "no passphrase was given");
    assert!(!place.directory.join("key").exists(), "no second key");
    Ok(())
}

#[tokio::test]
async fn a_lost_salt_means_signing_in_again() -> Result<(), Error> {
    let place = Place::new();
    let store = store(&place, "correct horse");
    save(&store, &ann(), &record("first")).await;
    std::fs::remove_file(place.directory.join("key.passphrase")).unwrap();
    let error = store.load(&ann()).await.unwrap_err();
    assert!(error.to_string().ends_with("the salt of the passphrase that it was sealed with is gone"), "{error}");
    assert_eq!(error.help(), Some("sign in again: azml login"));
    assert_eq!(store.lock(&ann(), PATIENCE).await?.load().await?, None);
    save(&store, &ann(), &record("second")).await;
    assert_eq!(store.load(&ann()).await?, Some(record("second")));
    Ok(())
}

#[tokio::test]
async fn a_hostile_or_damaged_salt_file_is_named_and_costs_no_work() -> Result<(), Error> {
    let place = Place::new();
    let store = store(&place, "correct horse");
    save(&store, &ann(), &record("first")).await;
    let path = place.directory.join("key.passphrase");
    let good = std::fs::read_to_string(&path).unwrap();
    let many = good.repeat(5);
    for bad in
        ["", "\n", &good[..20], &good.replace("m=19456", "m=4194304"), &good.replace("t=2", "t=4294967295"), &many]
    {
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), bad.as_bytes()).unwrap();
        let fresh = store.clone().with_protection(Protection::passphrase());
        let error = fresh.load(&ann()).await.unwrap_err();
        assert!(error.to_string().ends_with("key.passphrase does not say how the passphrase becomes a key"), "{error}");
        assert!(fresh.lock(&ann(), PATIENCE).await?.load().await.is_err(), "and the record stays where it is");
    }
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), good.as_bytes()).unwrap();
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    Ok(())
}

#[tokio::test]
async fn rotations_beside_a_record_of_a_later_version_end_before_they_lose_a_key() -> Result<(), Error> {
    let place = Place::new();
    save(&store(&place, "correct horse"), &ann(), &record("first")).await;
    let later = place.directory.join("later.azml");
    std::io::Write::write_all(&mut std::fs::File::create(&later).unwrap(), b"AZML\x02 another layout").unwrap();
    for _ in 0..3 {
        assert_eq!(store(&place, "correct horse").rotate_key().await?.records, 1);
    }
    let path = place.directory.join("key.passphrase");
    let before = std::fs::read_to_string(&path).unwrap();
    assert_eq!(before.lines().count(), 4);
    let error = store(&place, "correct horse").rotate_key().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    let directory = format!("{}/", place.directory.display());
    insta::with_settings!({ filters => vec![(directory.as_str(), "[directory]/")] }, {
        insta::assert_snapshot!(format!("{error}\nhelp: {}", error.help().unwrap()), @r"
        [directory]/key.passphrase has 4 keys already, which is the most, and nothing was changed
        help: update azml, or remove the records that it cannot open, such as one that a later version wrote; then try again
        ");
    });
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    assert_eq!(store(&place, "correct horse").load(&ann()).await?, Some(record("first")));

    std::fs::remove_file(later).unwrap();
    assert_eq!(store(&place, "correct horse").rotate_key().await?.records, 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_busy_machine_does_not_lower_the_protection() -> Result<(), Error> {
    let place = Place::new();
    let (begun, begins) = mpsc::channel();
    let (go, goes) = mpsc::channel::<()>();
    let goes = Arc::new(Mutex::new(goes));
    let busy =
        place.store().with_protection(Protection::passphrase().or(Protection::file())).with_passphrase(move || {
            begun.send(()).unwrap();
            goes.lock().unwrap().recv().unwrap();
            Some("correct horse".into())
        });
    // While a blocking task runs, the paused clock moves by hand only.
    let (done, is_done) = mpsc::channel::<()>();
    let clock_stands = tokio::task::spawn_blocking(move || is_done.recv());
    let partition = ann();
    let first = record("first");
    let (saved, ()) = tokio::join!(
        async {
            let saved = busy.lock(&partition, PATIENCE).await?.save(&first).await;
            drop(done);
            saved
        },
        async {
            tokio::task::spawn_blocking(move || begins.recv().unwrap()).await.unwrap();
            tokio::time::advance(Duration::from_secs(3)).await;
        }
    );
    let error = saved.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.help(), Some("try again when the machine is less busy"));
    assert!(clock_stands.await.unwrap().is_err());
    go.send(()).unwrap();
    assert!(!place.directory.join("key").exists());
    assert_eq!(busy.load(&ann()).await?, None);
    Ok(())
}

#[tokio::test]
async fn memory_only_writes_nothing() -> Result<(), Error> {
    let place = Place::new();
    let store = place.store().with_protection(Protection::memory());
    save(&store, &ann(), &record("first")).await;
    assert_eq!(store.clone().load(&ann()).await?, Some(record("first")));
    assert_eq!(store.partitions().await?, [ann()]);
    assert!(store.lock(&ann(), PATIENCE).await?.remove().await?);
    assert_eq!(store.load(&ann()).await?, None);
    assert!(!place.directory.exists());
    Ok(())
}

#[tokio::test]
async fn what_no_place_can_protect_is_kept_in_memory_and_that_is_said_once() -> Result<(), Error> {
    let log = Log::of_this_process();
    let place = Place::new();
    let headless = place.store().with_protection(Protection::passphrase().or(Protection::memory()));
    save(&headless, &ann(), &record("first")).await;
    save(&headless, &ben(), &record("second")).await;
    assert_eq!(headless.load(&ann()).await?, Some(record("first")));
    assert_eq!(headless.lock(&ben(), PATIENCE).await?.load().await?, Some(record("second")));
    assert!(place.names().iter().all(|name| name.contains(".lock")), "{:?}", place.names());
    let text = log.text();
    let said: Vec<&str> = text.lines().filter(|line| line.contains("kept in this process only")).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("no passphrase was given"), "{said:?}");

    // As soon as there is a key, the record is on disk.
    let store = headless.with_passphrase(|| Some("correct horse".into()));
    save(&store, &ann(), &record("third")).await;
    assert_eq!(self::store(&place, "correct horse").load(&ann()).await?, Some(record("third")));
    assert_eq!(store.load(&ann()).await?, Some(record("third")));
    Ok(())
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_leaves_memory_where_that_is_allowed() -> Result<(), Error> {
    let place = Place::new();
    std::fs::File::create(&place.directory).unwrap();
    let store = place.store().with_protection(Protection::file().or(Protection::memory()));
    save(&store, &ann(), &record("first")).await;
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    Ok(())
}
