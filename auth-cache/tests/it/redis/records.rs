use std::collections::BTreeSet;
use std::time::Duration;

use auth_cache::{RedisStore, SharedKey};
use auth_core::{Error, ErrorKind, Partition, TokenStore};
use redis::Commands;

use super::server::Server;
use crate::support::{PATIENCE, ann, ben, record, save};

const DAY: u64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn a_record_comes_back_to_every_replica_until_it_is_removed() -> Result<(), Error> {
    let server = Server::start();
    let (one, two) = (server.store(), server.store());
    assert_eq!(one.load(&ann()).await?, None);
    save(&one, &ann(), &record("first")).await;
    assert_eq!(two.load(&ann()).await?, Some(record("first")));
    assert_eq!(two.load(&ben()).await?, None);

    let mut locked = two.lock(&ann(), PATIENCE).await?;
    assert_eq!(locked.load().await?, Some(record("first")));
    locked.save(&record("second")).await?;
    locked.save(&record("third")).await?;
    assert_eq!(one.load(&ann()).await?, Some(record("third")));
    assert!(locked.remove().await?);
    assert!(!locked.remove().await?);
    assert_eq!(one.load(&ann()).await?, None);
    Ok(())
}

#[tokio::test]
async fn everything_in_redis_expires_and_a_save_renews_it() -> Result<(), Error> {
    let server = Server::start();
    let mut admin = server.admin();
    let store = server.store();
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    let left = |admin: &mut redis::Connection, end: &str| -> u64 { admin.pttl(server.name(end)).unwrap() };
    assert!((1..=30_000).contains(&left(&mut admin, ":lock")));
    assert!((89 * DAY..=90 * DAY).contains(&left(&mut admin, ":fence")));
    locked.save(&record("first")).await?;
    assert!((89 * DAY..=90 * DAY).contains(&left(&mut admin, ":record")));
    assert!((1..=1_000).contains(&left(&mut admin, ":lock")), "what follows a save is the release");
    drop(locked);

    let _: bool = admin.pexpire(server.name(":record"), 60_000).unwrap();
    let store = store.with_record_lifetime(Duration::from_secs(7 * 24 * 60 * 60)).with_lease(Duration::from_secs(5));
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    assert!((1..=5_000).contains(&left(&mut admin, ":lock")));
    locked.save(&record("second")).await?;
    assert!((6 * DAY..=7 * DAY).contains(&left(&mut admin, ":record")));
    Ok(())
}

#[tokio::test]
async fn a_lifetime_of_any_length_is_accepted() -> Result<(), Error> {
    let server = Server::start();
    for length in [Duration::ZERO, Duration::MAX] {
        let store = server.store().with_record_lifetime(length).with_lease(length).with_time_limit(Duration::MAX);
        save(&store, &ann(), &record("first")).await;
    }
    assert_eq!(server.store().load(&ann()).await?, Some(record("first")));
    Ok(())
}

#[tokio::test]
async fn two_values_that_were_swapped_do_not_open_and_give_way_to_the_next_save() -> Result<(), Error> {
    let server = Server::start();
    let (store, mut admin) = (server.store(), server.admin());
    save(&store, &ann(), &record("of ann")).await;
    let of_ann = server.name(":record");
    let value: Vec<u8> = admin.get(&of_ann).unwrap();
    let _: () = admin.del(&of_ann).unwrap();
    save(&store, &ben(), &record("of ben")).await;
    let of_ben = server.name(":record");
    let _: () = admin.rename(&of_ben, &of_ann).unwrap();
    let _: () = admin.set(&of_ben, value).unwrap();

    for partition in [ann(), ben()] {
        let error = store.load(&partition).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().ends_with("cannot be opened: it is damaged, or was moved"), "{error}");
    }
    assert_eq!(store.partitions().await?, []);
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    assert_eq!(locked.load().await?, None);
    locked.save(&record("again")).await?;
    assert_eq!(store.load(&ann()).await?, Some(record("again")));
    Ok(())
}

#[tokio::test]
async fn a_value_that_is_not_ours_or_too_long_is_an_error_and_not_a_record() -> Result<(), Error> {
    let server = Server::start();
    let (store, mut admin) = (server.store(), server.admin());
    save(&store, &ann(), &record("first")).await;
    let name = server.name(":record");
    let sealed: Vec<u8> = admin.get(&name).unwrap();
    let too_long = vec![b'A'; 3 << 20];
    for bytes in [b"junk".to_vec(), sealed[..sealed.len() - 1].to_vec(), too_long] {
        let _: () = admin.set(&name, bytes).unwrap();
        let error = store.load(&ann()).await.unwrap_err();
        assert!(error.to_string().contains("it is damaged, or was moved"), "{error}");
    }
    let _: () = admin.del(&name).unwrap();
    let _: () = admin.rpush(&name, "a list").unwrap();
    let error = store.load(&ann()).await.unwrap_err();
    assert!(error.to_string().ends_with("refuses with WRONGTYPE"), "{error}");

    let error = store.lock(&ben(), PATIENCE).await?.save(&record(&"x".repeat(1 << 20))).await.unwrap_err();
    assert!(error.to_string().ends_with("it is larger than a record can be"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_record_of_a_later_version_is_left_as_it_is() -> Result<(), Error> {
    let server = Server::start();
    let (store, mut admin) = (server.store(), server.admin());
    save(&store, &ann(), &record("first")).await;
    let name = server.name(":record");
    let mut sealed: Vec<u8> = admin.get(&name).unwrap();
    assert_eq!(sealed[..6], *b"AZML\x01\x05");
    sealed[4] = 2;
    let _: () = admin.set(&name, &sealed).unwrap();

    let mut locked = store.lock(&ann(), PATIENCE).await?;
    let errors = [
        store.load(&ann()).await.unwrap_err(),
        locked.load().await.unwrap_err(),
        locked.save(&record("x")).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().ends_with("was written by a later version"), "{error}");
    }
    assert_eq!(admin.get::<_, Vec<u8>>(&name).unwrap(), sealed);
    Ok(())
}

#[tokio::test]
async fn a_replica_with_another_key_is_told_so_and_overwrites_nothing() -> Result<(), Error> {
    let server = Server::start();
    save(&server.store(), &ann(), &record("first")).await;
    let stranger = RedisStore::new(&server.url(), SharedKey::generate())?;
    let mut locked = stranger.lock(&ann(), PATIENCE).await?;
    let errors = [stranger.load(&ann()).await.unwrap_err(), locked.save(&record("x")).await.unwrap_err()];
    for error in errors {
        assert!(error.to_string().ends_with("was sealed with another key"), "{error}");
        assert_eq!(error.help(), Some("give all replicas the same shared key, or another namespace"));
    }
    assert_eq!(server.store().load(&ann()).await?, Some(record("first")));
    Ok(())
}

#[tokio::test]
async fn a_key_is_replaced_without_losing_a_record() -> Result<(), Error> {
    let server = Server::start();
    let (old_key, new_key) = (server.key(), SharedKey::generate());
    let store = |key: &SharedKey| RedisStore::new(&server.url(), key.clone()).unwrap();
    save(&store(&old_key), &ann(), &record("first")).await;

    // Every replica learns the new key, then the new key seals, then the old one is dropped.
    let (first, second) =
        (store(&old_key).with_other_key(new_key.clone()), store(&new_key).with_other_key(old_key.clone()));
    assert_eq!(second.load(&ann()).await?, Some(record("first")));
    save(&second, &ann(), &record("second")).await;
    assert_eq!(first.load(&ann()).await?, Some(record("second")));
    assert_eq!(store(&new_key).load(&ann()).await?, Some(record("second")));
    assert!(store(&old_key).load(&ann()).await.is_err());
    Ok(())
}

#[tokio::test]
async fn partitions_are_listed_by_namespace() -> Result<(), Error> {
    let server = Server::start();
    let mut admin = server.admin();
    let orders = server.store().with_namespace("orders")?;
    let expected: BTreeSet<Partition> =
        (0..1200).map(|number| Partition::new("service", [number.to_string().as_str()])).collect();
    for partition in &expected {
        save(&orders, partition, &record("r")).await;
    }
    let other = server.store().with_namespace("other")?;
    save(&other, &ann(), &record("r")).await;
    let _: () = admin.set("orders:{junk}:record", "junk").unwrap();
    let found = orders.partitions().await?;
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(other.partitions().await?, [ann()]);
    assert_eq!(orders.load(&ann()).await?, None);

    // The namespace is a part of what a value is sealed as.
    save(&orders, &ann(), &record("r")).await;
    let of_other = other_name(&mut admin);
    let value: Vec<u8> = admin.get(&of_other).unwrap();
    let moved = of_other.replace("other:", "orders:");
    let _: () = admin.set(&moved, value).unwrap();
    assert_eq!(orders.partitions().await?.len(), expected.len() + 1);
    Ok(())
}

fn other_name(admin: &mut redis::Connection) -> String {
    admin.keys::<_, Vec<String>>("other:*:record").unwrap().remove(0)
}

#[test]
fn a_namespace_that_could_be_a_pattern_is_refused() {
    let store = RedisStore::new(&"redis://localhost".into(), SharedKey::generate()).unwrap();
    assert!(store.clone().with_namespace("orders-eu.prod:v2_1").is_ok());
    for namespace in ["", "*", "a b", "a{b}", "ä"] {
        let error = store.clone().with_namespace(namespace).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{namespace:?}");
    }
}
