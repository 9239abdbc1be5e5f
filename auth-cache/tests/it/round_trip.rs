use std::os::unix::fs::PermissionsExt;

use auth_core::{Error, ErrorKind, LockedPartition, Partition, Record, TokenStore};

use crate::support::{PATIENCE, Place, ann, ben, record, save};

#[tokio::test]
async fn a_record_comes_back_as_it_was_saved() -> Result<(), Error> {
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    save(&place.store(), &ben(), &Record::default()).await;
    assert_eq!(place.store().load(&ann()).await?, Some(record("first")));
    assert_eq!(place.store().load(&ben()).await?, Some(Record::default()));
    save(&place.store(), &ann(), &record("second")).await;
    assert_eq!(place.store().load(&ann()).await?, Some(record("second")));
    assert_eq!(place.store().lock(&ann(), PATIENCE).await?.load().await?, Some(record("second")));
    Ok(())
}

#[tokio::test]
async fn a_reader_in_the_middle_of_a_save_still_reads_the_earlier_record() {
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    let earlier = std::fs::read(place.record()).unwrap();
    let mut reader = std::fs::File::open(place.record()).unwrap();
    save(&place.store(), &ann(), &record("second")).await;
    let mut read = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut read).unwrap();
    assert_eq!(read, earlier, "a record is replaced, never written in place");
}

#[tokio::test]
async fn a_partition_without_a_record_is_none_and_touches_nothing() -> Result<(), Error> {
    let place = Place::new();
    assert_eq!(place.store().load(&ann()).await?, None);
    assert_eq!(place.store().protection_in_use().await?, None);
    assert_eq!(place.store().partitions().await.unwrap(), []);
    assert!(!place.directory.exists());
    Ok(())
}

#[tokio::test]
async fn removing_a_record_removes_what_was_set_aside_too() -> Result<(), Error> {
    let place = Place::new();
    let store = place.store();
    save(&store, &ann(), &record("first")).await;
    std::fs::File::create(place.record().with_extension("azml.corrupt-5")).unwrap();
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    assert!(locked.remove().await?);
    assert!(!locked.remove().await?);
    assert_eq!(locked.load().await?, None);
    assert!(place.names().iter().all(|name| name.contains(".lock")), "the key went with it: {:?}", place.names());
    Ok(())
}

#[tokio::test]
async fn the_partitions_that_have_a_record_are_listed() {
    let place = Place::new();
    let odd = Partition::new("odd/kind", ["a%2fb", "", "%", "C:\\d"]);
    for partition in [&ann(), &odd] {
        save(&place.store(), partition, &Record::default()).await;
    }
    let mut found = place.store().partitions().await.unwrap();
    found.sort();
    assert_eq!(found, [ann(), odd]);
}

#[tokio::test]
async fn only_the_owner_may_enter_the_directory_or_read_a_file() {
    let place = Place::new();
    std::fs::create_dir(&place.directory).unwrap();
    std::fs::set_permissions(&place.directory, PermissionsExt::from_mode(0o755)).unwrap();
    save(&place.store(), &ann(), &record("first")).await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&place.directory), 0o700);
    assert_eq!(place.names().len(), 5, "{:?}", place.names());
    for name in place.names() {
        assert_eq!(mode(&place.directory.join(&name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_folder_that_everybody_may_write_to_is_refused() {
    let place = Place::new();
    std::fs::create_dir(&place.directory).unwrap();
    std::fs::set_permissions(&place.directory, PermissionsExt::from_mode(0o1777)).unwrap();
    let error = place.store().lock(&ann(), PATIENCE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().ends_with("is a folder that everybody may write to"), "{error}");
}

#[tokio::test]
async fn a_record_that_is_too_large_to_be_read_again_is_not_saved() -> Result<(), Error> {
    let place = Place::new();
    let store = place.store();
    save(&store, &ann(), &record("first")).await;
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    let error = locked.save(&record(&"x".repeat(1 << 20))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert_eq!(locked.load().await?, Some(record("first")));
    Ok(())
}

#[tokio::test]
async fn a_write_whose_caller_is_gone_keeps_the_lock_until_it_has_finished() -> Result<(), Error> {
    let place = Place::new();
    let store = place.store();
    save(&store, &ann(), &record("first")).await;
    for _ in 0..20 {
        let mut locked = store.lock(&ann(), PATIENCE).await?;
        // One poll starts the write; then the caller goes away.
        let _ = tokio::time::timeout(std::time::Duration::ZERO, locked.save(&record("second"))).await;
        drop(locked);
        let locked: Box<dyn LockedPartition> = store.lock(&ann(), PATIENCE).await?;
        assert!(place.names().iter().all(|name| !name.contains(".tmp")), "nobody is writing: {:?}", place.names());
        assert!(locked.load().await?.is_some());
    }
    Ok(())
}
