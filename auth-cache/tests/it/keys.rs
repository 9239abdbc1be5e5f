use auth_cache::{FileStore, KeyOrigin, Protection};
use auth_core::{Error, ErrorKind, TokenStore};
use xtask::log::Log;

use crate::support::{PATIENCE, Place, Role, ann, ben, directory_of_child, record, save, store, tell, wait_for_parent};

#[tokio::test]
async fn eight_processes_that_start_at_once_agree_on_one_key() -> Result<(), Error> {
    if let Some(directory) = directory_of_child() {
        tell("ready");
        wait_for_parent();
        let partition = auth_core::Partition::new("process", [std::process::id().to_string().as_str()]);
        save(&store(&directory), &partition, &record("r")).await;
        return Ok(());
    }
    let place = Place::new();
    let name = "keys::eight_processes_that_start_at_once_agree_on_one_key";
    let mut children: Vec<Role> = (0..8).map(|_| Role::start(name, &place.directory)).collect();
    for child in &mut children {
        assert_eq!(child.hear().as_deref(), Some("ready"));
    }
    for child in &mut children {
        child.release();
    }
    assert!(children.into_iter().all(Role::finish));
    let partitions = place.store().partitions().await.unwrap();
    assert_eq!(partitions.len(), 8);
    for partition in partitions {
        assert_eq!(place.store().load(&partition).await?, Some(record("r")));
    }
    Ok(())
}

#[tokio::test]
async fn a_lost_key_means_signing_in_again_and_the_records_are_kept() -> Result<(), Error> {
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    std::fs::rename(place.directory.join("key"), place.directory.join("key.elsewhere")).unwrap();
    let store = place.store();
    let error = store.load(&ann()).await.unwrap_err();
    assert!(error.to_string().ends_with("the key that it was sealed with is no longer in a key file"), "{error}");
    assert_eq!((error.kind(), error.help()), (ErrorKind::Store, Some("sign in again: azml login")));
    assert!(!place.directory.join("key").exists(), "reading makes no key");

    let mut locked = store.lock(&ann(), PATIENCE).await?;
    assert_eq!(locked.load().await?, None);
    locked.save(&record("second")).await?;
    assert_eq!(store.load(&ann()).await?, Some(record("second")));

    // The old key is found again: the old record was kept.
    std::fs::rename(place.directory.join("key.elsewhere"), place.directory.join("key")).unwrap();
    std::fs::rename(place.file("", ".corrupt-"), place.record()).unwrap();
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    Ok(())
}

#[tokio::test]
async fn a_damaged_key_file_is_named_and_never_replaced() -> Result<(), Error> {
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    let key = place.directory.join("key");
    let good = std::fs::read(&key).unwrap();
    std::fs::File::options().write(true).open(&key).unwrap().set_len(10).unwrap();
    let mut locked = place.store().lock(&ben(), PATIENCE).await?;
    for error in [
        place.store().load(&ann()).await.unwrap_err(),
        place.store().lock(&ann(), PATIENCE).await?.load().await.unwrap_err(),
        locked.save(&record("x")).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().contains("/key does not hold a key"), "{error}");
    }
    assert_eq!(std::fs::read(&key).unwrap(), good[..10]);
    std::io::Write::write_all(&mut std::fs::File::create(&key).unwrap(), &good).unwrap();
    assert_eq!(place.store().load(&ann()).await?, Some(record("first")));
    Ok(())
}

#[tokio::test]
async fn a_key_file_that_is_open_to_others_is_closed() {
    use std::os::unix::fs::PermissionsExt;
    let log = Log::of_this_process();
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    let key = place.directory.join("key");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(place.store().load(&ann()).await.unwrap(), Some(record("first")));
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = log.text();
    let said = "was open to others (mode 0644), and is closed now: whoever could read it can open the logins";
    assert!(text.lines().any(|line| line.contains(" WARN ") && line.contains(said)), "{text}");
}

#[tokio::test]
async fn a_key_file_that_exists_is_used_without_asking_the_keyring() -> Result<(), Error> {
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    let store = FileStore::new(&place.directory).with_protection(Protection::default());
    assert_eq!(store.protection_in_use().await?, Some(KeyOrigin::KeyFile));
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    assert!(format!("{store:?}").contains("asked: false"), "{store:?}");
    Ok(())
}

#[tokio::test]
async fn a_shell_without_the_variables_does_not_change_the_keys_place() -> Result<(), Error> {
    for marker_is_there in [true, false] {
        let place = Place::new();
        let with = |protection: Protection| place.store().with_protection(protection);
        let chosen = with(Protection::passphrase()).with_passphrase(|| Some("correct horse".into()));
        save(&chosen, &ann(), &record("first")).await;
        if !marker_is_there {
            std::fs::remove_file(place.directory.join("key.current")).unwrap();
        }
        let sealed = std::fs::read(place.record()).unwrap();
        // A stand-in for the default that asks no keyring, and a choice that does not name the passphrase.
        for protection in [Protection::file().or_where_it_is(), Protection::file()] {
            let bare = with(protection);
            let error = bare.lock(&ann(), PATIENCE).await?.save(&record("x")).await.unwrap_err();
            assert!(error.to_string().ends_with("cannot be opened now: no passphrase was given"), "{error}");
            assert!(error.help().unwrap().starts_with("set AZML_PASSPHRASE"), "{error:?}");
            assert_eq!(std::fs::read(place.record()).unwrap(), sealed);
            assert!(!place.names().iter().any(|name| name == "key" || name.contains("corrupt")), "{:?}", place.names());
        }
        let unlisted = with(Protection::file().or_where_it_is());
        let error = unlisted.lock(&ben(), PATIENCE).await?.save(&record("x")).await.unwrap_err();
        assert_eq!(error.to_string(), "no passphrase was given");
        let unlisted = unlisted.with_passphrase(|| Some("correct horse".into()));
        save(&unlisted, &ann(), &record("second")).await;
        assert_eq!(unlisted.protection_in_use().await?, Some(KeyOrigin::Passphrase));
        assert!(!place.directory.join("key").exists());
    }
    Ok(())
}

#[tokio::test]
async fn a_chosen_protection_moves_the_key_on_a_save_and_warns() -> Result<(), Error> {
    let log = Log::of_this_process();
    let place = Place::new();
    let with = |protection: Protection| {
        place.store().with_protection(protection).with_passphrase(|| Some("correct horse".into()))
    };
    save(&with(Protection::passphrase()), &ann(), &record("first")).await;
    save(&with(Protection::file()), &ann(), &record("second")).await;
    assert_eq!(place.store().load(&ann()).await?, Some(record("second")));
    let text = log.text();
    let warnings: Vec<&str> = text.lines().filter(|line| line.contains(" WARN ")).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let said = "what is saved from now on is sealed with a key in a key file, no longer in a passphrase";
    assert!(warnings[0].contains(said), "{warnings:?}");
    Ok(())
}
