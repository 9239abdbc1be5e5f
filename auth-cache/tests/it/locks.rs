use std::time::Duration;

use auth_core::{Error, ErrorKind, TokenStore};

use crate::support::{PATIENCE, Place, Role, ann, ben, directory_of_child, record, save, store, tell, wait_for_parent};

/// The second role of these tests: holds the lock until its parent is gone.
async fn hold(directory: &std::path::Path) -> Result<(), Error> {
    let _locked = store(directory).lock(&ann(), PATIENCE).await?;
    tell("locked");
    wait_for_parent();
    Ok(())
}

#[tokio::test]
async fn a_holder_that_is_killed_frees_the_lock_at_once() -> Result<(), Error> {
    if let Some(directory) = directory_of_child() {
        return hold(&directory).await;
    }
    let place = Place::new();
    let mut holder = Role::start("locks::a_holder_that_is_killed_frees_the_lock_at_once", &place.directory);
    assert_eq!(holder.hear().as_deref(), Some("locked"));
    let error = place.store().lock(&ann(), Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    holder.kill();
    place.store().lock(&ann(), Duration::ZERO).await?;
    Ok(())
}

#[tokio::test]
async fn a_holder_that_outlives_the_wait_is_named() -> Result<(), Error> {
    if let Some(directory) = directory_of_child() {
        return hold(&directory).await;
    }
    let place = Place::new();
    let mut holder = Role::start("locks::a_holder_that_outlives_the_wait_is_named", &place.directory);
    assert_eq!(holder.hear().as_deref(), Some("locked"));
    let error = place.store().lock(&ann(), Duration::from_millis(60)).await.unwrap_err();
    assert!(error.is_transient());
    assert!(error.to_string().contains(&format!("process {}", holder.id())), "{error}");
    let directory = format!("{}/", place.directory.display());
    insta::with_settings!({ filters => vec![(directory.as_str(), "[directory]/"), (r"process \d+", "process [id]")] }, {
        insta::assert_snapshot!(format!("{error}\nhelp: {}", error.help().unwrap()), @r"
        [directory]/login-azurecloud-ann-contoso-com-55c9730b360cc5dde1686416815053c0.azml.lock is still held by process [id] after 60ms
        help: try again; if process [id] hangs, end it, which frees the lock at once
        ");
    });
    assert!(holder.finish());
    Ok(())
}

#[tokio::test]
async fn a_holder_in_the_same_process_is_waited_for_too() -> Result<(), Error> {
    let place = Place::new();
    let store = place.store();
    let held = store.lock(&ann(), Duration::ZERO).await?;
    let error = store.lock(&ann(), Duration::from_millis(5)).await.unwrap_err();
    assert!(error.to_string().ends_with("is still held by another task of this process after 5ms"), "{error}");
    store.lock(&ben(), Duration::ZERO).await?;

    let partition = ann();
    let (mut waiting, mut held) = (Box::pin(store.lock(&partition, PATIENCE)), Some(held));
    let locked = std::future::poll_fn(|context| {
        let poll = waiting.as_mut().poll(context);
        held = None;
        poll
    });
    let mut locked = locked.await?;
    locked.save(&record("first")).await
}

#[tokio::test]
async fn a_wait_of_any_length_is_accepted() -> Result<(), Error> {
    Place::new().store().lock(&ann(), Duration::MAX).await.map(drop)
}

#[tokio::test]
async fn a_waiter_that_gives_up_leaves_nothing_behind() -> Result<(), Error> {
    let place = Place::new();
    let store = place.store();
    let held = store.lock(&ann(), Duration::ZERO).await?;
    let waiting = tokio::time::timeout(Duration::from_millis(5), store.lock(&ann(), PATIENCE)).await;
    assert!(waiting.is_err());
    drop(held);
    store.lock(&ann(), Duration::ZERO).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_store_cuts_short_names_the_variable_and_the_log_names_the_holder() -> Result<(), Error> {
    let (log, _guard) = xtask::log::Log::of_this_thread();
    let place = Place::new();
    let store = place.store().with_lock_timeout(Duration::from_secs(3));
    let _held = store.lock(&ann(), Duration::ZERO).await?;
    let error = store.lock(&ann(), PATIENCE).await.unwrap_err();
    assert!(error.to_string().ends_with("is still held by another task of this process after 3s"), "{error}");
    assert!(error.help().unwrap().ends_with("to wait longer, set AZML_LOCK_TIMEOUT to more seconds"), "{error:?}");
    let text = log.text();
    let waits = text.lines().filter(|line| line.contains("waiting for another task of this process")).count();
    assert_eq!(waits, 1, "{text}");
    let error = store.lock(&ann(), Duration::from_secs(2)).await.unwrap_err();
    assert!(!error.help().unwrap().contains("AZML_LOCK_TIMEOUT"), "{error:?}");
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_lock_that_is_a_link_is_named_and_what_it_points_to_is_left_alone() {
    for is_dangling in [false, true] {
        let place = Place::new();
        std::fs::create_dir_all(&place.directory).unwrap();
        let victim = place.directory.with_file_name("victim");
        if !is_dangling {
            std::io::Write::write_all(&mut std::fs::File::create(&victim).unwrap(), b"precious").unwrap();
        }
        std::os::unix::fs::symlink(&victim, place.directory.join("key.lock")).unwrap();
        let error = place.store().lock(&ann(), PATIENCE).await.unwrap().save(&record("first")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().ends_with("/key.lock cannot be opened: it is not a plain file"), "{error}");
        assert_eq!(error.help(), Some("see what it is, and move it away"));
        let content = std::fs::read_to_string(victim).ok();
        assert_eq!(content.as_deref(), (!is_dangling).then_some("precious"));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_lock_that_is_a_pipe_hangs_neither_an_inspection_nor_a_save() {
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    let pipe = place.directory.join("x.azml.lock");
    std::fs::remove_file(place.directory.join("key.lock")).unwrap();
    for pipe in [&pipe, &place.directory.join("key.lock")] {
        assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    let store = place.store();
    let (sender, answer) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let locks = store.inspect().await.locks;
            let saved = store.lock(&ann(), PATIENCE).await.unwrap().save(&record("second")).await;
            let _ = sender.send((locks, saved));
        });
    });
    let (locks, saved) = answer.recv_timeout(PATIENCE).expect("nothing waits for the other end of the pipe");
    assert_eq!(locks, []);
    let error = saved.unwrap_err();
    assert!(error.to_string().ends_with("/key.lock cannot be opened: it is not a plain file"), "{error}");
}

#[tokio::test]
async fn the_lock_of_the_keys_is_waited_for_as_long_as_that_of_a_record() {
    let place = Place::new();
    let store = place.store().with_lock_timeout(Duration::from_millis(50));
    let mut locked = store.lock(&ann(), PATIENCE).await.unwrap();
    let lock = std::fs::File::create(place.directory.join("key.lock")).unwrap();
    lock.lock().unwrap();
    let error = locked.save(&record("first")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().ends_with("key.lock is still held by another process after 50ms"), "{error}");
    assert!(error.help().unwrap().ends_with("to wait longer, set AZML_LOCK_TIMEOUT to more seconds"), "{error:?}");
}
