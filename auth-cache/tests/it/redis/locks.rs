use std::time::Duration;

use auth_core::{Error, ErrorKind, TokenStore};
use redis::Commands;

use super::server::Server;
use crate::support::{PATIENCE, Role, ann, ben, directory_of_child, record, tell, wait_for_parent};

#[tokio::test]
async fn a_lock_keeps_every_other_replica_out_until_it_is_dropped() -> Result<(), Error> {
    let server = Server::start();
    let (one, two) = (server.store(), server.store());
    let held = one.lock(&ann(), Duration::ZERO).await?;
    let error = one.lock(&ann(), Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let error = two.lock(&ann(), Duration::from_millis(30)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let socket = server.socket().display().to_string();
    insta::with_settings!({ filters => vec![(socket.as_str(), "[socket]"), (r"within [0-9.]+s", "within [lease]")] }, {
        insta::assert_snapshot!(format!("{error}\nhelp: {}", error.help().unwrap()), @"
        the lock of login/azurecloud/ann@contoso.com in Redis at [socket] is still held by somebody else after 30ms
        help: try again; a holder that has died frees the lock within [lease]
        ");
    });
    two.lock(&ben(), Duration::ZERO).await?;
    drop(held);
    // What one connection sends arrives in order.
    let held = one.lock(&ann(), Duration::ZERO).await?;
    let partition = ann();
    let (waited, ()) = tokio::join!(two.lock(&partition, PATIENCE), async { drop(held) });
    waited?.save(&record("first")).await
}

#[tokio::test]
async fn whoever_was_overtaken_writes_nothing_and_frees_nothing() -> Result<(), Error> {
    let server = Server::start();
    let (one, two, mut admin) = (server.store(), server.store(), server.admin());
    let mut paused = one.lock(&ann(), PATIENCE).await?;
    // As at the end of its lease.
    let _: () = admin.del(server.name(":lock")).unwrap();
    let mut newer = two.lock(&ann(), Duration::ZERO).await?;
    for has_saved in [false, true] {
        let errors = [paused.save(&record("stale")).await.unwrap_err(), paused.remove().await.unwrap_err()];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Store, "has saved: {has_saved}");
            assert!(error.to_string().starts_with("lock 1 of login/azurecloud/ann@contoso.com in Redis at"), "{error}");
            assert!(error.to_string().contains("nothing was written"), "{error}");
        }
        newer.save(&record("newer")).await?;
    }
    drop(paused);
    one.load(&ann()).await?; // Behind the release, on the same connection.
    let error = one.lock(&ann(), Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "the lock of another was not freed");
    drop(newer);
    assert_eq!(one.load(&ann()).await?, Some(record("newer")));
    Ok(())
}

#[tokio::test]
async fn an_overtaken_holder_stays_out_when_the_newer_one_has_gone() -> Result<(), Error> {
    let server = Server::start();
    let (one, two, mut admin) = (server.store(), server.store(), server.admin());
    let mut paused = one.lock(&ann(), PATIENCE).await?;
    let _: () = admin.del(server.name(":lock")).unwrap();
    let mut newer = two.lock(&ann(), Duration::ZERO).await?;
    newer.save(&record("newer")).await?;
    drop(newer);
    two.load(&ann()).await?;
    assert!(paused.save(&record("stale")).await.is_err());

    // Redis forgets everything, and counts from one again.
    let mut older = two.lock(&ann(), PATIENCE).await?;
    let _: () = redis::cmd("FLUSHALL").query(&mut admin).unwrap();
    assert!(older.save(&record("stale")).await.is_err());
    let mut newest = one.lock(&ann(), PATIENCE).await?;
    newest.save(&record("newest")).await?;
    drop(newest);
    assert!(older.save(&record("stale")).await.is_err());
    assert_eq!(one.load(&ann()).await?, Some(record("newest")));
    Ok(())
}

#[tokio::test]
async fn a_slow_holder_whom_nobody_overtook_still_saves() -> Result<(), Error> {
    let server = Server::start();
    let (store, mut admin) = (server.store(), server.admin());
    let mut slow = store.lock(&ann(), PATIENCE).await?;
    let _: () = admin.del(server.name(":lock")).unwrap();
    slow.save(&record("late")).await?;
    assert_eq!(store.load(&ann()).await?, Some(record("late")));
    Ok(())
}

#[tokio::test]
async fn every_lock_has_a_higher_number() -> Result<(), Error> {
    let server = Server::start();
    let (store, mut admin) = (server.store(), server.admin());
    for number in 1..4 {
        let _held = store.lock(&ann(), PATIENCE).await?;
        assert_eq!(admin.hget::<_, _, u32>(server.name(":fence"), "number").unwrap(), number);
    }
    Ok(())
}

#[tokio::test]
async fn a_waiter_that_gives_up_at_any_moment_leaves_nothing_behind() -> Result<(), Error> {
    let server = Server::start();
    let store = server.store();
    store.load(&ann()).await?;
    for polls in 0..20 {
        let partition = ann();
        let mut waiting = Box::pin(store.lock(&partition, PATIENCE));
        for _ in 0..polls {
            if futures_util::poll!(waiting.as_mut()).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(waiting);
        store.lock(&ann(), Duration::ZERO).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_lock_may_be_dropped_outside_of_a_runtime() -> Result<(), Error> {
    let server = Server::start();
    let store = server.store();
    let held = store.lock(&ann(), PATIENCE).await?;
    std::thread::spawn(move || drop(held)).join().unwrap();
    store.lock(&ann(), Duration::ZERO).await.map(drop)
}

#[tokio::test]
async fn a_holder_that_is_killed_frees_the_lock_when_its_lease_ends() -> Result<(), Error> {
    let lease = Duration::from_secs(1);
    if let Some(socket) = directory_of_child() {
        let url = format!("unix://{}?pass={}", socket.display(), super::server::PASSWORD);
        let store = auth_cache::RedisStore::new(&url.into(), auth_cache::SharedKey::generate())?.with_lease(lease);
        let _locked = store.lock(&ann(), PATIENCE).await?;
        tell("locked");
        wait_for_parent();
        return Ok(());
    }
    let server = Server::start();
    let name = "redis::locks::a_holder_that_is_killed_frees_the_lock_when_its_lease_ends";
    let mut holder = Role::start(name, &server.socket());
    assert_eq!(holder.hear().as_deref(), Some("locked"));
    holder.kill();
    let started = std::time::Instant::now();
    let mut locked = server.store().lock(&ann(), PATIENCE).await?;
    assert!(started.elapsed() < lease * 5);
    locked.save(&record("first")).await
}

#[tokio::test]
async fn a_wait_of_any_length_is_accepted() -> Result<(), Error> {
    Server::start().store().lock(&ann(), Duration::MAX).await.map(drop)
}
