use auth_cache::{FileStore, KeyOrigin, Protection};
use auth_core::{Error, ErrorKind, TokenStore};

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
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    let key = place.directory.join("key");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(place.store().protection_in_use().await.unwrap(), Some(KeyOrigin::KeyFile));
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
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
